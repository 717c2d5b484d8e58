"""For which board a model is written: what its processor multiplies quickly."""

from typing import Final

from paige.device.board.profile import AUTO, ROWS, TITLES, profile_here
from paige.models.lm.quantization import Quantization

_THIS: Final = "this"
BOARDS: Final = {**TITLES, _THIS: "this machine"}


def usual(board: str) -> Quantization:
    """What suits a board.

    Without `dotprod` the runtime multiplies blocks of 4 or 8 bits ten times as slowly as whole rows
    of 8 bits (docs/lm-compression.md).
    """
    return profile_here(AUTO if board == _THIS else board).precision


def in_rows(board: str) -> bool:
    """Whether a board is quick with whole rows of 8 bits only."""
    return usual(board) == ROWS
