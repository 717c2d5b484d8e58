"""Home Assistant's MQTT discovery: devices describe each of their components in full."""

from paige.iot.dialects.homeassistant.dialect import HomeAssistantDialect

__all__ = ["HomeAssistantDialect"]
