"""One entity of a Zigbee device or group: how it reads the device's state, and what its commands set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from paige.iot.cause import Cause, Why
from paige.iot.command import Command
from paige.iot.dialects.payload import shown
from paige.iot.dialects.report import UNKNOWN, Known, Report
from paige.iot.dialects.zigbee2mqtt.exposes import Feature
from paige.iot.entity import AttributeValue
from paige.iot.errors import ReportInvalid

Values = Mapping[str, object]
"""The members of a device's JSON message."""

Encoded = dict[str, object] | Why
"""What a command sets, or why it cannot."""

Encode = Callable[[Command, Known], Encoded]
Read = Callable[[Values, Known], Report | None]


@dataclass(frozen=True, slots=True)
class Part:
    """One entity, without the name of its device."""

    domain: str
    read: Read
    """What a message says of it; None where it does not mention it. Raises `ReportInvalid`."""
    services: Mapping[str, Encode] = field(default_factory=dict)
    features: frozenset[str] = frozenset()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    """What it says of itself once, such as its unit."""
    device_class: str | None = None
    suffix: str = ""
    """What tells it from others of its device and domain, in ids."""
    label: str = ""
    """What tells it from others, in names; empty where it bears the device's name alone."""
    asks: tuple[str, ...] = ()
    """Properties that can be asked for."""


def sets(feature: Feature | None, value: object) -> Encode | None:
    """The command that sets a feature to one value; None where the feature cannot be set or has none."""
    if feature is None or not feature.settable or value is None:
        return None

    def encode(command: Command, known: Known) -> Encoded:
        return {feature.key: value}

    return encode


def toggles(feature: Feature | None, on: Encode | None, off: Encode | None) -> Encode | None:
    """The command that switches over: by the device itself where it can, else by what it last said."""
    by_device = sets(feature, None if feature is None else feature.value_toggle)
    if by_device is not None or on is None or off is None:
        return by_device

    def encode(command: Command, known: Known) -> Encoded:
        if known.state in (None, UNKNOWN):
            return Why(Cause.STATE_UNKNOWN)
        return (off if known.state in ("on", "open", "opening") else on)(command, known)

    return encode


def binary(feature: Feature, on: str, off: str) -> Read:
    """Reads a feature of two values as two states."""
    words = ((feature.value_on, on), (feature.value_off, off))

    def read(values: Values, known: Known) -> Report | None:
        if feature.key not in values:
            return None
        value = values[feature.key]
        if value is None:
            return Report(UNKNOWN)
        for said, state in words:
            if value == said and said is not None:
                return Report(state)
        raise ReportInvalid(f"{feature.key}: found {shown(value)}, expected one of {_spelled(words)}")

    return read


def asked(*features: Feature | None) -> tuple[str, ...]:
    """The properties of those features that can be asked for."""
    return tuple(feature.key for feature in features if feature is not None and feature.gettable)


def merged(*reports: Report | None) -> Report | None:
    """Several reports as one, the later ones above the earlier; None where there is none."""
    found = [report for report in reports if report is not None]
    if not found:
        return None
    state = next((report.state for report in reversed(found) if report.state is not None), None)
    return Report(state, {key: value for report in found for key, value in report.attributes.items()})


def _spelled(words: tuple[tuple[object, str], ...]) -> str:
    return ", ".join(shown(said) for said, _ in words)
