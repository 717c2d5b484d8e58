"""How far what one model says is from what another says."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def log_shares(logits: Array) -> NDArray[np.float64]:
    """Of each token that may come next. Shape: as the logits."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    found: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return found


def divergence(ours: Array, theirs: Array) -> float:
    """Kullback and Leibler's, from theirs to ours, in nats a token. Shapes: [tokens, vocabulary]."""
    one, other = log_shares(theirs), log_shares(ours)
    return float((np.exp(one) * (one - other)).sum(axis=-1).mean())


@dataclass(frozen=True, slots=True)
class Loss:
    """What a smaller model lost, over the tokens of some texts."""

    divergence: float
    """Nats a token."""
    same: float
    """Share of places where the likeliest token is the same."""
    perplexity: float
    whole_perplexity: float
    """Of the model that it was made of."""


class Tally:
    """Gathers what was lost, text by text."""

    def __init__(self) -> None:
        self._sums = np.zeros(4)
        self._places = self._followed = 0

    def add(self, ours: Array, theirs: Array, tokens: NDArray[np.intp]) -> None:
        """A text. Shapes: [tokens, vocabulary] twice, and [tokens]."""
        same = (ours.argmax(axis=-1) == theirs.argmax(axis=-1)).sum()
        lost = divergence(ours, theirs) * len(tokens)
        self._sums += lost, same, _surprise(ours, tokens), _surprise(theirs, tokens)
        self._places += len(tokens)
        self._followed += len(tokens) - 1

    def loss(self) -> Loss:
        """Of all that were added."""
        lost, same, ours, theirs = self._sums.tolist()
        count = self._followed
        return Loss(
            lost / self._places, same / self._places, math.exp(ours / count), math.exp(theirs / count)
        )


def _surprise(logits: Array, tokens: NDArray[np.intp]) -> float:
    """Nats of all tokens but the first."""
    return float(-np.take_along_axis(log_shares(logits[:-1]), tokens[1:, None], axis=-1).sum())
