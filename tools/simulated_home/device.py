"""What every simulated device is: a model that hears messages and answers with others, without any I/O."""

import json
from enum import StrEnum
from typing import Protocol

from paige.iot.message import Message, Publication


class Fault(StrEnum):
    """What can be wrong with a device."""

    NONE = "none"
    SILENT = "silent"
    """It does what it is told and says nothing."""
    DEAF = "deaf"
    """It neither does nor says anything, and nobody knows yet."""
    UNAVAILABLE = "unavailable"
    """It is gone, and its connection's last will says so."""
    JAMMED = "jammed"
    """It hears, cannot move, and says how it still stands."""


class SimulatedDevice(Protocol):
    """One device of the house."""

    name: str
    jammed: bool
    """Whether it cannot move."""

    @property
    def filters(self) -> frozenset[str]:
        """The topics on which it takes commands and questions."""
        ...

    def announce(self) -> tuple[Publication, ...]:
        """How it describes itself, and its state, on connecting."""
        ...

    def presence(self, available: bool) -> tuple[Publication, ...]:
        """How it, or its last will, says that it is there or gone."""
        ...

    def receive(self, message: Message) -> tuple[Publication, ...]:
        """Do what a message asks; what it says while doing so, in order. Nothing for a message of others."""
        ...


def retained(topic: str, payload: object) -> Publication:
    """A message that the broker keeps, for whoever connects later."""
    return Publication(topic, encoded(payload), retain=True)


def encoded(payload: object) -> bytes:
    """Text as it is; anything else as JSON."""
    return payload.encode() if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False).encode()


def whole(text: str, least: int, most: int) -> int | None:
    """A number within its limits, rounded; None for what is none, which real devices ignore too."""
    try:
        return min(most, max(least, round(float(text))))
    except (ValueError, OverflowError):
        return None
