"""Which components of discovery are entities here, and which are not."""

from collections.abc import Callable, Mapping

from paige.iot.dialects.homeassistant.climate import climate
from paige.iot.dialects.homeassistant.component import Component
from paige.iot.dialects.homeassistant.fan import fan
from paige.iot.dialects.homeassistant.light import light
from paige.iot.dialects.homeassistant.lock import alarm_control_panel, lock
from paige.iot.dialects.homeassistant.position import cover, valve
from paige.iot.dialects.homeassistant.sensor import binary_sensor, sensor
from paige.iot.dialects.homeassistant.settings import Settings
from paige.iot.dialects.homeassistant.switch import humidifier, siren, switch
from paige.iot.dialects.homeassistant.trigger import button, scene
from paige.iot.dialects.homeassistant.vacuum import vacuum

BUILDERS: Mapping[str, Callable[[Settings], Component]] = {
    "alarm_control_panel": alarm_control_panel,
    "binary_sensor": binary_sensor,
    "button": button,
    "climate": climate,
    "cover": cover,
    "fan": fan,
    "humidifier": humidifier,
    "light": light,
    "lock": lock,
    "number": sensor,
    "scene": scene,
    "select": sensor,
    "sensor": sensor,
    "siren": siren,
    "switch": switch,
    "text": sensor,
    "vacuum": vacuum,
    "valve": valve,
}

OTHERS = frozenset(
    {
        "camera",
        "date",
        "datetime",
        "device_automation",
        "device_tracker",
        "event",
        "image",
        "infrared",
        "lawn_mower",
        "notify",
        "remote",
        "tag",
        "time",
        "update",
        "water_heater",
    }
)
"""Home Assistant has these; nothing that Paige understands is about them."""
