"""What every detector of wake words offers, and the shape of what it finds."""

from dataclasses import dataclass
from typing import Protocol

from paige.audio.chunk import AudioChunk


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words to listen for, be it to wake or to stop."""

    text: str
    """As a person writes it, such as `okay nabu`."""
    sensitivity: float = 0.5
    """0 to 1: the higher, the more seldom it is missed, and the more often heard where nobody said it."""


@dataclass(frozen=True, slots=True)
class Wake:
    """A phrase was said."""

    phrase: str
    """Its text, as it was given."""
    start: float
    """Where it began, in seconds since the source was opened; a neural detector can only estimate it."""
    end: float
    """Where it ended: what follows was not part of it."""
    score: float
    """How sure the detector is, 0 to 1; only comparable with others of the same phrase."""


class WakeDetector(Protocol):
    """Listens to one stream for phrases."""

    def hear(self, chunk: AudioChunk) -> Wake | None:
        """Take the next chunk; give the phrase that has ended with it, if any, once each time it was said."""
        ...

    def reset(self) -> None:
        """Forget what was heard: what comes next is not its continuation."""
        ...
