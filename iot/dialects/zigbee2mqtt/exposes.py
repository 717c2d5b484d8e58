"""What a Zigbee device exposes, read with suspicion.

The form is that of https://www.zigbee2mqtt.io/guide/usage/exposes.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from paige.iot.dialects.payload import number, shown
from paige.iot.errors import DiscoveryInvalid, ReportInvalid

_PUBLISHED, _SETTABLE, _GETTABLE = 1, 2, 4
DEEPEST = 3
"""Levels of features within features that are read; a colour has two."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that a device exposes, or a part of one."""

    type: str
    """`light`, `switch`, `numeric`, `binary`, …"""
    name: str
    key: str
    """Its `property`: the key in messages, which names the endpoint too where there are several."""
    label: str
    endpoint: str
    """Empty where the device has only one."""
    access: int
    """Bits: 1 published, 2 settable, 4 gettable."""
    category: str
    """`config`, `diagnostic`, or empty."""
    unit: str
    value_on: object
    value_off: object
    value_toggle: object
    value_min: float | None
    value_max: float | None
    values: tuple[str, ...]
    features: tuple["Feature", ...]

    @property
    def published(self) -> bool:
        """Whether messages about the device's state hold it."""
        return bool(self.access & _PUBLISHED)

    @property
    def settable(self) -> bool:
        """Whether commands may set it."""
        return bool(self.access & _SETTABLE)

    @property
    def gettable(self) -> bool:
        """Whether it may be asked for."""
        return bool(self.access & _GETTABLE)

    def feature(self, *names: str) -> "Feature | None":
        """Its first feature of one of these names."""
        return next((feature for feature in self.features if feature.name in names), None)

    def settable_feature(self, *names: str) -> "Feature | None":
        """Its first feature of one of these names that commands may set."""
        return next((item for item in self.features if item.name in names and item.settable), None)


def exposes(value: object, depth: int = 1) -> tuple[Feature, ...]:
    """The features of a list of them.

    Raises:
        DiscoveryInvalid: It is no such list; the text says what was found.
    """
    if not isinstance(value, list):
        raise DiscoveryInvalid(f"found {shown(value)}, expected a list of what it exposes")
    return tuple(_feature(item, depth) for item in value)


def _feature(value: object, depth: int) -> Feature:
    if not isinstance(value, dict):
        raise DiscoveryInvalid(f"found {shown(value)} among what it exposes, expected an object")
    name = _text(value, "name")
    parts = value.get("features")
    access = value.get("access", 0)
    return Feature(
        type=_text(value, "type"),
        name=name,
        key=_text(value, "property") or name,
        label=_text(value, "label") or name.replace("_", " "),
        endpoint=_text(value, "endpoint"),
        access=access if isinstance(access, int) else 0,
        category=_text(value, "category"),
        unit=_text(value, "unit"),
        value_on=value.get("value_on"),
        value_off=value.get("value_off"),
        value_toggle=value.get("value_toggle"),
        value_min=_number(value, "value_min"),
        value_max=_number(value, "value_max"),
        values=_words(value.get("values")),
        features=exposes(parts, depth + 1) if parts is not None and depth < DEEPEST else (),
    )


def _text(value: Mapping[str, object], key: str) -> str:
    text = value.get(key)
    return text if isinstance(text, str) else ""


def _number(value: Mapping[str, object], key: str) -> float | None:
    try:
        return number(value[key]) if key in value else None
    except ReportInvalid:
        return None


def _words(value: object) -> tuple[str, ...]:
    return (
        tuple(str(item) for item in value if isinstance(item, (str, int))) if isinstance(value, list) else ()
    )
