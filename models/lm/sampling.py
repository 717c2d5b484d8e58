"""Which token comes next, from its logits."""

from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a token is chosen; as it stands, always the likeliest."""

    temperature: float = 0.0
    """0 takes the likeliest; 1 draws as the model says."""
    top_k: int = 0
    """Only so many of the likeliest are drawn from; 0 is no limit."""
    top_p: float = 1.0
    """Only the likeliest that together have this probability (Holtzman and others, 2020)."""
    seed: int = 1

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ValueError(f"a temperature of {self.temperature}: it is 0 or more")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p of {self.top_p}: it is a probability, more than 0")
        if self.top_k < 0:
            raise ValueError(f"top_k of {self.top_k}: it is 0 or more")


class Sampler:
    """Draws tokens; the same seed draws the same."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        # NumPy's generators would bring 3 MB into memory.
        self._random = Random(sampling.seed)  # noqa: S311  # nothing is kept secret by it

    def next(self, logits: NDArray[np.float32]) -> int:
        """A token.

        Args:
            logits: Minus infinity for what may not come. Shape: [vocabulary].
        """
        how = self._sampling
        if how.temperature == 0:
            return int(logits.argmax())
        order = np.argsort(-logits, kind="stable")  # [vocabulary], likeliest first
        order = order[: how.top_k or None]
        scaled = (logits[order] - logits[order[0]]).astype(np.float64) / how.temperature
        shares = np.exp(scaled)
        shares /= shares.sum()
        if how.top_p < 1:
            enough = int(np.searchsorted(np.cumsum(shares), how.top_p)) + 1
            order, shares = order[:enough], shares[:enough] / shares[:enough].sum()
        return int(order[int(np.searchsorted(np.cumsum(shares), self._random.random()))])
