"""A decoder in plain numpy, layer by layer: what comes into each matrix, and what the whole of it says.

It is what models are compared with, and so is written apart from what runs them.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.models.errors import ModelUnusable
from paige.models.lm.rotary import tables
from paige.models.lm.shape import DecoderShape
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.layers import EMBEDDING, NORM, head_matrix, layer_matrix, layer_vectors
from paige.tools.lm.matrices import Matrix

Array = NDArray[np.float32]
_TOGETHER: Final = 1 << 20
"""Weights that are multiplied at once: fewer are slower, as what comes in is arranged for each anew."""
Product = Callable[[str, Array], Array]
"""What a matrix of a layer, by its name, makes of what comes in. Shapes: [..., in] to [..., out]."""


def layer(shape: DecoderShape, vectors: Mapping[str, Array], product: Product, hidden: Array) -> Array:
    """Hidden states behind a layer. Shapes: [texts, tokens, hidden], both."""
    epsilon = shape.norm_epsilon
    mixed = product("query_key_value", normed(hidden, vectors["attention_norm"], epsilon))
    if shape.attention_bias:
        mixed = mixed + vectors["attention_bias"]
    hidden = hidden + product("attention_output", _attention(shape, vectors, mixed))
    both = product("gate_up", normed(hidden, vectors["feed_forward_norm"], epsilon))
    gate, up = np.split(both, 2, axis=-1)
    gated = silu(gate)
    gated *= up
    del both, gate, up  # large, and the last product takes as much
    return hidden + product("down", gated)


def normed(hidden: Array, weight: Array, epsilon: float) -> Array:
    """RMS normalization (Zhang and Sennrich, 2019)."""
    found: Array = hidden / np.sqrt(np.square(hidden).mean(axis=-1, keepdims=True) + epsilon) * weight
    return found


def silu(gate: Array) -> Array:
    """`x` times its sigmoid."""
    found = np.negative(gate)
    np.minimum(found, 80, out=found)  # beyond, 32 bits have no such exponential
    np.exp(found, out=found)
    found += 1
    return np.divide(gate, found, out=found)


def _attention(shape: DecoderShape, vectors: Mapping[str, Array], mixed: Array) -> Array:
    texts, tokens, _ = mixed.shape
    ends = np.cumsum([shape.query_width, shape.key_value_width])
    parts = [
        part.reshape(texts, tokens, -1, shape.head_width).swapaxes(1, 2)
        for part in np.split(mixed, ends, axis=-1)
    ]  # each [texts, heads, tokens, head_width]
    queries, keys, values = parts
    if shape.query_key_norm:
        queries = normed(queries, vectors["query_norm"], shape.norm_epsilon)
        keys = normed(keys, vectors["key_norm"], shape.norm_epsilon)
    queries, keys = _rotated(shape, queries), _rotated(shape, keys)
    shared = shape.heads // shape.key_value_heads
    keys, values = np.repeat(keys, shared, axis=1), np.repeat(values, shared, axis=1)
    scores: Array = queries @ keys.swapaxes(2, 3) / np.float32(np.sqrt(shape.head_width))
    scores[..., ~np.tri(tokens, dtype=bool)] = -np.inf  # [texts, heads, tokens, tokens]
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    attended: Array = scores @ values
    return attended.swapaxes(1, 2).reshape(texts, tokens, -1)


def _rotated(shape: DecoderShape, heads: Array) -> Array:
    """Rotated by positions; the halves of a head are the two coordinates of each plane."""
    cosines, sines = tables(shape, heads.shape[2])  # [tokens, head_width / 2]
    one, other = np.split(heads, 2, axis=-1)
    return np.concatenate([one * cosines - other * sines, other * cosines + one * sines], axis=-1)


def times(matrix: Matrix, given: Array) -> Array:
    """What a matrix makes of what comes in, a few of its rows in memory. Shapes: [..., in] to [..., out]."""
    made = np.empty((*given.shape[:-1], matrix.rows), np.float32)
    for begin, band in matrix.bands(_TOGETHER):
        made[..., begin : begin + len(band)] = given @ band.T
    return made


class Walk:
    """Texts that pass through a checkpoint, in 32 bits, a layer at a time.

    Args:
        checkpoint: Through which.
        texts: Their tokens, each read by itself. Shape: [texts, tokens].
    """

    def __init__(self, checkpoint: Checkpoint, texts: NDArray[np.intp]) -> None:
        self._checkpoint = checkpoint
        met, where = np.unique(texts, return_inverse=True)
        if met[-1] >= checkpoint.shape.vocabulary:
            raise ModelUnusable(
                f"{checkpoint.folder}: its tokenizer gives a token {met[-1]}; by config.json there are "
                f"{checkpoint.shape.vocabulary}"
            )
        rows = np.concatenate([checkpoint.rows(EMBEDDING, token, token + 1) for token in met.tolist()])
        self.hidden = rows[where.reshape(texts.shape)]
        """Before the next layer. Shape: [texts, tokens, hidden]."""
        self.layer = 0
        """The next."""

    def step(self) -> dict[str, Array]:
        """Pass a layer.

        Returns:
            What came into each of its matrices. Shapes: [texts * tokens, in].
        """
        came: dict[str, Array] = {}

        def product(name: str, given: Array) -> Array:
            came[name] = given.reshape(-1, given.shape[-1])
            return times(layer_matrix(self._checkpoint, self.layer, name), given)

        vectors = layer_vectors(self._checkpoint, self.layer)
        self.hidden = layer(self._checkpoint.shape, vectors, product, self.hidden)
        self.layer += 1
        return came

    def logits(self, hidden: Array) -> Array:
        """Of hidden states behind the last layer. Shapes: [..., hidden] to [..., vocabulary]."""
        return times(head_matrix(self._checkpoint), self.normed(hidden))

    def normed(self, hidden: Array) -> Array:
        """What comes into the head of hidden states behind the last layer. Shapes: [..., hidden], both."""
        norm = self._checkpoint.tensor(NORM)
        return normed(hidden, norm, self._checkpoint.shape.norm_epsilon)
