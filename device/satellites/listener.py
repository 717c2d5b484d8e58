"""What listens to a microphone, and what it asks of others."""

from collections.abc import Awaitable, Iterator
from typing import Protocol

from paige.audio.chunk import AudioChunk
from paige.device.attention import Event


class Listener(Protocol):
    """What is done with a satellite's sound; `paige.device.ear.Ear` is one."""

    def events(self, chunks: Iterator[AudioChunk]) -> Iterator[Event]:
        """What comes of it; for the thread that hears."""
        ...

    async def handle(self, event: Event) -> None:
        """Do what is to be done about an event."""
        ...

    def listen(self, seconds: float) -> None:
        """Listen without a wake word for so long."""
        ...


class Wins(Protocol):
    """Whether an ear that heard a wake word answers; `paige.iot.arbiter.Arbiter.wins` of one ear is such."""

    def __call__(self, *, signal: float | None, score: float, age: float) -> Awaitable[bool]:
        """See there."""
        ...
