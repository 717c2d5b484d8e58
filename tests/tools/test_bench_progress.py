"""Progress is redrawn in a terminal only; a log gets a few lines."""

import io
from collections.abc import Iterator

import pytest

from paige.tools.bench.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_ten_lines_whatever_the_count() -> None:
    log = io.StringIO()
    assert list(progress(iter(range(2400)), 2400, log)) == list(range(2400))
    lines = log.getvalue().splitlines()
    assert (len(lines), lines[0], lines[-1]) == (10, "240 of 2400", "2400 of 2400")
    assert "\r" not in log.getvalue()
    few = io.StringIO()
    list(progress("ab", 2, few))
    assert few.getvalue() == "1 of 2\n2 of 2\n"


def test_a_terminal_gets_one_line_that_is_redrawn() -> None:
    terminal = Terminal()
    list(progress("abc", 3, terminal))
    assert terminal.getvalue().count("\r") == 3
    assert terminal.getvalue().endswith(f"\r[{'#' * 30}] 3/3\n")
    assert terminal.getvalue().count("\n") == 1


def test_what_follows_an_interrupt_begins_a_line() -> None:
    terminal = Terminal()

    def interrupted() -> Iterator[str]:
        yield "a"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(progress(interrupted(), 3, terminal))
    assert terminal.getvalue().endswith("1/3\n")
