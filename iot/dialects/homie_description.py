"""What a Homie device says of itself, in version 5 as one JSON document, in version 4 as many small topics.

Both come out as the same `Device`. Datatypes, formats and payloads are the convention's (homieiot.github.io).
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from paige.iot.dialects.color import RGB, hue_from_rgb, rgb_from_hue, rgb_from_xy, xy_from_rgb
from paige.iot.dialects.payload import number, number_text, shown
from paige.iot.errors import DiscoveryInvalid, ReportInvalid

Value = bool | float | str | RGB
"""What a payload means: a boolean, a number, a colour; everything else stays text."""

IDENTITY: Final = re.compile(r"[a-z0-9_-]+", re.IGNORECASE)
"""The convention allows less (no capitals, no underscore); many devices take the liberty."""

NUMBERS: Final = frozenset({"integer", "float"})
_DATATYPES: Final = NUMBERS | {"boolean", "string", "enum", "color", "datetime", "duration", "json"}
COLOR_FORMATS: Final[Mapping[str, int]] = {"rgb": 3, "hsv": 3, "xyz": 2}
"""How a colour may be written, each with how many numbers; of `xyz`, z follows from the others."""
_FORMATTED: Final = ("enum", "color")
"""Datatypes that mean nothing without their format."""

_FIELDS: Final = ("name", "datatype", "format", "settable", "retained", "unit")


@dataclass(frozen=True, slots=True)
class Property:
    """One value of a node."""

    id: str
    name: str
    datatype: str
    format: str = ""
    settable: bool = False
    retained: bool = True
    unit: str = ""
    prefixed_color: bool = True
    """Version 5 writes a colour as `rgb,255,0,0`; version 4 as `255,0,0`."""

    @property
    def is_number(self) -> bool:
        """Whether its payloads are numbers."""
        return self.datatype in NUMBERS

    @property
    def choices(self) -> tuple[str, ...]:
        """The payloads of an enum."""
        return tuple(self.format.split(",")) if self.datatype == "enum" and self.format else ()

    @property
    def limits(self) -> tuple[float | None, float | None, float | None]:
        """Least, most and step of a number, each None where the format leaves it open."""
        parts = [*self.format.split(":"), "", "", ""][:3] if self.is_number else ["", "", ""]
        try:
            least, most, step = (number(part) if part else None for part in parts)
        except ReportInvalid:
            return None, None, None
        return least, most, step

    def read(self, text: str) -> Value:
        """What a payload means.

        Raises:
            ReportInvalid: It is none of the datatype's payloads.
        """
        if self.is_number:
            return number(text)
        if self.datatype == "boolean":
            if text not in ("true", "false"):
                raise ReportInvalid(f"found {shown(text)}, expected true or false")
            return text == "true"
        if self.datatype == "color":
            return _read_color(text, self.format)
        if self.choices and text not in self.choices:
            raise ReportInvalid(f"found {shown(text)}, expected one of {self.format}")
        return text

    def write(self, value: Value) -> str:
        """The payload for a value that fits the datatype; a number is brought into the limits."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, tuple):
            return self._write_color(value)
        if isinstance(value, str):
            return value
        least, most, step = self.limits
        if step:
            base = next((limit for limit in (least, most) if limit is not None), 0.0)
            value = base + round((value - base) / step) * step
        value = min(most if most is not None else value, max(least if least is not None else value, value))
        return number_text(float(round(value)) if self.datatype == "integer" else round(value, 6))

    def _write_color(self, rgb: RGB) -> str:
        kind = next((kind for kind in self.format.split(",") if kind in COLOR_FORMATS), "rgb")
        parts: tuple[float, ...] = rgb
        if kind == "hsv":
            parts = hue_from_rgb(rgb)
        elif kind == "xyz":
            parts = tuple(round(part, 4) for part in xy_from_rgb(rgb))
        text = ",".join(map(str, parts))
        return f"{kind},{text}" if self.prefixed_color else text


@dataclass(frozen=True, slots=True)
class Node:
    """A separable part of a device."""

    id: str
    name: str
    type: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class Device:
    """A device as it described itself."""

    id: str
    name: str
    nodes: tuple[Node, ...]
    root: str | None = None
    """The device whose loss is also the loss of this one."""
    problems: tuple[str, ...] = ()
    """What is wrong with properties that are left out therefore."""


def read_description(device_id: str, document: Mapping[str, object]) -> Device:
    """The device that a version 5 `$description` describes.

    Raises:
        DiscoveryInvalid: A field is missing or is not what it should be.
    """
    version = document.get("homie")
    if not isinstance(version, str) or not version.startswith("5."):
        raise DiscoveryInvalid(f"homie is {shown(version)}, expected version 5")
    problems: list[str] = []
    nodes = _objects(document, "nodes")
    return Device(
        id=device_id,
        name=_text(document, "name", device_id),
        nodes=tuple(_read_node(node_id, node, problems) for node_id, node in nodes.items()),
        root=_text(document, "root", "") or _text(document, "parent", "") or None,
        problems=tuple(problems),
    )


