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
        As `stored` has them.
    """
    rows, width = matrix.shape
    counts = np.ones(width, np.float32) if importance is None else importance
    blocks = _in_blocks(matrix, how)
    scales = scales_of(blocks, how, np.tile(_in_blocks(counts[None], how), (rows, 1)))
    return stored(rounded(blocks, scales, *limits(how)), scales, how, rows)


def stored(
    integers: Matrix, scales: Matrix, how: Quantization, rows: int
) -> tuple[Integers, NDArray[np.float32]]:
    """As operators want them.

    Args:
        integers: Shape: [rows * blocks, block].
        scales: Shape: [rows * blocks].
        how: 4 or 8 bits.
        rows: Of the matrix.

    Returns:
        In blocks, for `MatMulNBits`, `(integer - 2 ** (bits - 1)) * scale`; shapes:
        [out, blocks, block * bits / 8] and [out * blocks]. In rows, `integer * scale`; shapes: [out, in]
        and [out].
    """
    if how.block == ROW:
        return integers.astype(np.int8), scales
    above = (integers - limits(how)[0]).astype(np.uint8)
    if how.bits == 4:
        above = (above[:, 0::2] | (above[:, 1::2] << 4)).astype(np.uint8)
    return above.reshape(rows, -1, above.shape[1]), scales


def restored(integers: Integers, scales: NDArray[np.float32], how: Quantization, width: int) -> Matrix:
    """The matrix that integers and scales stand for. Shape: [out, in]."""
    if how.block == ROW:
        return integers.astype(np.float32) * scales[:, None]
    rows, count, _ = integers.shape
    halves: NDArray[Any] = np.stack([integers & 15, integers >> 4], axis=-1) if how.bits == 4 else integers
    values = halves.reshape(rows * count, how.block).astype(np.float32) + limits(how)[0]
    return (values * scales[:, None]).reshape(rows, count * how.block)[:, :width]


def as_written(matrix: Matrix, how: Quantization, importance: Matrix | None = None) -> Matrix:
    """What is left of a matrix when it is written so. Shape: [out, in]."""
    if how.bits == 32:
        return matrix
    return restored(*quantized(matrix, how, importance), how, matrix.shape[1])


def limits(how: Quantization) -> tuple[int, int]:
    """The lowest integer and the highest."""
    middle = 1 << (how.bits - 1)
    return (1 - middle if how.block == ROW else -middle), middle - 1


def rounded(blocks: Matrix, scales: Matrix, lowest: int, highest: int) -> Matrix:
    """Integers, as floating-point numbers. Shape: as the blocks."""
    return np.clip(np.rint(blocks / np.where(scales == 0, 1, scales)[:, None]), lowest, highest)


def scales_of(blocks: Matrix, how: Quantization, counts: Matrix) -> NDArray[np.float32]:
    """Of each block the best of a few scales near the greatest weight's. Shape: [blocks].

    Each is, before it is judged, made the one that fits the integers best that it gives (least squares).

    Args:
        blocks: Shape: [blocks, block].
        how: 4 or 8 bits.
        counts: How much an error of each weight counts. Shape: [blocks, block].
    """
    at = np.abs(blocks).argmax(axis=1)
    greatest = np.take_along_axis(blocks, at[:, None], axis=1)[:, 0]  # [blocks]
    best = np.zeros(len(blocks), np.float32)
    least = np.full(len(blocks), np.inf, np.float32)
    lowest, highest = limits(how)
    # The greatest weight is the one integer that has no opposite, as in llama.cpp's Q4_0; or less than that;
    # or more, so that it is cut off, and the others are rounded more finely.
    for share in (1.0, 0.94, 0.88, 1.1, 1.22) if how.bits == 4 else (1.0, 0.995):
        for sign in (-1, 1) if lowest + highest else (1,):
            scales = (greatest / (-sign * share * lowest)).astype(np.float32)
            integers = rounded(blocks, scales, lowest, highest)
            squares = (counts * integers * integers).sum(axis=1)
            fitted = (counts * blocks * integers).sum(axis=1) / np.where(squares == 0, 1, squares)
            errors = (counts * np.square(blocks - integers * fitted[:, None])).sum(axis=1)
            better = errors < least
            best[better], least[better] = fitted[better], errors[better]
    return best


def _in_blocks(matrix: Matrix, how: Quantization) -> Matrix:
    """Rows cut into blocks, the last filled up with zeros. Shape: [rows * blocks, block]."""
    rows, width = matrix.shape
    if how.block == ROW:
        return matrix
    blocks = np.zeros((rows, how.blocks(width) * how.block), np.float32)
    blocks[:, :width] = matrix
    return blocks.reshape(-1, how.block)
