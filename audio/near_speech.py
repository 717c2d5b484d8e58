"""Whether somebody speaks beside the echo, from what two cancellers leave of what is heard."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE

_AEC3_LEAVES: Final = 10 ** (-12 / 10)
"""Somebody speaks when AEC3 leaves more than this share of the power: of echo alone it leaves a hundredth."""
_SMOOTH_SECONDS: Final = 0.25
_HOLD_SECONDS: Final = 0.6
"""Whoever spoke is listened to for so much longer: a pause between words."""
_Sound = NDArray[np.floating]


class NearSpeech:
    """Follows the powers of what is heard, of what AEC3 leaves of it, and of what the filter leaves."""

    def __init__(self) -> None:
        self._smooth = np.zeros(3)
        self._held = 0.0

    def speaks(self, heard: _Sound, by_aec3: _Sound, by_filter: _Sound) -> bool:
        """Whether somebody does, with the next chunk. Shapes: [samples]."""
        seconds = len(heard) / RATE
        powers = np.array([np.mean(np.square(one, dtype=np.float64)) for one in (heard, by_aec3, by_filter)])
        self._smooth += (powers - self._smooth) * -np.expm1(-seconds / _SMOOTH_SECONDS)
        if self._smooth[1] > _AEC3_LEAVES * self._smooth[0]:
            self._held = _HOLD_SECONDS
        else:
            self._held = max(0.0, self._held - seconds)
        return self._held > 0

    @property
    def filter_adds(self) -> bool:
        """Whether the filter gives out more than it takes in."""
        return bool(self._smooth[2] > 2 * self._smooth[0])
