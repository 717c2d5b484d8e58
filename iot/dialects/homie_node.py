"""Which entities a Homie node is. The convention knows properties, not lamps, so these rules decide.

1. **A word says it.** The last word that names a kind (`light`, `dimmer`, `garage-door`, `media-player`, …)
   in the node's type, else its name, else its ID, else the device's name where that has one node: the node is
   of that kind if it has the properties for it.
2. **The properties say it.** A settable temperature: a thermostat. A settable enum or boolean that
   locks: a lock. A settable enum that opens and closes, or a position: a cover. A settable brightness, colour
   or colour temperature: a light. A settable speed: a fan. A settable boolean called `on`, `power`, `state`
   or `switch`: a switch.
3. **What is left** stands for itself: a settable boolean is a switch; what can only be read is a binary
   sensor where it is boolean, else a sensor. What is not retained is an event, and no entity.

A property called `value` plays the role that its node's ID names, as in the profiles for Homie 5.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from paige.iot.dialects.homie_description import COLOR_FORMATS, Device, Node, Property
from paige.iot.dialects.homie_part import Part, hvac_mode, meaning_of
from paige.iot.entity import Entity

NAME: Final = "homie"

_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "light": frozenset({"light", "lights", "lamp", "bulb", "dimmer", "led"}),
    "switch": frozenset({"switch", "relay", "outlet", "socket", "plug"}),
    "fan": frozenset({"fan", "ventilator"}),
    "cover": frozenset(
        {"cover", "blind", "blinds", "shutter", "shutters", "curtain", "curtains", "shade", "shades"}
        | {"awning", "garage", "door", "gate", "window"}
    ),
    "lock": frozenset({"lock"}),
    "climate": frozenset({"climate", "thermostat", "heating", "heater", "hvac"}),
    "media_player": frozenset({"player", "radio", "speaker", "stereo", "tv"}),
    "valve": frozenset({"valve"}),
    "button": frozenset({"button"}),
}
"""Words that name a kind of entity."""

_ROLE_IDS: Final[Mapping[str, frozenset[str]]] = {
    "power": frozenset({"on", "power", "state", "switch", "on-off", "onoff", "relay"}),
    "brightness": frozenset({"brightness", "dimmer", "dim", "level", "intensity"}),
    "color_temperature": frozenset({"color-temperature", "colour-temperature", "color-temp", "ct"}),
    "position": frozenset({"position"}),
    "speed": frozenset({"speed", "fan-speed"}),
    "target": frozenset({"target", "target-temperature", "setpoint", "set-point", "set-temperature"}),
    "current": frozenset({"current", "current-temperature", "temperature", "actual", "actual-temperature"}),
    "mode": frozenset({"mode", "hvac-mode"}),
    "volume": frozenset({"volume"}),
    "muted": frozenset({"mute", "muted"}),
    "playing": frozenset({"playing", "play"}),
}
"""IDs of the properties that play a role, in lower case and with hyphens."""

_LOCK_IDS: Final = frozenset({"lock", "locked"})

_ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "light": ("power", "brightness", "color", "color_temperature"),
    "switch": ("power",),
    "fan": ("power", "speed"),
    "cover": ("position", "action", "condition", "power"),
    "valve": ("position", "action", "condition", "power"),
    "lock": ("action", "condition", "power"),
    "climate": ("target", "current", "mode", "power"),
    "media_player": ("power", "volume", "muted", "playing", "playback"),
    "button": ("press",),
}
"""What may play a part in each kind of entity."""

_ADJUSTED: Final[Mapping[str, str]] = {
    "brightness": "brightness_pct",
    "color": "rgb_color",
    "color_temperature": "color_temp_kelvin",
}

_COVER_CLASSES: Final = ("garage", "gate", "blind", "shutter", "curtain", "shade", "awning", "window", "door")

_UNIT_CLASSES: Final[Mapping[str, str]] = {
    "°C": "temperature",
    "°F": "temperature",
    "lx": "illuminance",
    "W": "power",
    "kW": "power",
    "Wh": "energy",
    "kWh": "energy",
    "V": "voltage",
    "A": "current",
    "Hz": "frequency",
    "Pa": "pressure",
    "hPa": "pressure",
    "kPa": "pressure",
    "psi": "pressure",
}
_SENSOR_CLASSES: Final = ("humidity", "battery", "moisture")
_BINARY_CLASSES: Final = (
    *("motion", "occupancy", "presence", "smoke", "moisture", "window", "garage_door", "door", "battery"),
    *("vibration", "tamper", "problem", "opening"),
)


def parts_of(device: Device) -> tuple[Part, ...]:
    """The entities of a device, by the rules of this module."""
    found: list[tuple[Node, Part, Property | None]] = []
    for node in device.nodes:
        whole = _whole_node(device, node)
        used = set() if whole is None else {prop.id for prop in whole.roles.values()}
        if whole is not None:
            found.append((node, whole, None))
        rest = [prop for prop in node.properties if prop.id not in used]
        found.extend((node, part, prop) for prop in rest for part in _alone(device, node, prop))
    nodes = {node.id for node, _, _ in found}
    named: list[Part] = []
    for node, part, prop in found:
        names = [device.name]
        if len(nodes) > 1:
            names.append(node.name)
        if prop is not None and sum(other.id == node.id for other, _, _ in found) > 1:
            names.append(prop.name)
        named.append(replace(part, entity=replace(part.entity, name=_joined(names))))
    return tuple(named)


def _whole_node(device: Device, node: Node) -> Part | None:
    """The entity that a node's properties make together, if they make one."""
    kind = _kind(device, node)
    for domain in ([kind] if kind else []) + _kinds_by_properties(node):
        roles = _cast(domain, node, certain=domain == kind)
        services = _services(domain, Part(_entity("", domain), node.id, roles))
        if services:
            entity = replace(
                _entity(f"{device.id}_{node.id}", domain),
                services=services,
                features=frozenset(_ADJUSTED[role] for role in roles if role in _ADJUSTED)
                | {service.rpartition("_")[2] for service in services if service.endswith("_position")}
                | ({"percentage"} if "set_percentage" in services else set()),
                device_class=_cover_class(device, node) if domain == "cover" else None,
            )
            return Part(entity, node.id, roles)
    return None


