"""What every dialect offers."""

from typing import Protocol

from paige.iot.change import Change
from paige.iot.command import Command, CommandRefused
from paige.iot.message import Message, Publication


class Dialect(Protocol):
    """One convention of describing and commanding devices over MQTT; pure, without I/O or a clock."""

    @property
    def name(self) -> str:
        """Such as `zigbee2mqtt`; `Entity.dialect` holds it."""
        ...

    def filters(self) -> frozenset[str]:
        """Topic filters it needs now: those of discovery, and of what it has discovered so far."""
        ...

    def receive(self, message: Message) -> tuple[Change, ...]:
        """What a message says; nothing for a message that is not this dialect's."""
        ...

    def introduce(self) -> tuple[Change, ...]:
        """The entities that it knows of without having been told by any message; most dialects know none."""
        ...

    def encode(self, command: Command) -> tuple[Publication, ...] | CommandRefused:
        """The messages that carry a command to an entity of this dialect, or why there are none."""
        ...

    def refresh(self, entity_id: str) -> tuple[Publication, ...]:
        """Messages that ask an entity for its state, where the dialect has a way to; else none."""
        ...

    def forget(self) -> None:
        """Drop everything learned, before the registry is rebuilt after a reconnect."""
        ...
