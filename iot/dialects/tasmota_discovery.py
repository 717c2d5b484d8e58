"""What a Tasmota device says of itself on `tasmota/discovery/<MAC>/config` and `/sensors`.

The keys and their meaning are those that hatasmota reads, the library behind Home Assistant's integration.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from paige.iot.dialects.color import kelvin_from_mired
from paige.iot.dialects.payload import shown
from paige.iot.dialects.tasmota_component import (
    FAN_SPEEDS,
    Component,
    Contact,
    Fan,
    Light,
    PowerWords,
    Relay,
    Sensor,
    Shutter,
)
from paige.iot.entity import AttributeValue, Entity
from paige.iot.errors import DiscoveryInvalid

NAME: Final = "tasmota"

_SWITCHED = frozenset({"turn_on", "turn_off", "toggle"})
_COVER = frozenset({"open_cover", "close_cover", "stop_cover", "toggle", "set_cover_position"})

_RELAY, _LIGHT, _SHUTTER = 1, 2, 3
"""Values of `rl[]`; 0 is none."""

_HOLDING = frozenset({1, 2, 3, 4, 5, 6, 9, 10})
"""Switch modes, the values of `swc[]`, in which an input has a state; in the others it only tells events."""

_RGBW = 4
_TUYA_DIMMER = "Dimmer3"
_FEATURES_OF_SUBTYPE: Final[Mapping[int, tuple[str, ...]]] = {
    0: (),
    1: ("brightness_pct",),
    2: ("brightness_pct", "color_temp_kelvin"),
    3: ("brightness_pct", "rgb_color"),
    4: ("brightness_pct", "rgb_color"),
    5: ("brightness_pct", "rgb_color", "color_temp_kelvin"),
}
"""What a light of subtype `lt_st` can adjust."""

_MIRED, _REDUCED_MIRED = (153, 500), (200, 380)
"""Colour temperatures, coldest and warmest; SetOption82 chooses the second pair."""

_QUANTITIES: Final[Mapping[str, tuple[str | None, str | None]]] = {
    "ApparentPower": ("apparent_power", "VA"),
    "Battery": ("battery", "%"),
    "CarbonDioxide": ("carbon_dioxide", "ppm"),
    "Current": ("current", "A"),
    "DewPoint": ("temperature", "TempUnit"),
    "Distance": ("distance", "cm"),
    "Factor": ("power_factor", None),
    "Frequency": ("frequency", "Hz"),
    "Humidity": ("humidity", "%"),
    "Illuminance": ("illuminance", "lx"),
    "Moisture": ("moisture", "%"),
    "PM1": ("pm1", "µg/m³"),
    "PM10": ("pm10", "µg/m³"),
    "PM2.5": ("pm25", "µg/m³"),
    "Power": ("power", "W"),
    "Pressure": ("pressure", "PressureUnit"),
    "ReactivePower": ("reactive_power", "var"),
    "SeaPressure": ("pressure", "PressureUnit"),
    "Speed": ("speed", "SpeedUnit"),
    "TVOC": ("volatile_organic_compounds_parts", "ppb"),
    "Temperature": ("temperature", "TempUnit"),
    "Today": ("energy", "kWh"),
    "Total": ("energy", "kWh"),
    "Voltage": ("voltage", "V"),
    "Weight": ("weight", "kg"),
    "Yesterday": ("energy", "kWh"),
    "eCO2": ("carbon_dioxide", "ppm"),
}
"""Device class and unit of a quantity; where the unit ends in `Unit`, it is the key that tells the unit."""

_UNITS: Final[Mapping[str, str]] = {"C": "°C", "F": "°F"}
_DEPTH = 4
"""Sensors do not nest deeper."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Where a device speaks and listens; prefixes end in a slash."""

    command: str
    status: str
    telemetry: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device as it described itself."""

    mac: str
    name: str
    topics: Topics
    online: str
    offline: str
    answers_by_command: bool
    """SetOption4: an answer's topic ends in the command's word instead of `RESULT`."""
    components: tuple[Component, ...]


def read_config(mac: str, config: Mapping[str, object]) -> Device:
    """The device that a `config` message describes.

    Raises:
        DiscoveryInvalid: A key is missing or is not what it should be.
    """
    if _text(config, "mac") != mac:
        raise DiscoveryInvalid(f"its mac is {shown(config['mac'])}, expected {mac} as in the topic")
    options = config.get("so")
    return Device(
        mac=mac,
        name=_text(config, "dn"),
        topics=_topics(config),
        online=_text(config, "onln"),
        offline=_text(config, "ofln"),
        answers_by_command=isinstance(options, Mapping) and options.get("4") == 1,
        components=tuple(_components(mac, config)),
    )


def read_skeleton(config: Mapping[str, object]) -> Mapping[str, object]:
    """The skeleton of a report with which a `sensors` message tells what a device measures.

    Raises:
        DiscoveryInvalid: There is none.
    """
    skeleton = config.get("sn")
    if not isinstance(skeleton, Mapping):
        raise DiscoveryInvalid(f"sn is {shown(skeleton)}, expected an object with sensors")
    return skeleton


def sensors_of(device: Device, skeleton: Mapping[str, object]) -> tuple[Sensor, ...]:
    """The sensors that stand in a skeleton."""
    found = [(path, quantity) for path, quantity in _quantities(skeleton) if len(path) > 1]
    return tuple(_sensor(device, skeleton, path, quantity, found) for path, quantity in found)


def _components(mac: str, config: Mapping[str, object]) -> Iterator[Component]:
    relays = [_whole(value, "rl") for value in _items(config, "rl")]
    if config.get("if") == 1:
        yield Fan(
            _entity(
                mac,
                "fan",
                "fan",
                _text(config, "dn"),
                _SWITCHED | {"set_percentage"},
                ("percentage",),
                {"percentage_step": round(100 / FAN_SPEEDS, 1)},
            )
        )
    shutters = _shutter_relays(relays)
    for order, _ in enumerate(shutters, start=1):
        yield _shutter(mac, config, order, alone=len(shutters) == 1)
    names = _items(config, "fn")
    used = [at for at, kind in enumerate(relays) if kind in (_RELAY, _LIGHT)]
    for at in used:
        name = names[at] if at < len(names) else None
        if not isinstance(name, str) or not name.strip():
            name = _text(config, "dn") if len(used) == 1 else f"{_text(config, 'dn')} {at + 1}"
        yield _switched(mac, config, relays, at, name)
    yield from _contacts(mac, config)


def _contacts(mac: str, config: Mapping[str, object]) -> Iterator[Contact]:
    modes = _items(config, "swc") if "swc" in config else []
    names = _items(config, "swn") if "swn" in config else []
    for at in (at for at, mode in enumerate(modes) if isinstance(mode, int) and mode in _HOLDING):
        own = names[at] if at < len(names) else None
        key = own if isinstance(own, str) and own.strip() else f"Switch{at + 1}"
        name = key if key == own else f"{_text(config, 'dn')} switch {at + 1}"
        entity = _entity(mac, "binary_sensor", f"switch_{at + 1}", name)
        yield Contact(entity, key, _power_words(config))


def _power_words(config: Mapping[str, object]) -> PowerWords:
    words = [_text_value(value, "state") for value in _items(config, "state")]
    if len(words) < 3:
        raise DiscoveryInvalid(
            f"state is {shown(config.get('state'))}, expected words for off, on and toggle"
        )
    return PowerWords(*words[:3])


def _switched(mac: str, config: Mapping[str, object], relays: list[int], at: int, name: str) -> Relay | Light:
    power = _power_words(config)
    fan_light = config.get("if") == 1 and at == 0
    if relays[at] == _RELAY or fan_light:
        domain = "light" if fan_light or _option(config, "30") else "switch"
        return Relay(_entity(mac, domain, f"relay_{at + 1}", name, _SWITCHED), at + 1, power)
    subtype, dimmer, suffix = _channels(config, at - relays.index(_LIGHT), at)
    mired = _REDUCED_MIRED if _option(config, "82") else _MIRED
    features = _FEATURES_OF_SUBTYPE[subtype]
    limits: dict[str, AttributeValue] = {}
    if "color_temp_kelvin" in features:
        limits["min_color_temp_kelvin"] = kelvin_from_mired(mired[1])
        limits["max_color_temp_kelvin"] = kelvin_from_mired(mired[0])
    entity = _entity(mac, "light", f"light_{at + 1}", name, _SWITCHED, features, limits)
    return Light(
        Relay(entity, at + 1, power),
        dimmer,
        "Dimmer" if dimmer == _TUYA_DIMMER else dimmer,
        mired,
        color_suffix=suffix,
        needs_power=_option(config, "20"),
    )


def _channels(config: Mapping[str, object], order: int, at: int) -> tuple[int, str, str]:
    """Subtype, brightness word and colour suffix of the light that is number `order` of its device."""
    subtype = _whole(config.get("lt_st", 0), "lt_st")
    if subtype not in _FEATURES_OF_SUBTYPE:
        raise DiscoveryInvalid(f"lt_st is {subtype}, expected 0 to 5")
    if _option(config, "68"):
        return 1, f"Channel{at + 1}", ""
    if config.get("lk") == 0 and subtype >= _RGBW:
        # Colour and white are not linked: two lights, the colour first.
        return (3, "Dimmer1", "=") if order == 0 else (1 if subtype == _RGBW else 2, "Dimmer2", "")
    return subtype, _TUYA_DIMMER if config.get("ty") == 1 else "Dimmer", ""


def _shutter_relays(relays: list[int]) -> list[int]:
    """Where each shutter's pair of relays begins."""
    begins: list[int] = []
    at = 0
    while at < len(relays):
        if relays[at] != _SHUTTER:
            at += 1
            continue
        if relays[at + 1 : at + 2] != [_SHUTTER]:
            raise DiscoveryInvalid(f"rl is {shown(relays)}, expected two relays in a row for each shutter")
        begins.append(at)
        at += 2
    return begins


