"""How far a long measurement is: a bar in a terminal, a line now and then in a log."""

import sys
from collections.abc import Iterable, Iterator
from typing import Final, TextIO, TypeVar

T = TypeVar("T")

_BAR: Final = 30
"""Characters."""
_LINES: Final = 10
"""In a log, over the whole measurement."""


def progress(results: Iterable[T], count: int, stream: TextIO | None = None) -> Iterator[T]:
    """The same results, and on `stream`, by default standard error, how many of `count` there have been."""
    stream = stream or sys.stderr
    terminal, done = stream.isatty(), 0
    try:
        for done, result in enumerate(results, start=1):
            if terminal:
                _write(stream, f"\r[{'#' * (done * _BAR // count):<{_BAR}}] {done}/{count}")
            elif done * _LINES // count > (done - 1) * _LINES // count:
                _write(stream, f"{done} of {count}\n")
            yield result
    finally:
        if terminal and done:
            _write(stream, "\n")  # after an interrupt, too: what follows begins a line


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()
