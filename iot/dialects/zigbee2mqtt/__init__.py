"""Zigbee2MQTT: a bridge that lists its devices and all that they expose."""

from paige.iot.dialects.zigbee2mqtt.dialect import Zigbee2MqttDialect

__all__ = ["Zigbee2MqttDialect"]
