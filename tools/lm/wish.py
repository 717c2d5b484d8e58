"""What somebody wants of a model folder, and the recipe that it comes to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.models.errors import ModelUnusable
from paige.models.lm.quantization import ROW, Quantization
from paige.tools.lm.boards import BOARDS, in_rows, usual
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.recipe import Form, LayerForm, Recipe
from paige.tools.lm.sensitivity import Sensitivity, sensitivity, within

Steps = Iterable[Sensitivity | None]
_NEURONS: Final = 32
"""What is left is a multiple of this: blocks of a row are filled then."""
_SENSED: Final = 4
"""Texts by which it is found out what is sensitive."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What can be said on the command line."""

    board: str = "this"
    bits: int | None = None
    block: int | None = None
    head_bits: int | None = None
    smooth: bool = False
    within: int | None = None
    """Bytes of layers and head."""
    prune: float = 0.0
    """Share of feed-forward neurons that is left out."""
    ranks: tuple[tuple[str, int], ...] = ()
    """Of matrices that become two narrow ones."""


def recipe_of(
    wish: Wish,
    checkpoint: Checkpoint,
    texts: NDArray[np.intp] | None,
    watched: Callable[[Steps, int], Steps] = lambda steps, _: steps,
) -> Recipe:
    """The recipe.

    Args:
        wish: What is wanted.
        checkpoint: Of what.
        texts: That tell what matters. Shape: [texts, tokens].
        watched: Passes on the steps of what takes long, of which it is told how many there are.

    Raises:
        ModelUnusable: Parts of the wish contradict each other, or do not fit the checkpoint.
    """
    if texts is None and (wish.smooth or wish.within is not None):
        raise ModelUnusable(
            "--smooth and --within go by what a text shows to matter; give one with --text FILE"
        )
    how, shape = _how(wish, wish.bits), checkpoint.shape
    left = max(1, round(shape.feed_forward * (1 - wish.prune) / _NEURONS)) * _NEURONS
    left = min(left, shape.feed_forward) if wish.prune else shape.feed_forward
    for name, rank in wish.ranks:
        if rank >= min(shape.hidden, shape.query_width):
            raise ModelUnusable(f"--rank {name}={rank}: the matrix itself is no wider")
    form = LayerForm.plain(shape, how).but({name: Form(how, rank) for name, rank in wish.ranks})
    form = replace(form, feed_forward=left)
    head = how if wish.head_bits is None else _how(wish, wish.head_bits)
    recipe = Recipe((form,) * shape.layers, Form(head), wish.smooth)
    if wish.within is None:
        return recipe
    if how.bits != 4:
        raise ModelUnusable(
            "--within gives 8 bits to what is sensitive where the rest has 4; it is for --bits 4"
        )
    assert texts is not None
    *_, found = watched(sensitivity(checkpoint, texts[:_SENSED], how), shape.layers + 1)
    assert found is not None
    return within(recipe, shape, found, wish.within, Quantization(8, how.block))


def _how(wish: Wish, bits: int | None) -> Quantization:
    """A number of bits as the board likes it best."""
    rows = in_rows(wish.board)
    if bits is None or (bits == 8 and rows):
        found = usual(wish.board)
    elif rows and bits == 4:
        raise ModelUnusable(
            f"4 bits take {BOARDS[wish.board]} longer than 8, as its processor has no instructions for them; "
            "leave --bits away"
        )
    else:
        found = Quantization(bits)
    if wish.block is None or found.bits == 32:
        return found
    if found.block == ROW:
        raise ModelUnusable(f"{BOARDS[wish.board]} is quick with whole rows only; leave --block away")
    return Quantization(found.bits, wish.block)
