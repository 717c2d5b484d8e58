"""Matrices as small integers in blocks of a row, or whole rows, each with a scale."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paige.models.lm.quantization import ROW, Quantization

Matrix = NDArray[np.float32]
Integers = NDArray[np.uint8] | NDArray[np.int8]


def quantized(
    matrix: Matrix, how: Quantization, importance: Matrix | None = None
) -> tuple[Integers, NDArray[np.float32]]:
    """Integers and scales, as the runtime's operators have them.

    The scale of a block is the one of several that makes the least square error: the greatest weight need not
    be the last integer.

    Args:
        matrix: Shape: [out, in].
        how: 4 or 8 bits.
        importance: How much an error of each column counts: the mean square of what comes in there. All count
            alike without. Shape: [in].

    Returns:
        In blocks, for `MatMulNBits`, `(integer - 2 ** (bits - 1)) * scale`; shapes:
        [out, blocks, block * bits / 8] and [out * blocks]. In rows, `integer * scale`; shapes: [out, in]
        and [out].
    """
    rows, width = matrix.shape
    counts = np.ones(width, np.float32) if importance is None else importance
    if how.block == ROW:
        scales = _scales(matrix, 127, counts[None])
        return _rounded(matrix, scales, -127, 127).astype(np.int8), scales
    count, middle = how.blocks(width), 1 << (how.bits - 1)
    blocks = _in_blocks(matrix, how)
    scales = _scales(blocks, middle, np.tile(_in_blocks(counts[None], how), (rows, 1)))
    integers = (_rounded(blocks, scales, -middle, middle - 1) + middle).astype(np.uint8)
    if how.bits == 4:
        integers = (integers[:, 0::2] | (integers[:, 1::2] << 4)).astype(np.uint8)
    return integers.reshape(rows, count, -1), scales


def restored(integers: Integers, scales: NDArray[np.float32], how: Quantization, width: int) -> Matrix:
    """The matrix that integers and scales stand for. Shape: [out, in]."""
    if how.block == ROW:
        return integers.astype(np.float32) * scales[:, None]
    rows, count, _ = integers.shape
    halves: NDArray[Any] = np.stack([integers & 15, integers >> 4], axis=-1) if how.bits == 4 else integers
    middle = 1 << (how.bits - 1)
    values = halves.reshape(rows * count, how.block).astype(np.float32) - middle
    return (values * scales[:, None]).reshape(rows, count * how.block)[:, :width]


def as_written(matrix: Matrix, how: Quantization, importance: Matrix | None = None) -> Matrix:
    """What is left of a matrix when it is written so. Shape: [out, in]."""
    if how.bits == 32:
        return matrix
    return restored(*quantized(matrix, how, importance), how, matrix.shape[1])


def _in_blocks(matrix: Matrix, how: Quantization) -> Matrix:
    """Rows cut into blocks, the last filled up with zeros. Shape: [rows * blocks, block]."""
    rows, width = matrix.shape
    blocks = np.zeros((rows, how.blocks(width) * how.block), np.float32)
    blocks[:, :width] = matrix
    return blocks.reshape(-1, how.block)


def _rounded(blocks: Matrix, scales: Matrix, least: int, most: int) -> Matrix:
    """Integers, as floating-point numbers. Shape: as the blocks."""
    return np.clip(np.rint(blocks / np.where(scales == 0, 1, scales)[:, None]), least, most)


def _scales(blocks: Matrix, middle: int, counts: Matrix) -> NDArray[np.float32]:
    """Of each block the best of a few scales near the greatest weight's. Shape: [blocks].

    Each is, before it is judged, made the one that fits the integers best that it gives (least squares).
    """
    at = np.abs(blocks).argmax(axis=1)
    greatest = np.take_along_axis(blocks, at[:, None], axis=1)[:, 0]  # [blocks]
    best = np.zeros(len(blocks), np.float32)
    least = np.full(len(blocks), np.inf, np.float32)
    lowest, highest = (-middle, middle) if middle % 2 else (-middle, middle - 1)
    # The greatest weight is the one integer that has no opposite, as in llama.cpp's Q4_0; or less than that;
    # or more, so that it is cut off, and the others are rounded more finely.
    for share in (1.0, 0.94, 0.88, 1.1, 1.22) if middle < 16 else (1.0, 0.995):
        for sign in (-1, 1) if lowest + highest else (1,):
            scales = (greatest / (sign * share * middle)).astype(np.float32)
            integers = _rounded(blocks, scales, lowest, highest)
            squares = (counts * integers * integers).sum(axis=1)
            fitted = (counts * blocks * integers).sum(axis=1) / np.where(squares == 0, 1, squares)
            errors = (counts * np.square(blocks - integers * fitted[:, None])).sum(axis=1)
            better = errors < least
            best[better], least[better] = fitted[better], errors[better]
    return best
