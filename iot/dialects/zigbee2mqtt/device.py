"""The devices and groups of a bridge, as the entities they are made of."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from paige.iot.dialects.payload import shown
from paige.iot.dialects.zigbee2mqtt.climate import climate
from paige.iot.dialects.zigbee2mqtt.cover import MOVEMENTS, cover
from paige.iot.dialects.zigbee2mqtt.exposes import Feature, exposes
from paige.iot.dialects.zigbee2mqtt.fan import fan
from paige.iot.dialects.zigbee2mqtt.light import light
from paige.iot.dialects.zigbee2mqtt.part import Part
from paige.iot.dialects.zigbee2mqtt.sensor import BINARY_CLASSES, sensor
from paige.iot.dialects.zigbee2mqtt.switch import lock, switch, valve
from paige.iot.errors import DiscoveryInvalid
from paige.iot.topic_tree import valid_topic

_BUILDERS: Mapping[str, Callable[[tuple[Feature, ...]], Part | None]] = {
    "light": light,
    "switch": switch,
    "lock": lock,
    "cover": cover,
    "fan": fan,
    "climate": climate,
}
_GROUPED = ("light", "switch", "lock", "cover")
"""Types of which a group makes one; Zigbee2MQTT knows no others."""

_VALVE = re.compile(r"\bvalve\b", re.IGNORECASE)
_UNSPOKEN = re.compile(r"[\s_/]+")
_NUMBERED = re.compile(r"l(\d+)")


@dataclass(frozen=True, slots=True)
class Device:
    """A device or group, and its entities."""

    key: str
    """Its IEEE address, or the group's number after `group `."""
    friendly_name: str
    """As in its topics."""
    parts: tuple[Part, ...]
    exposed: tuple[Feature, ...] = ()

    @property
    def spoken_name(self) -> str:
        """Its name as a person says it: `kitchen/floor_light` is the kitchen floor light."""
        return _UNSPOKEN.sub(" ", self.friendly_name).strip() or self.friendly_name


def device(value: object) -> Device | None:
    """A device of `bridge/devices`; None for the coordinator, and for what is disabled or not supported.

    Raises:
        DiscoveryInvalid: It is not what a device has to be.
    """
    if not isinstance(value, dict):
        raise DiscoveryInvalid(f"found {shown(value)}, expected an object that describes a device")
    definition = value.get("definition")
    if value.get("type") == "Coordinator" or value.get("disabled") is True or definition is None:
        return None
    name = _friendly_name(value)
    address = value.get("ieee_address")
    if not isinstance(address, str) or not isinstance(definition, dict):
        raise DiscoveryInvalid(f"device '{name}': found no ieee_address or definition that can be read")
    try:
        exposed = exposes(definition.get("exposes"))
    except DiscoveryInvalid as error:
        raise DiscoveryInvalid(f"device '{name}': {error}") from None
    described = str(definition.get("description", ""))
    return Device(address, name, _named(tuple(_parts(exposed, described))), exposed)


def group(value: object, devices: Mapping[str, Device]) -> Device | None:
    """A group of `bridge/groups`, which is what its members are; None where none of them is anything.

    Raises:
        DiscoveryInvalid: It is not what a group has to be.
    """
    if not isinstance(value, dict):
        raise DiscoveryInvalid(f"found {shown(value)}, expected an object that describes a group")
    name = _friendly_name(value)
    members = value.get("members")
    if not isinstance(members, list):
        raise DiscoveryInvalid(f"group '{name}': found {shown(members)}, expected a list of members")
    addresses = {str(member.get("ieee_address")) for member in members if isinstance(member, dict)}
    exposed = [feature for key in sorted(addresses & devices.keys()) for feature in devices[key].exposed]
    parts = []
    for type_ in _GROUPED:
        alike = tuple(_without_endpoint(feature) for feature in exposed if feature.type == type_)
        part = _BUILDERS[type_](alike) if alike else None
        if part is not None:
            parts.append(replace(part, asks=()))
    return Device(f"group {value.get('id')}", name, tuple(parts)) if parts else None


def _friendly_name(value: Mapping[str, object]) -> str:
    name = value.get("friendly_name")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)  # groups without a name have their number
    if not isinstance(name, str) or not name.strip() or not valid_topic(name):
        raise DiscoveryInvalid(f"found the friendly_name {shown(name)}, expected a name without + and #")
    return name


def _parts(exposed: tuple[Feature, ...], description: str) -> Iterable[Part]:
    is_valve = bool(_VALVE.search(description)) and all(item.type != "climate" for item in exposed)
    covers = any(item.type == "cover" for item in exposed)
    for feature in exposed:
        part: Part | None
        if covers and feature.name in MOVEMENTS:
            continue  # the cover says it
        if feature.type == "cover":
            part = cover((feature,), exposed)
        elif feature.type == "switch" and is_valve:
            part = valve((feature,))
        elif feature.type in _BUILDERS:
            part = _BUILDERS[feature.type]((feature,))
        else:
            part = sensor(feature)
        if part is None:
            continue
        if feature.features and feature.endpoint:
            numbered = _NUMBERED.fullmatch(feature.endpoint)
            label = numbered[1] if numbered else feature.endpoint.replace("_", " ")
            part = replace(part, suffix=feature.endpoint, label=label)
        yield part


def _named(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts with labels where names need them.

    What is alone in its domain bears the device's name; so does, of a device that only senses, what it is
    there for: the contact of a contact sensor, not its battery.
    """
    mains = [part for part in parts if part.services]
    domains = [part.domain for part in mains]
    chief = None
    if not mains:
        senses = [part for part in parts if part.domain == "binary_sensor" and part.suffix in BINARY_CLASSES]
        chief = min(senses, key=lambda part: list(BINARY_CLASSES).index(part.suffix), default=None)
    return tuple(
        replace(part, label="")
        if part is chief or (part.services and domains.count(part.domain) == 1)
        else part
        for part in parts
    )


def _without_endpoint(feature: Feature) -> Feature:
    """A member as its group speaks of it: groups have no endpoints, and no properties named after them."""
    if not feature.endpoint:
        return feature
    ending = f"_{feature.endpoint}"
    plain = tuple(replace(part, key=part.key.removesuffix(ending)) for part in feature.features)
    return replace(feature, endpoint="", features=plain)
