"""Weights rounded one column after the other, each making up for what was lost in those before.

After Frantar and others, 2022 (GPTQ): channels that come into a matrix go together, so that what rounding a
column adds to what comes out, the columns that are still to be rounded can take away again.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.models.lm.quantization import ROW, Quantization
from paige.tools.lm.quantize import Integers, Matrix, limits, rounded, scales_of, stored

_DAMPING: Final = 0.01
"""Of the mean square of what comes in: what is not in the texts may come in, too."""
_AT_ONCE: Final = 128
"""Columns after which the others are brought up to date."""


@dataclass(frozen=True, slots=True)
class Known:
    """Of what comes into a matrix."""

    importance: Matrix
    """The mean square of each channel. Shape: [in]."""
    ladder: Matrix
    """In row `n`, how columns behind `n` make up for an error in it: the upper factor (Cholesky) of the
    inverse of how channels go together. Shape: [in, in]."""

    @classmethod
    def of(cls, came: Matrix) -> "Known":
        """Of texts. Shape: [tokens, in]."""
        together = came.T @ came
        together /= np.float32(len(came))
        squares = np.diag(together).copy()
        damping = np.float32(_DAMPING * squares.mean() + 1e-12)
        together[np.diag_indices_from(together)] += damping
        # The upper factor of the inverse is the inverse of a lower one of the matrix in the opposite order.
        lower = np.linalg.cholesky(together[::-1, ::-1])
        del together  # these are the largest things there are
        _invert(lower)
        return cls(squares + damping, lower[::-1, ::-1])


def _invert(lower: Matrix) -> None:
    """Make the inverse of a lower triangular matrix of it, by halves: a sixth of the work of a whole one."""
    size = len(lower)
    if size <= _AT_ONCE:
        lower[:] = np.linalg.inv(lower)
        return
    half = size // 2
    _invert(lower[:half, :half])
    _invert(lower[half:, half:])
    lower[half:, :half] = -lower[half:, half:] @ lower[half:, :half] @ lower[:half, :half]


def rounded_in_turn(matrix: Matrix, how: Quantization, known: Known) -> tuple[Integers, NDArray[np.float32]]:
    """Integers and scales, as `paige.tools.lm.quantize.quantized` gives them.

    Args:
        matrix: Some rows, or all. Shape: [out, in].
        how: 4 or 8 bits.
        known: Of what comes in.
    """
    rows, width = matrix.shape
    block = width if how.block == ROW else how.block
    left = np.zeros((rows, how.blocks(width) * block if how.block else width), np.float32)
    left[:, :width] = matrix  # what is still to be rounded; the last block may be part empty
    counts = np.zeros(left.shape[1], np.float32)
    counts[:width] = known.importance
    integers = np.zeros_like(left)
    scales = np.zeros((rows, left.shape[1] // block), np.float32)
    for begin in range(0, width, _AT_ONCE):
        end = min(begin + _AT_ONCE, width)
        errors = np.zeros((rows, end - begin), np.float32)
        for at in range(begin, end):
            if at % block == 0:
                weights = left[:, at : at + block]
                scales[:, at // block] = scales_of(weights, how, np.tile(counts[at : at + block], (rows, 1)))
            scale = scales[:, at // block]
            integers[:, at] = rounded(left[:, at, None], scale, *limits(how))[:, 0]
            step = known.ladder[at]
            error = (left[:, at] - integers[:, at] * scale) / step[at]
            left[:, at + 1 : end] -= np.outer(error, step[at + 1 : end])
            errors[:, at - begin] = error
        left[:, end:width] -= errors @ known.ladder[begin:end, end:]
    return stored(integers.reshape(-1, block), scales.reshape(-1), how, rows)