def read_attributes(device_id: str, attributes: Mapping[str, str], *, assume: bool) -> Device | None:
    """The device that versions 3 and 4 describe, by attributes' topics below its own; None while incomplete.

    Args:
        device_id: Its ID.
        attributes: What it said.
        assume: Whether a property without a datatype is a string, rather than not yet described.
    """
    if "$nodes" not in attributes:
        return None
    assumed = {"datatype": "string"} if assume else {}
    nodes: list[Node] = []
    problems: list[str] = []
    for node_id in _identities(attributes["$nodes"]):
        listed = attributes.get(f"{node_id}/$properties")
        if listed is None:
            return None
        properties: list[Property] = []
        for property_id in _identities(listed):
            prefix = f"{node_id}/{property_id}/$"
            fields = assumed | {
                key: attributes[prefix + key] for key in _FIELDS if prefix + key in attributes
            }
            if "datatype" not in fields or (fields["datatype"] in _FORMATTED and "format" not in fields):
                return None
            with _noting(problems, f"{node_id}/{property_id}"):
                properties.append(_read_legacy_property(property_id, fields))
        name = attributes.get(f"{node_id}/$name") or node_id
        nodes.append(Node(node_id, name, attributes.get(f"{node_id}/$type", ""), tuple(properties)))
    return Device(device_id, attributes.get("$name") or device_id, tuple(nodes), problems=tuple(problems))


@contextmanager
def _noting(problems: list[str], place: str) -> Iterator[None]:
    """What is wrong with one property costs no other."""
    try:
        yield
    except DiscoveryInvalid as error:
        problems.append(f"{place}: {error}")


def _read_node(node_id: str, node: Mapping[str, object], problems: list[str]) -> Node:
    properties: list[Property] = []
    for property_id, fields in _objects(node, "properties").items():
        with _noting(problems, f"{node_id}/{property_id}"):
            properties.append(_read_property(property_id, fields))
    return Node(
        id=_identity(node_id),
        name=_text(node, "name", node_id),
        type=_text(node, "type", ""),
        properties=tuple(properties),
    )


def _read_property(property_id: str, fields: Mapping[str, object]) -> Property:
    return Property(
        id=_identity(property_id),
        name=_text(fields, "name", property_id),
        datatype=_datatype(fields.get("datatype")),
        format=_text(fields, "format", ""),
        settable=_flag(fields, "settable", False),
        retained=_flag(fields, "retained", True),
        unit=_text(fields, "unit", ""),
    )


def _read_legacy_property(property_id: str, fields: Mapping[str, str]) -> Property:
    return Property(
        id=property_id,
        name=fields.get("name") or property_id,
        datatype=_datatype(fields["datatype"]),
        format=fields.get("format", ""),
        settable=fields.get("settable") == "true",
        retained=fields.get("retained") != "false",
        unit=fields.get("unit", ""),
        prefixed_color=False,
    )


def _read_color(text: str, formats: str) -> RGB:
    """From `rgb,255,0,0`, `hsv,0,100,100`, `xyz,0.25,0.34`, or version 4's bare numbers in its one format."""
    kind, *parts = text.split(",")
    if kind not in COLOR_FORMATS:
        kind, parts = formats, text.split(",")
    if len(parts) != COLOR_FORMATS.get(kind):
        raise ReportInvalid(f"found {shown(text)}, expected a colour in {formats}")
    numbers = [number(part) for part in parts]
    if kind == "hsv":
        return rgb_from_hue(*numbers)
    if kind == "xyz":
        return rgb_from_xy(*numbers)
    red, green, blue = (min(255, max(0, round(part))) for part in numbers)
    return red, green, blue


def _identities(listed: str) -> list[str]:
    # Version 3 marked an array of nodes by brackets; what they name is no level of a topic.
    return [_identity(part.strip()) for part in listed.split(",") if part.strip() and "[" not in part]


def _identity(text: str) -> str:
    if not IDENTITY.fullmatch(text):
        raise DiscoveryInvalid(f"found the ID {shown(text)}, expected letters, digits and hyphens")
    return text


def _datatype(value: object) -> str:
    if value not in _DATATYPES:
        raise DiscoveryInvalid(f"datatype is {shown(value)}, expected one of {', '.join(sorted(_DATATYPES))}")
    return str(value)


def _objects(fields: Mapping[str, object], key: str) -> dict[str, Mapping[str, object]]:
    value = fields.get(key, {})
    if not isinstance(value, Mapping):
        raise DiscoveryInvalid(f"{key} is {shown(value)}, expected an object")
    found: dict[str, Mapping[str, object]] = {}
    for name, entry in value.items():
        if not isinstance(entry, Mapping):
            raise DiscoveryInvalid(f"{key} has {shown(entry)} for {name}, expected an object")
        found[name] = entry
    return found


def _text(fields: Mapping[str, object], key: str, default: str) -> str:
    value = fields.get(key, default)
    if not isinstance(value, str):
        raise DiscoveryInvalid(f"{key} is {shown(value)}, expected a text")
    return value if value.strip() else default


def _flag(fields: Mapping[str, object], key: str, default: bool) -> bool:
    value = fields.get(key, default)
    if not isinstance(value, bool):
        raise DiscoveryInvalid(f"{key} is {shown(value)}, expected true or false")
    return value
