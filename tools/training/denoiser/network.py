"""The network that says what share of each band is speech, and what it makes of a sound.

What it sees is defined where it runs, in `paige.audio.denoiser`.
"""

from typing import Final

import torch
from torch import Tensor, nn

from paige.audio.denoiser import (
    BANDS,
    FRAME,
    HOP,
    LEAST_ENERGY,
    QUIET_SHARE,
    SCALE,
    band_means,
    band_shares,
)

WIDTH: Final = 128
_LAYERS: Final = 2
_SPEECH: Final = 1.0
"""Added to what is said of each band, so that a network that knows nothing leaves most of the sound."""
_LEAST: Final = 0.02
"""Share that is always left while it learns, so that there is a logarithm."""


class Network(nn.Module):
    """Gated recurrent units (Cho and others, 2014) that read an utterance in both directions.

    Args:
        width: Of each direction of each layer.
    """

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.inp = nn.Linear(3 * BANDS, width)
        self.rnn = nn.GRU(width, width, _LAYERS, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * width, BANDS)

    def forward(self, seen: Tensor) -> Tensor:
        """Features to shares of speech, 0 to 1. Shapes: [batch, frames, 3 BANDS], [batch, frames, BANDS]."""
        hidden, _ = self.rnn(torch.relu(self.inp(seen)))  # [batch, frames, 2 width]
        return torch.sigmoid(self.out(hidden) + _SPEECH)


class Cleaner(nn.Module):
    """A sound through the network, in a way that can be learned through.

    Args:
        network: Says what is speech.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.means = nn.Buffer(torch.from_numpy(band_means().copy()))  # [bins, BANDS]
        self.spread = nn.Buffer(torch.from_numpy(band_shares().T.copy()))  # [BANDS, bins]
        self.window = nn.Buffer(torch.hann_window(FRAME).sqrt())  # [FRAME]

    def forward(self, sounds: Tensor) -> Tensor:
        """Sounds with less noise, at full scale 1. Shape: [batch, samples] to the same."""
        spectra = torch.stft(sounds, FRAME, HOP, window=self.window, return_complex=True)
        energies = (spectra.real**2 + spectra.imag**2).transpose(1, 2)  # [batch, frames, bins]
        shares = self.network(features(energies @ self.means))  # [batch, frames, BANDS]
        gains = (shares @ self.spread).clamp(min=_LEAST).transpose(1, 2)  # [batch, bins, frames]
        return torch.istft(spectra * gains, FRAME, HOP, window=self.window, length=sounds.shape[1])


@torch.no_grad()
def features(energies: Tensor) -> Tensor:
    """As `paige.audio.denoiser.features`. Shape: [batch, frames, BANDS] to [batch, frames, 3 BANDS]."""
    logs = torch.log(energies + LEAST_ENERGY)
    least = max(1, logs.shape[1] // QUIET_SHARE)
    noise = logs.kthvalue(least, dim=1, keepdim=True)[0]  # [batch, 1, BANDS]
    everywhere = logs.mean((1, 2), keepdim=True)  # [batch, 1, 1]
    return torch.cat((logs - everywhere, logs - logs.mean(1, keepdim=True), logs - noise), -1) * SCALE
