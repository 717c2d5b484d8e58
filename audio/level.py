"""How far a voice stands out from its room: by it several ears agree on who is nearest to somebody."""

from collections import deque
from typing import Final

import numpy as np

from paige.audio.chunk import AudioChunk

_MEMORY: Final = 4.0
"""Seconds: long enough to have pauses in them, in which the room is heard alone."""
_FLOOR: Final = 1.0
"""Power, of 16 bits: a gate's digital silence is no quieter room than the hiss of a good microphone."""
_LOUD: Final = 90
_QUIET: Final = 10
"""Percentiles of power: of the voice while it speaks, and of the room."""


class SignalMeter:
    """Listens along with one microphone.

    What it measures is a ratio, so that it is the same however far a microphone is turned up.
    """

    def __init__(self) -> None:
        self._powers: deque[tuple[float, float, float]] = deque()
        """Of each chunk: where it began and ended, in seconds of the source, and its power."""

    def hear(self, chunk: AudioChunk) -> None:
        """Take the next chunk."""
        if len(chunk.samples) == 0:
            return
        end = chunk.start + chunk.seconds
        self._powers.append((chunk.start, end, float(np.var(chunk.samples.astype(np.float32)))))
        while end - self._powers[0][0] > _MEMORY:
            self._powers.popleft()

    def signal(self, start: float, end: float) -> float | None:
        """Decibels by which what was said from `start` to `end`, in seconds of the source, is above the room.

        None where none of that was heard.
        """
        said = [power for began, ended, power in self._powers if ended > start and began < end]
        if not said:
            return None
        loud = max(_FLOOR, float(np.percentile(said, _LOUD)))
        quiet = max(_FLOOR, float(np.percentile([power for *_, power in self._powers], _QUIET)))
        return 10 * float(np.log10(loud / quiet))
