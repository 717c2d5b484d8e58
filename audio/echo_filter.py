"""A linear echo canceller that leaves who speaks over it as he is: a Kalman filter in the frequency domain.

After G. Enzner and P. Vary, "Frequency-domain adaptive Kalman filter for acoustic echo control in hands-
free telephones", Signal Processing 86 (2006), in blocks as F. Kuech, E. Mabande and G. Enzner, "State-space
architecture of the partitioned-block-based acoustic echo controller", ICASSP 2014. What it expects to be
wrong about, by its own covariance, is taken out by a Wiener filter afterwards.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE

HOP: Final = RATE // 100
"""Samples that are taken at a time, 10 ms; what comes out is as much later."""
_BLOCKS: Final = 45
"""Of one hop each: echoes up to 450 ms after the sample was played are found."""
_STEADY: Final = 0.998
"""How much of the room is the same after a hop. Nearer to 1, what drifts is lost; farther, voices suffer."""
_SMOOTHED: Final = 0.9
"""Of the power of what is no echo, from hop to hop."""
_LEAST: Final = 0.1
"""The Wiener filter's least gain: what is left has no holes."""
_BINS: Final = HOP + 1
_TINY: Final = 1e-9

_Spectrum = NDArray[np.complex128]
_Sound = NDArray[np.float64]


class EchoFilter:
    """Learns a room from what is played and what is heard, within a second, and takes the echo out."""

    def __init__(self) -> None:
        self._before = np.zeros(HOP)  # played last; [samples]
        self._played: _Spectrum = np.zeros((_BLOCKS, _BINS), complex)  # the latest first; [blocks, bins]
        self._room: _Spectrum = np.zeros((_BLOCKS, _BINS), complex)  # [blocks, bins]
        self._doubt = np.ones((_BLOCKS, _BINS))  # variance of `_room`; [blocks, bins]
        self._other = np.full(_BINS, 0.01)  # power of what is no echo; [bins]
        self._window = np.sqrt(np.hanning(2 * HOP + 1)[:-1])  # [samples]
        self._left = np.zeros(HOP)  # the last hop without its echo; [samples]
        self._tail = np.zeros(HOP)  # what is still to be added to the next hop; [samples]

    def hear(self, heard: _Sound, played: _Sound) -> _Sound:
        """A hop without its echo, full scale being -1 to 1, one hop later. Shapes: [samples]."""
        self._played = np.roll(self._played, 1, axis=0)
        self._played[0] = np.fft.rfft(np.concatenate((self._before, played)))
        self._before = played
        power = np.abs(self._played) ** 2  # [blocks, bins]
        left = heard - np.fft.irfft((self._room * self._played).sum(axis=0))[HOP:]
        self._learn(left, power)
        return self._without(left, (power * self._doubt).sum(axis=0))

    def _learn(self, left: _Sound, power: NDArray[np.float64]) -> None:
        error = np.fft.rfft(np.concatenate((np.zeros(HOP), left)))  # [bins]
        self._other = _SMOOTHED * self._other + (1 - _SMOOTHED) * np.abs(error) ** 2
        # The half is the share of a window of two hops that is heard of a block.
        step = self._doubt / (0.5 * (power * self._doubt).sum(axis=0) + self._other + 1e-6)  # [blocks, bins]
        change = np.fft.irfft(step * self._played.conj() * error)
        change[:, HOP:] = 0  # a block is one hop long: the rest is the circle of the transform
        self._room = self._room + np.fft.rfft(change)
        self._doubt = (
            _STEADY**2 * np.maximum(1 - 0.5 * step * power, 0) * self._doubt
            + (1 - _STEADY**2) * np.abs(self._room) ** 2
        )

    def _without(self, left: _Sound, expected: NDArray[np.float64]) -> _Sound:
        """What is left without the power of the echo that is expected to be in it."""
        spectrum = np.fft.rfft(self._window * np.concatenate((self._left, left)))
        self._left = left
        gain = np.maximum(1 - expected / (np.abs(spectrum) ** 2 + _TINY), _LEAST)
        whole = self._window * np.fft.irfft(gain * spectrum)
        ready: _Sound = self._tail + whole[:HOP]
        self._tail = whole[HOP:]
        return ready