def _kind(device: Device, node: Node) -> str | None:
    places = [node.type, node.name, node.id] + ([device.name] if len(device.nodes) == 1 else [])
    for place in places:
        for word in reversed(_words(place)):
            for kind, words in _KINDS.items():
                if word in words:
                    return kind
    return None


def _kinds_by_properties(node: Node) -> list[str]:
    """What a node's properties alone make of it, the surest first."""
    roles = {role for prop in node.properties for role in _roles(prop, node)}
    meanings = {meaning_of(choice) for prop in node.properties if prop.settable for choice in prop.choices}
    locks = any(prop.settable and _plain_id(prop, node) in _LOCK_IDS for prop in node.properties)
    tests = {
        "climate": "target" in roles,
        "lock": locks or {"locked", "unlocked"} <= meanings,
        "cover": "position" in roles or {"open", "closed"} <= meanings,
        "light": bool(roles & set(_ADJUSTED)),
        "fan": "speed" in roles,
        "switch": "power" in roles,
    }
    return [domain for domain, fits in tests.items() if fits]


def _cast(domain: str, node: Node, certain: bool) -> dict[str, Property]:
    """Which property plays which role; the only boolean is the power where a word made the kind `certain`."""
    cast: dict[str, Property] = {}
    for role in _ROLES[domain]:
        for prop in node.properties:
            if role not in cast and prop not in cast.values() and role in _roles(prop, node, domain):
                cast[role] = prop
    booleans = [prop for prop in node.properties if prop.settable and prop.datatype == "boolean"]
    if "power" in _ROLES[domain] and "power" not in cast and certain and len(booleans) == 1:
        cast.setdefault("power", booleans[0])
    if domain in ("cover", "valve", "lock") and any(
        prop.settable for role, prop in cast.items() if role in ("position", "action")
    ):
        cast.pop("power", None)
    return cast


def _roles(prop: Property, node: Node, domain: str | None = None) -> Iterator[str]:
    """The roles that a property could play."""
    name = _plain_id(prop, node)
    named = {role for role, names in _ROLE_IDS.items() if name in names}
    meanings = {meaning_of(choice) for choice in prop.choices}
    pair = {"locked", "unlocked"} if domain == "lock" else {"open", "closed"}
    if prop.datatype == "boolean" and prop.settable:
        yield from named & {"power", "muted", "playing"}
        if domain == "lock" and name in _LOCK_IDS:
            yield "power"
    if prop.is_number:
        yield from named & ({"position", "current"} if not prop.settable else set(_ROLE_IDS) - {"current"})
        if prop.settable and "current" in named and _is_wished(prop, node, domain):
            yield "target"
    if prop.datatype == "color" and prop.settable and COLOR_FORMATS.keys() & set(prop.format.split(",")):
        yield "color"
    if prop.choices:
        yield from named & {"mode"}
        if pair <= meanings:
            yield "action" if prop.settable else "condition"
        if prop.settable and "play" in meanings:
            yield "playback"
    if prop.settable and domain == "button" and (prop.choices or prop.datatype == "boolean"):
        yield "press"


def _is_wished(prop: Property, node: Node, domain: str | None) -> bool:
    """Whether a settable temperature is the one to be reached: "settable in case of a thermostat" (Homie)."""
    degrees = domain == "climate" or prop.unit in ("°C", "°F")
    return degrees and not any(_plain_id(other, node) in _ROLE_IDS["target"] for other in node.properties)


