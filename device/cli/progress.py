"""How far the store of models is: a bar in a terminal, plain lines now and then elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

from paige.models.store.progress import Action, Progress

_BAR: Final = 24
"""Characters."""
_LINES: Final = 10
"""Of each thing, where it is no terminal."""
_OFTEN: Final = 0.2
"""Seconds between two looks of a bar."""
_SETTLED: Final = 2.0
"""Seconds after which a rate says something."""


class Shown:
    """Shows it.

    Args:
        stream: Where; standard error by default.
        clock: Seconds that pass.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._clock = clock
        self._now: tuple[Action, str] | None = None
        self._width = 0
        self._begun = self._last = 0.0
        self._first = self._line = 0

    def __call__(self, progress: Progress) -> None:
        """Show a moment."""
        if (progress.action, progress.subject) != self._now:
            self.end()
            self._now = progress.action, progress.subject
            self._begun, self._first, self._line = self._clock(), progress.done, -1
            self._last = -_OFTEN
        if self._terminal:
            self._bar(progress)
        else:
            self._plain(progress)

    def end(self) -> None:
        """Let what follows begin a line."""
        if self._terminal and self._width:
            self._write("\n")
        self._width, self._now = 0, None

    def _bar(self, progress: Progress) -> None:
        if self._clock() - self._last < _OFTEN and progress.done != progress.total:
            return
        self._last = self._clock()
        full = _BAR * progress.done // progress.total if progress.total else 0
        bar = f"[{'#' * full:<{_BAR}}] " if progress.total else ""
        text = f"{_head(progress)}  {bar}{self._figures(progress)}"
        self._write(f"\r{text:<{self._width}}")
        self._width = len(text)

    def _plain(self, progress: Progress) -> None:
        line = _LINES * progress.done // progress.total if progress.total else 0
        if line != self._line:
            self._line = line
            self._write(f"{_head(progress)}  {self._figures(progress)}".rstrip() + "\n")

    def _figures(self, progress: Progress) -> str:
        if not progress.in_bytes:
            return f"{progress.done} of {progress.total} shards"
        if not progress.total and not progress.done:
            return ""
        told = size(progress.done) + (f" of {size(progress.total)}" if progress.total else "")
        seconds = self._clock() - self._begun
        if seconds < _SETTLED or progress.done <= self._first:
            return told
        rate = (progress.done - self._first) / seconds
        left = (progress.total - progress.done) / rate if progress.total else 0
        return f"{told}, {size(int(rate))}/s" + (f", {duration(left)} left" if left else "")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _head(progress: Progress) -> str:
    return f"{progress.subject + ': ' if progress.subject else ''}{progress.action.value}"


def size(count: int) -> str:
    """Bytes, for people: `812 B`, `9.8 MB`, `1.2 GB`."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} B"


def duration(seconds: float) -> str:
    """`8 s`, `3 min 5 s`, `2 h 10 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
