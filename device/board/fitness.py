"""Whether a language model's form is fast on a board."""

from typing import Final

from paige.device.board.profile import ROWS, TITLES, BoardProfile
from paige.models.lm.onnx_file import operators
from paige.models.store.store import Store

_IN_BLOCKS: Final = "MatMulNBits"
"""The runtime's operator for blocks, of 4 and of 8 bits alike; rows have `MatMulInteger`."""
_LIKE: Final = "pi4"
"""A board with the form of those that are not known and have no dot products."""


def is_slow(store: Store, model: str, board: BoardProfile) -> bool:
    """Whether a model is in blocks, and the board multiplies these about ten times as slowly as rows.

    Args:
        store: Of this machine.
        model: One that is in it.
        board: The profile that applies.

    Raises:
        StoreFailed, ModelUnusable: What the model calculates cannot be read.
    """
    if board.precision != ROWS:
        return False
    return any(_IN_BLOCKS in operators(graph) for graph in store.graphs(model).values())


def remedy(model: str, board: BoardProfile) -> str:
    """What to do about a model that is slow."""
    name = board.name if board.name in TITLES else _LIKE
    return (
        f"make it again in the form for this board, paige import CHECKPOINT --to FOLDER --for {name}, "
        f"and add that: paige models add FOLDER --name {model}"
    )
