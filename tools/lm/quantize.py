"""Matrices as small integers in blocks of a row, each with a scale."""

import numpy as np
from numpy.typing import NDArray

from paige.models.lm.quantization import Quantization

Matrix = NDArray[np.float32]


def quantized(matrix: Matrix, how: Quantization) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Integers and scales, as `MatMulNBits` has them: `(integer - 2 ** (bits - 1)) * scale`.

    The scale of a block is the one of several that makes the least square error: the greatest weight need not
    be the last integer.

    Args:
        matrix: Shape: [out, in].
        how: 4 or 8 bits.

    Returns:
        Shapes: [out, blocks, block * bits / 8] and [out * blocks].
    """
    rows, width = matrix.shape
    count, middle = how.blocks(width), 1 << (how.bits - 1)
    blocks = np.zeros((rows, count * how.block), np.float32)
    blocks[:, :width] = matrix
    blocks = blocks.reshape(rows * count, how.block)  # [blocks, block]
    scales = _scales(blocks, middle)
    divided = blocks / np.where(scales == 0, 1, scales)[:, None]
    integers = np.clip(np.rint(divided) + middle, 0, 2 * middle - 1).astype(np.uint8)
    if how.bits == 4:
        integers = integers[:, 0::2] | (integers[:, 1::2] << 4)
    return integers.reshape(rows, count, -1), scales


def restored(
    integers: NDArray[np.uint8], scales: NDArray[np.float32], how: Quantization, width: int
) -> Matrix:
    """The matrix that integers and scales stand for. Shape: [out, in]."""
    rows, count, _ = integers.shape
    if how.bits == 4:
        integers = np.stack([integers & 15, integers >> 4], axis=-1)
    middle = 1 << (how.bits - 1)
    values = integers.reshape(rows * count, how.block).astype(np.float32) - middle
    return (values * scales[:, None]).reshape(rows, count * how.block)[:, :width]


def _scales(blocks: Matrix, middle: int) -> NDArray[np.float32]:
    """Of each block the best of a few scales near the greatest weight's. Shape: [blocks]."""
    at = np.abs(blocks).argmax(axis=1)
    greatest = np.take_along_axis(blocks, at[:, None], axis=1)[:, 0]  # [blocks]
    best = np.zeros(len(blocks), np.float32)
    least = np.full(len(blocks), np.inf, np.float32)
    # The greatest weight is the one integer that has no opposite, as in llama.cpp's Q4_0; or less than that.
    for steps in (-middle, -(middle - 0.5), -(middle - 1), middle - 1, middle - 0.5):
        scales = (greatest / steps).astype(np.float32)
        divided = blocks / np.where(scales == 0, 1, scales)[:, None]
        values = np.clip(np.rint(divided), -middle, middle - 1) * scales[:, None]
        errors = np.square(blocks - values).sum(axis=1)
        better = errors < least
        best[better], least[better] = scales[better], errors[better]
    return best
