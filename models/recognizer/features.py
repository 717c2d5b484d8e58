"""From sound to what a PocketSphinx model hears: the energies of mel bands, and their cepstra.

The same as PocketSphinx's own front end with `-transform dct`, to the fifth digit; between the two steps,
noise can be taken out (see `noise`). Source: S. Davis and P. Mermelstein, "Comparison of Parametric
Representations for Monosyllabic Word Recognition in Continuously Spoken Sentences", 1980; fe_sigproc.c.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE
from paige.models.errors import ModelUnusable

Array = NDArray[np.float64]

FRAME: Final = RATE // 100
"""Samples from the beginning of one frame to that of the next."""
COEFFICIENTS: Final = 13
_WINDOW: Final = 410
_FFT: Final = 512
_PREEMPHASIS: Final = 0.97
_LEAST: Final = 1e-4
"""Added to energies before their logarithm, as PocketSphinx does."""


@dataclass(frozen=True)
class FrontEnd:
    """How a model was made to hear."""

    bands: int
    lowest: float
    """Hertz."""
    highest: float
    """Hertz."""
    lifter: int

    @classmethod
    def of(cls, file: Path) -> Self:
        """As a model's `feat.params` says.

        Raises:
            ModelUnusable: when it was made in another way than PocketSphinx's models of today.
        """
        try:
            words = file.read_text(encoding="utf-8").split()
            said = dict(zip(words[::2], words[1::2], strict=True))
            for option, needed in _NEEDED.items():
                if said.get(option) != needed:
                    found = said.get(option, "nothing")
                    raise ModelUnusable(f"{file}: {option} is {found}, expected {needed}; take another model")
            return cls(
                int(said["-nfilt"]), float(said["-lowerf"]), float(said["-upperf"]), int(said["-lifter"])
            )
        except (OSError, ValueError, KeyError) as error:
            raise ModelUnusable(f"{file}: it does not say how the model hears: {error}") from error

    def energies(self, sound: Array) -> Array:
        """Energy of each band in each frame. Shape: [samples] to [frames, bands]; samples are of 16 bits."""
        if len(sound) < _WINDOW:
            sound = np.pad(sound, (0, _WINDOW - len(sound)))
        emphasized = sound.copy()  # [samples]
        emphasized[1:] -= _PREEMPHASIS * sound[:-1]
        frames = np.lib.stride_tricks.sliding_window_view(emphasized, _WINDOW)[::FRAME]
        spectrum = np.abs(np.fft.rfft(frames * _HAMMING, _FFT)) ** 2  # [frames, frequencies]
        energies: Array = spectrum @ self._filters
        return energies

    def of_white_noise(self, deviation: float) -> Array:
        """Mean energy that white noise of a standard deviation has in each band. Shape: [bands]."""
        turn = np.exp(-2j * np.pi * np.arange(_FFT // 2 + 1) / _FFT)  # [frequencies]
        emphasis = np.abs(1 - _PREEMPHASIS * turn) ** 2
        energies: Array = (deviation**2 * (_HAMMING**2).sum() * emphasis) @ self._filters
        return energies

    @staticmethod
    def logarithms(energies: Array) -> Array:
        """Logarithms of energies, of any shape."""
        logs: Array = np.log(energies + _LEAST)
        return logs

    @cached_property
    def to_cepstra(self) -> Array:
        """What turns logarithms of bands into cepstra. Shape: [bands, coefficients]."""
        return self._cosines * self._lift

    @cached_property
    def to_logarithms(self) -> Array:
        """What turns cepstra into the smoothest logarithms that have them. Shape: [coefficients, bands]."""
        back: Array = (self._cosines / self._lift).T
        return back

    @cached_property
    def _cosines(self) -> Array:
        """An orthonormal discrete cosine transform (type II). Shape: [bands, coefficients]."""
        angles = np.pi / self.bands * np.outer(np.arange(self.bands) + 0.5, np.arange(COEFFICIENTS))
        cosines: Array = np.cos(angles) * np.sqrt(2 / self.bands)
        cosines[:, 0] /= np.sqrt(2)
        return cosines

    @cached_property
    def _lift(self) -> Array:
        angles = np.pi * np.arange(COEFFICIENTS) / max(1, self.lifter)
        lift: Array = 1 + self.lifter / 2 * np.sin(angles)
        return lift

    @cached_property
    def _filters(self) -> Array:
        """Triangles of area 1, evenly spaced in mel. Shape: [frequencies, bands]."""
        step = RATE / _FFT
        mels = np.linspace(_mel(self.lowest), _mel(self.highest), self.bands + 2)
        edges = np.floor(700 * (10 ** (mels / 2595) - 1) / step + 0.5) * step  # [bands + 2]
        frequencies = np.arange(_FFT // 2 + 1)[:, None] * step  # [frequencies, 1]
        left, middle, right = edges[:-2], edges[1:-1], edges[2:]  # each [bands]
        rising, falling = (frequencies - left) / (middle - left), (right - frequencies) / (right - middle)
        filters: Array = np.maximum(0, np.minimum(rising, falling)) * 2 / (right - left)
        return filters


_NEEDED: Final[Mapping[str, str]] = {"-transform": "dct", "-feat": "1s_c_d_dd"}
_HAMMING: Final = np.hamming(_WINDOW)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))
