"""A room with a loudspeaker and a microphone in it, simulated."""

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from paige.audio.chunk import RATE

Sound = NDArray[np.float32]
"""Full scale -1 to 1, mono at `RATE`. Shape: [samples]."""

_REVERBERATION = 0.3
"""Seconds until what is played once is 60 decibels quieter: a furnished room."""
_DIRECT = 3.0
"""How much louder than the first reflections the direct sound is; the two stand close together."""
_NOISE = 10 ** (-65 / 20)
"""Of full scale: what a quiet room and its microphone add."""
_DRIVE = 1.0
"""How hard the loudspeaker is driven into its limits: a peak at full scale comes out at 76 %."""


@dataclass(frozen=True, slots=True)
class Room:
    """How what is played arrives."""

    delay: float
    """Seconds from the sample that the loudspeaker is given to its direct sound at the microphone."""
    gain: float
    """Decibels from what is played to what is heard of it."""
    drift: float = 0.0
    """Parts in a million by which the loudspeaker's clock is slower than the microphone's."""
    seed: int = 1
    """Which room of this kind."""

    def echo(self, played: Sound) -> Sound:
        """What the microphone hears of it, as long as what was played."""
        sound = np.tanh(_DRIVE * played) / _DRIVE
        sound = soxr.resample(sound, RATE, RATE * (1 + self.drift * 1e-6)) if self.drift else sound
        response = self._response()
        size = len(sound) + len(response)
        wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)
        late = np.concatenate((np.zeros(round(self.delay * RATE)), wet))[: len(played)]
        hiss = np.random.default_rng(self.seed).normal(0, _NOISE, len(late))
        heard: Sound = (late * 10 ** (self.gain / 20) + hiss).astype(np.float32)
        return heard

    def _response(self) -> NDArray[np.float64]:
        """Noise that fades by 60 decibels in the reverberation time (Polack's model), of energy 1."""
        time = np.arange(round(_REVERBERATION * RATE)) / RATE
        response = np.random.default_rng(self.seed).normal(size=len(time)) * 10 ** (
            -3 * time / _REVERBERATION
        )
        response[0] = _DIRECT * np.sign(response[0])
        scaled: NDArray[np.float64] = response / np.sqrt((response**2).sum())
        return scaled


def decibels(sound: Sound) -> float:
    """The mean level, of full scale."""
    return 10 * float(np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-12))
