"""What a discovered component can do: how its messages are read, and how commands to it are written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from paige.iot.cause import Cause, Why
from paige.iot.command import Command
from paige.iot.dialects.homeassistant.settings import Channel, Order
from paige.iot.dialects.homeassistant.template import Payload
from paige.iot.dialects.payload import shown
from paige.iot.dialects.report import UNKNOWN, Known, Report
from paige.iot.entity import AttributeValue
from paige.iot.errors import ReportInvalid
from paige.iot.message import Publication

NOTHING = "None"
"""The text with which a device, or a template on null, says that it does not know."""

Encoded = tuple[Publication, ...] | Why
"""The messages of a command, or why there are none."""

Encode = Callable[[Command, Known], Encoded]
Take = Callable[[str, Known], Report | None]


@dataclass(frozen=True, slots=True)
class Reader:
    """One topic that a component listens to.

    `take` gets the text that the channel took from a message, and gives what it says; it raises
    `ReportInvalid` on text that it does not understand.
    """

    channel: Channel
    take: Take

    def read(self, payload: Payload, known: Known) -> Report | None:
        """What a message on this topic says about the component."""
        said = self.channel.read(payload)
        return None if said is None else self.take(said, known)


@dataclass(frozen=True, slots=True)
class Component:
    """One component, of one domain."""

    readers: tuple[Reader, ...] = ()
    services: Mapping[str, Encode] = field(default_factory=dict)
    features: frozenset[str] = frozenset()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    """What it says of itself once, such as its unit."""


def readers(*pairs: tuple[Channel | None, Take]) -> tuple[Reader, ...]:
    """The readers of the channels that are there."""
    return tuple(Reader(channel, take) for channel, take in pairs if channel is not None)


def states(words: Mapping[str, str]) -> Take:
    """Reads a state that the device says in words of its own."""

    def take(said: str, known: Known) -> Report:
        if said == NOTHING:
            return Report(UNKNOWN)
        state = words.get(said)
        if state is None:
            raise ReportInvalid(f"found {shown(said)}, expected one of {', '.join(sorted(words))}")
        return Report(state)

    return take


def attribute(name: str, convert: Callable[[str], AttributeValue]) -> Take:
    """Reads one attribute."""

    def take(said: str, known: Known) -> Report:
        return Report(attributes={name: None if said == NOTHING else convert(said)})

    return take


def sends(order: Order | None, payload: str | None) -> Encode | None:
    """The command that is always the same message; None where the device has none."""
    if order is None or payload is None:
        return None

    def encode(command: Command, known: Known) -> Encoded:
        return (order.write(payload),)

    return encode


def toggles(on: Encode | None, off: Encode | None, on_states: frozenset[str]) -> Encode | None:
    """The command that does the one or the other, by the state last reported."""
    if on is None or off is None:
        return None

    def encode(command: Command, known: Known) -> Encoded:
        if known.state in (None, UNKNOWN):
            return Why(Cause.STATE_UNKNOWN)
        return (off if known.state in on_states else on)(command, known)

    return encode
