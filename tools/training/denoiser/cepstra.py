"""What PocketSphinx hears of a sound, in a way that can be learned through.

Its front end as `fe_sigproc.c` of PocketSphinx 5 has it, with what `feat.params` of its English model says.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from paige.audio.chunk import RATE

LOWEST, HIGHEST = 130.0, 6_800.0
"""Hertz."""
FILTERS: Final = 25
LIFTER: Final = 22
CEPSTRA: Final = 13
STEP: Final = RATE // 100
"""Samples between frames."""
_FRAME: Final = 410
"""Samples of a frame, 25.625 ms."""
_TRANSFORM: Final = 512
_EMPHASIS: Final = 0.97
_HISS: Final = 40 / 32_768
"""What `paige.audio.conditioning` adds to an utterance; it hides what is quieter."""

Array = NDArray[np.float64]


class Cepstra(nn.Module):
    """Sounds to energies of its filters and to cepstra."""

    def __init__(self) -> None:
        super().__init__()
        window = np.hamming(_FRAME)  # [samples]
        emphasis = 1 - _EMPHASIS * np.exp(-2j * np.pi * np.arange(_TRANSFORM // 2 + 1) / _TRANSFORM)  # [bins]
        hiss = (_HISS**2 * (window**2).sum() * np.abs(emphasis) ** 2) @ filters()  # [FILTERS]
        self.window, self.hiss = _buffer(window), _buffer(hiss)
        self.filters, self.cosines = _buffer(filters()), _buffer(cosines())

    def forward(self, sounds: Tensor) -> tuple[Tensor, Tensor]:
        """Logarithms of energies, and cepstra, of sounds at full scale 1.

        Shapes: [batch, samples] to [batch, frames, FILTERS] and [batch, frames, CEPSTRA].
        """
        emphasized = torch.cat((sounds[:, :1], sounds[:, 1:] - _EMPHASIS * sounds[:, :-1]), 1)
        spectra = torch.fft.rfft(emphasized.unfold(1, _FRAME, STEP) * self.window, _TRANSFORM)
        energies = spectra.real**2 + spectra.imag**2  # [batch, frames, bins]
        logs = torch.log(energies @ self.filters + self.hiss)  # [batch, frames, FILTERS]
        return logs, logs @ self.cosines


def filters() -> Array:
    """Triangles of area 1, with corners at the transform's frequencies. Shape: [bins, FILTERS]."""
    width = RATE / _TRANSFORM
    low, high = (2595 * np.log10(1 + edge / 700) for edge in (LOWEST, HIGHEST))
    mel = np.linspace(low, high, FILTERS + 2)
    corners = np.floor(700 * (10 ** (mel / 2595) - 1) / width + 0.5) * width
    frequencies = np.arange(_TRANSFORM // 2 + 1)[:, np.newaxis] * width  # [bins, 1]
    left, middle, right = corners[:-2], corners[1:-1], corners[2:]
    sides = np.minimum((frequencies - left) / (middle - left), (right - frequencies) / (right - middle))
    return np.asarray(np.maximum(0, sides) * 2 / (right - left), np.float64)


def cosines() -> Array:
    """The transform `dct`, orthonormal, and liftering. Shape: [FILTERS, CEPSTRA]."""
    angles = np.pi / FILTERS * np.outer(np.arange(FILTERS) + 0.5, np.arange(CEPSTRA))
    transform = np.cos(angles) * np.sqrt(2 / FILTERS)
    transform[:, 0] /= np.sqrt(2)
    lift = 1 + LIFTER / 2 * np.sin(np.pi * np.arange(CEPSTRA) / LIFTER)  # [CEPSTRA]
    return np.asarray(transform * lift, np.float64)


def _buffer(values: Array) -> nn.Buffer:
    return nn.Buffer(torch.from_numpy(values.astype(np.float32)), persistent=False)
