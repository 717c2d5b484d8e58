"""Matrices of a checkpoint that are read a few rows at a time, and what is done to them on the way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.tools.lm.checkpoint import Checkpoint

Rows = NDArray[np.float32]
_BAND: Final = 1 << 16
"""Weights that are read at once; what is computed of them takes about ten times their bytes."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """As a checkpoint has it: a row for each output."""

    rows: int
    width: int
    read: Callable[[int, int], Rows]
    """Rows from one to before another. Shape: [end - begin, width]."""

    def bands(self, weights: int = _BAND) -> Iterator[tuple[int, Rows]]:
        """All rows, about so many weights at a time, each with the first's number. Shapes: [rows, width]."""
        some = max(1, weights // self.width)
        for begin in range(0, self.rows, some):
            yield begin, self.read(begin, min(begin + some, self.rows))

    def whole(self) -> Rows:
        """All of it. Shape: [rows, width]."""
        found = np.empty((self.rows, self.width), np.float32)
        for begin, band in self.bands():
            found[begin : begin + len(band)] = band
        return found

    def scaled(self, rows: Rows | None = None, columns: Rows | None = None) -> "Matrix":
        """Rows and columns multiplied. Shapes: [rows], [width]."""

        def read(begin: int, end: int) -> Rows:
            found = self.read(begin, end)
            if rows is not None:
                found = found * rows[begin:end, None]
            return found if columns is None else found * columns

        return Matrix(self.rows, self.width, read)

    def only_rows(self, kept: NDArray[np.intp]) -> "Matrix":
        """Some of its rows, in rising order."""

        def read(begin: int, end: int) -> Rows:
            some = kept[begin:end]
            found: Rows = self.read(int(some[0]), int(some[-1]) + 1)[some - some[0]]
            return found

        return Matrix(len(kept), self.width, read)

    def only_columns(self, kept: NDArray[np.intp]) -> "Matrix":
        """Some of its columns."""
        return Matrix(self.rows, len(kept), lambda begin, end: self.read(begin, end)[:, kept])


def of_array(array: Rows) -> Matrix:
    """One that is in memory. Shape: [rows, width]."""
    rows, width = array.shape
    return Matrix(rows, width, lambda begin, end: array[begin:end])


def of_checkpoint(checkpoint: Checkpoint, *names: str) -> Matrix:
    """Tensors of a checkpoint, one below the other."""
    found = []
    for name in names:
        rows, width = checkpoint.dims(name)
        found.append(Matrix(rows, width, partial(checkpoint.rows, name)))
    return below(*found)


def below(*parts: Matrix) -> Matrix:
    """Matrices of one width, one below the other."""

    def read(begin: int, end: int) -> Rows:
        found, first = [], 0
        for part in parts:
            if begin < first + part.rows and end > first:
                found.append(part.read(max(begin - first, 0), min(end - first, part.rows)))
            first += part.rows
        return found[0] if len(found) == 1 else np.concatenate(found)

    return parts[0] if len(parts) == 1 else Matrix(sum(part.rows for part in parts), parts[0].width, read)


def padded(matrix: Matrix, begin: int, rows: int) -> Matrix:
    """So many rows from one on; those behind its last are zero."""

    def read(first: int, end: int) -> Rows:
        found = np.zeros((end - first, matrix.width), np.float32)
        some = matrix.read(min(begin + first, matrix.rows), min(begin + end, matrix.rows))
        found[: len(some)] = some
        return found

    return Matrix(rows, matrix.width, read)
