"""What every voice offers."""

from collections.abc import Iterator
from typing import Protocol

from paige.audio.chunk import Samples


class Voice(Protocol):
    """Turns text into speech. Safe to be used by several threads at once."""

    @property
    def name(self) -> str:
        """What a person would call it."""
        ...

    @property
    def rate(self) -> int:
        """Samples a second (hertz) of what it says."""
        ...

    def say(self, text: str) -> Iterator[Samples]:
        """Speech, piece after piece, the first one soon; none where the text holds nothing to say."""
        ...
