"""Which matrices are worth 8 bits where the rest has 4.

Each matrix is rounded by itself, and the divergence of what the whole model then says is what it costs; small
errors of different matrices add up. All of it takes one walk through the checkpoint: with each layer come as
many copies of the texts as it has matrices, one of them rounded in each.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.models.errors import ModelUnusable
from paige.models.lm.quantization import Quantization
from paige.models.lm.shape import DecoderShape
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.divergence import divergence
from paige.tools.lm.graphs import head_graph, layer_graph
from paige.tools.lm.layers import head_matrix, layer_matrix, layer_vectors
from paige.tools.lm.matrices import Matrix
from paige.tools.lm.quantize import as_written
from paige.tools.lm.recipe import MATRICES, Form, Recipe
from paige.tools.lm.walk import Array, Walk, layer, times

_TOGETHER: Final = 16
"""Texts that pass a layer at once."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What rounding costs, in nats a token."""

    layers: tuple[dict[str, float], ...]
    """Of each layer, by the names of its matrices."""
    head: float


def sensitivity(
    checkpoint: Checkpoint, texts: NDArray[np.intp], how: Quantization
) -> Iterator[Sensitivity | None]:
    """Round each matrix by itself.

    Args:
        checkpoint: Whose.
        texts: Shape: [texts, tokens].
        how: To what.

    Yields:
        Nothing after each layer, and what was found at the end.
    """
    walk, rounded = Walk(checkpoint, texts), np.empty((0, *texts.shape, checkpoint.shape.hidden), np.float32)
    for number in range(checkpoint.shape.layers):
        before = walk.hidden
        came = walk.step()
        carried = [_through(checkpoint, number, hidden) for hidden in rounded]
        begun = [
            _through(checkpoint, number, before, name, how, np.square(came[name]).mean(axis=0))
            for name in MATRICES
        ]
        rounded = np.stack(carried + begun)  # [variants, texts, tokens, hidden]
        yield None
    yield _found(checkpoint, walk, rounded, how)


def _through(
    checkpoint: Checkpoint,
    number: int,
    hidden: Array,
    rounded: str = "",
    how: Quantization | None = None,
    importance: Array | None = None,
) -> Array:
    """Hidden states behind a layer, of which a matrix may be rounded."""

    def product(name: str, given: Array) -> Array:
        matrix = layer_matrix(checkpoint, number, name)
        return times(_rounded(matrix, how, importance) if how and name == rounded else matrix, given)

    vectors = layer_vectors(checkpoint, number)
    parts = [hidden[begin : begin + _TOGETHER] for begin in range(0, len(hidden), _TOGETHER)]
    return np.concatenate([layer(checkpoint.shape, vectors, product, part) for part in parts])


def _rounded(matrix: Matrix, how: Quantization, importance: Array | None) -> Matrix:
    return replace(matrix, read=lambda begin, end: as_written(matrix.read(begin, end), how, importance))


def _found(checkpoint: Checkpoint, walk: Walk, rounded: Array, how: Quantization) -> Sensitivity:
    costs = np.zeros(len(rounded) + 1)
    head = _rounded(head_matrix(checkpoint), how, None)
    for at, hidden in enumerate(walk.hidden):
        whole = walk.logits(hidden)
        costs[:-1] += [divergence(walk.logits(variant[at]), whole) for variant in rounded]
        costs[-1] += divergence(times(head, walk.normed(hidden)), whole)
    shares = (costs / len(walk.hidden)).tolist()
    count = len(MATRICES)
    layers = tuple(
        dict(zip(MATRICES, shares[at : at + count], strict=True)) for at in range(0, len(rounded), count)
    )
    return Sensitivity(layers, shares[-1])


def within(plain: Recipe, shape: DecoderShape, found: Sensitivity, most: int, eight: Quantization) -> Recipe:
    """The recipe that costs least of those with so many bytes and two kinds of layers at most.

    What is streamed passes through one place as large as the largest shard, so that layers should not differ
    much. In some some matrices have 8 bits; which ones is tried out, and the layers are those that gain most.

    Args:
        plain: All of it in few bits.
        shape: Of the decoder.
        found: What each matrix costs so.
        most: Bytes of layers and head together.
        eight: What the more sensitive become.

    Raises:
        ModelUnusable: Not even the plain one fits.
    """
    best, gained = None, -1.0
    for careful_head in (False, True):
        head = Form(eight) if careful_head else plain.head
        left = most - head_graph(shape, head, shape.vocabulary).size
        for names in _subsets():
            usual = plain.layers[0]
            careful = usual.but({name: replace(usual.of(name), how=eight) for name in names})
            small, large = layer_graph(shape, usual).size, layer_graph(shape, careful).size
            spare = left - small * shape.layers
            if spare < 0:
                continue
            # Small ones may have the same size in both, as files are padded to whole pages.
            count = min(spare // (large - small), shape.layers) if large > small else shape.layers
            gains = np.array([sum(costs[name] for name in names) for costs in found.layers])
            chosen = set(np.argsort(-gains, kind="stable")[:count].tolist())
            gain = float(gains[sorted(chosen)].sum()) + found.head * careful_head
            if gain > gained:
                layers = tuple(careful if number in chosen else usual for number in range(shape.layers))
                best, gained = replace(plain, layers=layers, head=head), gain
    if best is None:
        least = recipe_bytes(plain, shape)
        raise ModelUnusable(f"{most:,} bytes for layers and head; in the fewest bits they have {least:,}")
    return best


def recipe_bytes(recipe: Recipe, shape: DecoderShape) -> int:
    """Of layers and head."""
    sizes = {form: layer_graph(shape, form).size for form in recipe.kinds}
    return sum(sizes[form] for form in recipe.layers) + head_graph(shape, recipe.head, shape.vocabulary).size


def _subsets() -> Iterator[tuple[str, ...]]:
    for count in range(len(MATRICES) + 1):
        yield from combinations(MATRICES, count)
