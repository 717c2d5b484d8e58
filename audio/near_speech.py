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
_AT_ONCE_SECONDS: Final = 0.06
_USUAL_SECONDS: Final = 2.0
_LEARNED_SECONDS: Final = 1.5
"""AEC3 often takes away how somebody begins. So somebody speaks, too, when the filter, which has had so long
to learn the room, suddenly leaves more than is usual of echo alone: in power, and as a share of the sound."""
_MORE_POWER: Final = 10 ** (10 / 10)
_MORE_SHARE: Final = 10 ** (10 / 10)
_TINY: Final = 1e-12

_Sound = NDArray[np.floating]


class NearSpeech:
    """Follows the powers of what is heard, of what AEC3 leaves of it, and of what the filter leaves."""

    def __init__(self) -> None:
        self._smooth = np.zeros(3)
        self._at_once = np.zeros(3)
        self._usual = np.zeros(3)
        """While nobody speaks."""
        self._held = 0.0
        self._seconds = 0.0

    def speaks(self, heard: _Sound, by_aec3: _Sound, by_filter: _Sound) -> bool:
        """Whether somebody does, with the next chunk. Shapes: [samples]."""
        seconds = len(heard) / RATE
        self._seconds += seconds
        powers = np.array([np.mean(np.square(one, dtype=np.float64)) for one in (heard, by_aec3, by_filter)])
        self._smooth += (powers - self._smooth) * -np.expm1(-seconds / _SMOOTH_SECONDS)
        self._at_once += (powers - self._at_once) * -np.expm1(-seconds / _AT_ONCE_SECONDS)
        learned = self._seconds > _LEARNED_SECONDS
        if self._smooth[1] > _AEC3_LEAVES * self._smooth[0] or (learned and self._suddenly_more()):
            self._held = _HOLD_SECONDS
        else:
            self._held = max(0.0, self._held - seconds)
        if not self._held or not learned:
            self._usual += (powers - self._usual) * -np.expm1(-seconds / _USUAL_SECONDS)
        return self._held > 0

    def _suddenly_more(self) -> bool:
        heard, _, left = self._at_once
        usual_heard, _, usual_left = self._usual + _TINY
        return bool(left > _MORE_POWER * usual_left and left * usual_heard > _MORE_SHARE * usual_left * heard)

    @property
    def filter_adds(self) -> bool:
        """Whether the filter gives out more than it takes in."""
        return bool(self._smooth[2] > 2 * self._smooth[0])
