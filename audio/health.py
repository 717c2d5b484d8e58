"""How well a microphone hears: what it delivers is measured, not assumed."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from paige.audio.conversion import Frames

_LEVEL_SECONDS = 0.3
_CLIPPED_SECONDS = 3.0
"""Time constants of the running means: what is older than three of them hardly counts."""
_FULL = 1 - 2**-12
"""What is louder than this share of full scale is cut off there: converters of 16 bits end at 1 - 2**-15."""
_MUCH_CLIPPED = 0.001
_SILENT_SECONDS = 1.0
_QUIETEST = -120.0
"""Decibels; digital silence would be infinitely quiet."""


class Hearing(StrEnum):
    """Whether a microphone hears."""

    HEARING = "hearing"
    SILENT = "silent"
    """It delivers nothing but zeros, or but one other value: it is muted, or its driver is stuck."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a microphone does."""

    state: Hearing
    since: float
    """When that state began, in seconds since 1970."""
    overflows: int
    """How often sound was lost because nobody fetched it, since it was opened."""
    level: float
    """Decibels of full scale, the mean of about the last second."""
    clipped: float
    """Share of samples that were cut off at full scale, of about the last ten seconds."""

    @property
    def complaint(self) -> str:
        """What somebody should do about it, in a line; empty where nothing."""
        if self.state is Hearing.SILENT:
            return "the microphone delivers only silence: see whether it is muted (alsamixer, then F4)"
        if self.clipped > _MUCH_CLIPPED:
            return (
                f"the microphone is too loud and distorts ({self.clipped:.1%} of its sound is cut off): "
                "lower its level (alsamixer, then F4)"
            )
        return ""


class SoundMeter:
    """Measures what a microphone delivers, as it comes.

    Args:
        clock: Gives the seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._state = Hearing.HEARING
        self._since = clock()
        self._last = np.empty(0, np.float32)  # [channels]
        self.still = 0.0
        """Seconds for which nothing but one value has come."""
        self._power = 0.0
        self._clipped = 0.0

    def measure(self, frames: Frames, seconds: float) -> None:
        """Take what was delivered next, before anything else is done to it; at least one frame."""
        self._watch(frames, seconds)
        power = float(frames.var(axis=0).max())  # without its offset, on the loudest channel
        cut = float((np.abs(frames) >= _FULL).mean(axis=0).max())
        self._power += (power - self._power) * -math.expm1(-seconds / _LEVEL_SECONDS)
        self._clipped += (cut - self._clipped) * -math.expm1(-seconds / _CLIPPED_SECONDS)

    def _watch(self, frames: Frames, seconds: float) -> None:
        same = np.array_equal(frames[0], self._last) or not len(self._last)
        self.still = self.still + seconds if same and bool((frames == frames[0]).all()) else 0.0
        self._last = frames[-1].copy()
        state = Hearing.SILENT if self.still >= _SILENT_SECONDS else Hearing.HEARING
        if state is not self._state:
            self._state, self._since = state, self._clock()

    def health(self, overflows: int) -> Health:
        """What was measured so far."""
        level = max(_QUIETEST, 10 * math.log10(max(self._power, 1e-12)))
        return Health(self._state, self._since, overflows, level, self._clipped)