def _shutter(mac: str, config: Mapping[str, object], order: int, alone: bool) -> Shutter:
    name = _text(config, "dn") if alone else f"{_text(config, 'dn')} {order}"
    options = _items(config, "sho") if "sho" in config else []
    inverted = order <= len(options) and _whole(options[order - 1], "sho") & 1 == 1
    entity = _entity(mac, "cover", f"shutter_{order}", name, _COVER, ("position",), device_class="shutter")
    return Shutter(entity, order, inverted)


def _quantities(
    skeleton: Mapping[str, object], path: tuple[str | int, ...] = (), quantity: str | None = None
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each known quantity's place in the skeleton, and its name."""
    for key, value in skeleton.items():
        here = (*path, key)
        known = next((name for name in (key, key.rstrip("0123456789")) if name in _QUANTITIES), quantity)
        if isinstance(value, Mapping):
            if len(here) < _DEPTH:
                yield from _quantities(value, here, known)
        elif known is not None and isinstance(value, list):
            yield from (((*here, at), known) for at in range(len(value)))
        elif known is not None:
            yield here, known


def _sensor(
    device: Device,
    skeleton: Mapping[str, object],
    path: tuple[str | int, ...],
    quantity: str,
    found: list[tuple[tuple[str | int, ...], str]],
) -> Sensor:
    device_class, unit = _QUANTITIES[quantity]
    if unit is not None and unit.endswith("Unit"):
        said = skeleton.get(unit)
        unit = _UNITS.get(said, said) if isinstance(said, str) else None
    spoken = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", quantity)
    if sum(other == quantity for _, other in found) > 1:
        # Which of several is said as the device says it: its chip's name and the place of the value.
        spoken = " ".join(str(step + 1 if isinstance(step, int) else step) for step in path)
    name = device.name
    if not name.casefold().endswith(spoken.casefold()):
        name = f"{name} {spoken}"
    slug = "_".join(re.sub(r"\W+", "_", str(step)).lower() for step in path)
    entity = _entity(
        device.mac,
        "sensor",
        slug,
        name,
        attributes={} if unit is None else {"unit_of_measurement": unit},
        device_class=device_class,
    )
    return Sensor(entity, path)


def _topics(config: Mapping[str, object]) -> Topics:
    prefixes = [_text_value(value, "tp") for value in _items(config, "tp")]
    if len(prefixes) < 3:
        raise DiscoveryInvalid(f"tp is {shown(config.get('tp'))}, expected prefixes for cmnd, stat and tele")
    template = _text(config, "ft").replace("%hostname%", _text(config, "hn"))
    template = template.replace("%id%", _text(config, "mac")[-6:]).replace("%topic%", _text(config, "t"))
    if not template.endswith("/"):
        template += "/"
    topics = [template.replace("%prefix%", prefix) for prefix in prefixes]
    if any(set(topic) & set("+#\0") for topic in topics) or len(set(topics[:3])) < 3:
        raise DiscoveryInvalid(f"ft gives {shown(topics[0])}, expected a topic with %prefix% and no + or #")
    return Topics(*topics[:3])


def _entity(
    mac: str,
    domain: str,
    part: str,
    name: str,
    services: frozenset[str] = frozenset(),
    features: tuple[str, ...] = (),
    attributes: Mapping[str, AttributeValue] | None = None,
    device_class: str | None = None,
) -> Entity:
    return Entity(
        id=f"{domain}.{NAME}_{mac.lower()}_{part}",
        name=name,
        domain=domain,
        device_class=device_class,
        attributes=attributes or {},
        available=False,
        services=services,
        features=frozenset(features),
        dialect=NAME,
    )


def _option(config: Mapping[str, object], number: str) -> bool:
    """Whether SetOption `number` is on."""
    options = config.get("so")
    return isinstance(options, Mapping) and options.get(number) == 1


def _text(config: Mapping[str, object], key: str) -> str:
    return _text_value(config.get(key), key)


def _text_value(value: object, key: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise DiscoveryInvalid(f"{key} is {shown(value)}, expected a text")
    return value


def _items(config: Mapping[str, object], key: str) -> list[object]:
    value = config.get(key)
    if not isinstance(value, list):
        raise DiscoveryInvalid(f"{key} is {shown(value)}, expected a list")
    return value


def _whole(value: object, key: str) -> int:
    if not isinstance(value, int):
        raise DiscoveryInvalid(f"{key} has {shown(value)}, expected a whole number")
    return value
