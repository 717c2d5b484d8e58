"""How different a recognizer hears a sound from the speech in it."""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from paige.tools.training.denoiser.cepstra import CEPSTRA, Cepstra

_SEEN: Final = 3 * CEPSTRA
_QUIET: Final = 9.0
"""A frame is speech that is at most so much below the loudest, in logarithms of energy: 39 dB."""
_AROUND: Final = 41
"""Frames: 0.2 s around speech count as speech."""
_PAUSE: Final = 0.05
"""What a frame of a pause counts, against one of speech."""
_SQUARED: Final = 0.3
"""Standard deviations below which the difference counts squared."""
_ENERGIES: Final = 0.15
"""What the filters' energies count, against what is heard."""
_KEPT: Final = 0.99
"""Of the deviations, at each batch."""


class Loss(nn.Module):
    """The difference in what PocketSphinx sees (cepstra without their mean, and how they change), and in the
    energies of its filters, which no mean is taken from.
    """  # noqa: D205 # one sentence

    def __init__(self) -> None:
        super().__init__()
        self.cepstra = Cepstra()
        self.deviations = nn.Buffer(torch.zeros(_SEEN))  # of what is seen; 0 until there was a batch

    def forward(self, cleaned: Tensor, alone: Tensor) -> tuple[Tensor, Tensor]:
        """What is to become small, and the part of it that is about what is seen.

        Args:
            cleaned: Sounds, full scale 1 [batch, samples].
            alone: The speech that is in each of them [batch, samples].
        """
        energies, cepstra = self.cepstra(cleaned)
        with torch.no_grad():
            wanted_energies, wanted_cepstra = self.cepstra(alone)
            speech = spoken(wanted_energies)  # [batch, frames]
            wanted = seen(wanted_cepstra, speech)  # [batch, frames, _SEEN]
            if self.training:
                self._follow(wanted[speech > 0])
        weights = speech + _PAUSE  # [batch, frames]
        differences = functional.smooth_l1_loss(
            seen(cepstra, speech) / self.deviations,
            wanted / self.deviations,
            reduction="none",
            beta=_SQUARED,
        ).mean(-1)  # [batch, frames]
        heard = (differences * weights).sum() / weights.sum()
        apart = (energies - wanted_energies).abs().mean(-1)  # [batch, frames]
        return heard + _ENERGIES * (apart * weights).sum() / weights.sum(), heard

    def _follow(self, wanted: Tensor) -> None:
        """Shape: [frames, _SEEN]."""
        now = wanted.std(0)
        first = not bool(self.deviations.any())
        self.deviations.copy_(now if first else _KEPT * self.deviations + (1 - _KEPT) * now)


def spoken(energies: Tensor) -> Tensor:
    """1 where there is speech, else 0. Shapes: [batch, frames, FILTERS] to [batch, frames]."""
    whole = torch.logsumexp(energies, -1)  # [batch, frames]
    loud = (whole > whole.max(1, keepdim=True)[0] - _QUIET).float()
    return functional.max_pool1d(loud.unsqueeze(1), _AROUND, 1, _AROUND // 2).squeeze(1)


def seen(cepstra: Tensor, speech: Tensor) -> Tensor:
    """Cepstra without the mean of speech, their change, and its change: PocketSphinx's `1s_c_d_dd`.

    Shapes: [batch, frames, CEPSTRA] and [batch, frames] to [batch, frames, _SEEN].
    """
    change, second = torch.zeros_like(cepstra), torch.zeros_like(cepstra)
    change[:, 2:-2] = cepstra[:, 4:] - cepstra[:, :-4]
    second[:, 1:-1] = change[:, 2:] - change[:, :-2]
    kept = speech.unsqueeze(-1)  # [batch, frames, 1]
    mean = (cepstra * kept).sum(1, keepdim=True) / kept.sum(1, keepdim=True).clamp(min=1)
    return torch.cat((cepstra - mean, change, second), -1)
