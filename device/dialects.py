"""The dialects of the configuration."""

from collections.abc import Callable

from paige.device.config.schema import Mqtt
from paige.iot.dialects.homeassistant.dialect import HomeAssistantDialect
from paige.iot.dialects.homie import HomieDialect
from paige.iot.dialects.protocol import Dialect
from paige.iot.dialects.tasmota import TasmotaDialect
from paige.iot.dialects.zigbee2mqtt.dialect import Zigbee2MqttDialect


def dialects(mqtt: Mqtt) -> tuple[Dialect, ...]:
    """Those that are enabled, where they are configured to listen."""
    offered: tuple[tuple[bool, Callable[[str], Dialect], str], ...] = (
        (mqtt.homeassistant.enabled, HomeAssistantDialect, mqtt.homeassistant.prefix),
        (mqtt.zigbee2mqtt.enabled, Zigbee2MqttDialect, mqtt.zigbee2mqtt.prefix),
        (mqtt.tasmota.enabled, TasmotaDialect, mqtt.tasmota.prefix),
        (mqtt.homie.enabled, HomieDialect, mqtt.homie.prefix),
    )
    return tuple(dialect(prefix) for enabled, dialect, prefix in offered if enabled)
