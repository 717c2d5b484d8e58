"""The dialects of the configuration, and that of the home description."""

from collections.abc import Callable, Iterable

from paige.device.config.schema import Mqtt
from paige.iot.binding import Binding
from paige.iot.dialects.described import DescribedDialect
from paige.iot.dialects.homeassistant.dialect import HomeAssistantDialect
from paige.iot.dialects.homie import HomieDialect
from paige.iot.dialects.protocol import Dialect
from paige.iot.dialects.tasmota import TasmotaDialect
from paige.iot.dialects.zigbee2mqtt.dialect import Zigbee2MqttDialect


def dialects(mqtt: Mqtt, bindings: Iterable[Binding] = ()) -> tuple[Dialect, ...]:
    """Those that are enabled, where they are configured to listen, and what is described with its topics."""
    offered: tuple[tuple[bool, Callable[[str], Dialect], str], ...] = (
        (mqtt.homeassistant.enabled, HomeAssistantDialect, mqtt.homeassistant.prefix),
        (mqtt.zigbee2mqtt.enabled, Zigbee2MqttDialect, mqtt.zigbee2mqtt.prefix),
        (mqtt.tasmota.enabled, TasmotaDialect, mqtt.tasmota.prefix),
        (mqtt.homie.enabled, HomieDialect, mqtt.homie.prefix),
    )
    announced = (dialect(prefix) for enabled, dialect, prefix in offered if enabled)
    return (DescribedDialect(bindings), *announced)
