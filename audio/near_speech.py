"""Whether somebody speaks beside the echo, from what two cancellers leave of what is heard."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE, Samples
from paige.audio.conversion import to_floats

_AEC3_LEAVES: Final = 10 ** (-12 / 10)
"""Somebody speaks when AEC3 leaves more than this share of the power: of echo alone it leaves a hundredth."""
_ABOVE_ROOM: Final = 10 ** (8 / 10)
"""And when that is so much louder than the room, which AEC3 leaves as well: without this, what is played
after a moment of silence would be taken for somebody, for as long as he is held."""
_RISE: Final = 10 ** (2 / 10)
"""A second, of what is taken for the room: it may become louder, and who speaks on is none of it."""
_SMOOTH_SECONDS: Final = 0.25
_QUIETEST: Final = 1e-8
"""Of full scale, as power: half a unit of 16 bits. Digital silence is no room."""
_HOLD_SECONDS: Final = 0.6
"""Whoever spoke is listened to for so much longer: a pause between words."""
_Sound = NDArray[np.floating]


class NearSpeech:
    """Follows the powers of what is heard, of what AEC3 leaves of it, and of what the filter leaves."""

    def __init__(self) -> None:
        self._smooth = np.zeros(3)
        self._held = 0.0
        self._room = 1.0

    def begin(self) -> None:
        """Another sound is played from now on; the room is the same."""
        self._smooth = np.zeros(3)
        self._held = 0.0

    def rest(self, heard: Samples) -> None:
        """What is heard while nothing is played. Shape: [samples]."""
        self._follow(float(np.mean(np.square(to_floats(heard)))), len(heard) / RATE)

    def _follow(self, power: float, seconds: float) -> None:
        self._room = max(min(power, self._room * _RISE**seconds), _QUIETEST)

    def speaks(self, heard: _Sound, by_aec3: _Sound, by_filter: _Sound) -> bool:
        """Whether somebody does, with the next chunk. Shapes: [samples]."""
        seconds = len(heard) / RATE
        powers = np.array([np.mean(np.square(one, dtype=np.float64)) for one in (heard, by_aec3, by_filter)])
        self._smooth += (powers - self._smooth) * -np.expm1(-seconds / _SMOOTH_SECONDS)
        self._follow(float(powers[1]), seconds)
        if self._smooth[1] > max(_AEC3_LEAVES * self._smooth[0], _ABOVE_ROOM * self._room):
            self._held = _HOLD_SECONDS
        else:
            self._held = max(0.0, self._held - seconds)
        return self._held > 0

    @property
    def filter_adds(self) -> bool:
        """Whether the filter gives out more than it takes in."""
        return bool(self._smooth[2] > 2 * self._smooth[0])