def _services(domain: str, part: Part) -> frozenset[str]:
    """What the roles that are played allow; nothing where they do not make an entity of this domain."""
    settable = {role for role, prop in part.roles.items() if prop.settable}
    if domain in ("light", "switch", "fan"):
        if not settable & {"power", "brightness", "speed"}:
            return frozenset()
        speed = {"set_percentage"} if "speed" in settable else set()
        return frozenset({"turn_on", "turn_off", "toggle"} | speed)
    if domain in ("cover", "valve"):
        if not settable & {"power", "position", "action"}:
            return frozenset()
        services = {f"open_{domain}", f"close_{domain}"} | ({"toggle"} if domain == "cover" else set())
        if "position" in settable:
            services.add(f"set_{domain}_position")
        if part.choice("action", "stop") is not None:
            services.add(f"stop_{domain}")
        return frozenset(services)
    if domain == "lock":
        return frozenset({"lock", "unlock"}) if settable else frozenset()
    if domain == "climate":
        return _climate_services(part, settable)
    if domain == "media_player":
        return _media_services(part, settable)
    return frozenset({"press"}) if settable else frozenset()


def _climate_services(part: Part, settable: set[str]) -> frozenset[str]:
    if "target" not in settable:
        return frozenset()
    services = {"set_temperature"}
    if "mode" in settable:
        services.add("set_hvac_mode")
    modes = {hvac_mode(choice) for choice in part.roles["mode"].choices} if "mode" in settable else set()
    if "power" in settable or ("off" in modes and len(modes) > 1):
        services |= {"turn_on", "turn_off"}
    return frozenset(services)


def _media_services(part: Part, settable: set[str]) -> frozenset[str]:
    services: set[str] = set()
    if "power" in settable:
        services |= {"turn_on", "turn_off", "toggle"}
    if "volume" in settable:
        services.add("volume_set")
    if "muted" in settable:
        services.add("volume_mute")
    if "playing" in settable:
        services |= {"media_play", "media_pause"}
    meanings = {"play": "media_play", "pause": "media_pause", "stop": "media_stop"}
    meanings |= {"next": "media_next_track", "previous": "media_previous_track"}
    services |= {
        service for meaning, service in meanings.items() if part.choice("playback", meaning) is not None
    }
    return frozenset(services)


def _alone(device: Device, node: Node, prop: Property) -> Iterator[Part]:
    """The entity that a property is by itself, if it is one."""
    if not prop.retained or prop.datatype in ("json", "color"):
        return
    key = f"{device.id}_{node.id}_{prop.id}"
    if prop.settable:
        if prop.datatype == "boolean":
            entity = replace(_entity(key, "switch"), services=frozenset({"turn_on", "turn_off", "toggle"}))
            yield Part(entity, node.id, {"power": prop})
        return
    if prop.datatype == "boolean":
        device_class = _named_class(_BINARY_CLASSES, device, node, prop)
        if device_class is None and prop.format in ("closed,open", "close,open"):
            device_class = "opening"
        yield Part(
            replace(_entity(key, "binary_sensor"), device_class=device_class), node.id, {"value": prop}
        )
        return
    device_class = _UNIT_CLASSES.get(prop.unit)
    if device_class is None and prop.unit == "%":
        device_class = _named_class(_SENSOR_CLASSES, device, node, prop)
    entity = replace(
        _entity(key, "sensor"),
        device_class=device_class,
        attributes={"unit_of_measurement": prop.unit} if prop.unit else {},
    )
    yield Part(entity, node.id, {"value": prop})


def _entity(key: str, domain: str) -> Entity:
    object_id = re.sub(r"[^a-z0-9]+", "_", key.lower())
    return Entity(id=f"{domain}.{NAME}_{object_id}", name="", domain=domain, available=False, dialect=NAME)


def _cover_class(device: Device, node: Node) -> str | None:
    words = {
        word.removesuffix("s") for place in (node.type, node.name, device.name) for word in _words(place)
    }
    return next((kind for kind in _COVER_CLASSES if kind in words), None)


def _named_class(classes: tuple[str, ...], device: Device, node: Node, prop: Property) -> str | None:
    """The device class whose words all stand in the names of a property, its node or its device."""
    for place in (prop.id, prop.name, node.type, node.id, node.name, device.name):
        words = set(_words(place))
        for device_class in classes:
            if set(device_class.split("_")) <= words:
                return device_class
    return None


def _plain_id(prop: Property, node: Node) -> str:
    name = node.id if prop.id.lower() == "value" else prop.id
    return name.lower().replace("_", "-")


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower())


def _joined(names: list[str]) -> str:
    """One name of several parts, none of which repeats what another says."""
    joined = names[0]
    for name in names[1:]:
        if joined.casefold() in name.casefold():
            joined = name
        elif name.casefold() not in joined.casefold():
            joined = f"{joined} {name}"
    return joined
