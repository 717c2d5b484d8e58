"""The log's lines: one a record, without secrets, as the journal or a person wants them."""

import io
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from paige.device.config.secret import Secret
from paige.device.log import start_log


@pytest.fixture(autouse=True)
def root_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)


def lines(level: str = "info", **environ: str) -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    start_log(level, stream, environ)
    return logging.getLogger("paige.test"), stream


def test_a_person_gets_the_time_in_utc_and_the_level() -> None:
    logger, stream = lines()
    record = logger.makeRecord("paige.test", logging.WARNING, "", 0, "it is %s", ("late",), None)
    record.created = 0.5
    logger.handle(record)
    assert stream.getvalue() == "1970-01-01T00:00:00Z warning paige.test: it is late\n"


def test_the_journal_gets_the_priority_instead(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w+") as journal:
        status = os.fstat(journal.fileno())
        start_log("info", journal, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        logging.getLogger("paige.test").error("broken")
        journal.seek(0)
        assert journal.read() == "<3>error paige.test: broken\n"


def test_a_terminal_that_inherited_the_name_of_a_journal_is_none(tmp_path: Path) -> None:
    with (tmp_path / "terminal").open("w+") as terminal:
        start_log("info", terminal, {"JOURNAL_STREAM": "8:1"})
        logging.getLogger("paige.test").error("broken")
        terminal.seek(0)
        assert terminal.read().endswith("Z error paige.test: broken\n")


def test_nothing_below_the_level_is_written() -> None:
    logger, stream = lines("warning")
    logger.info("no")
    logger.warning("yes")
    assert stream.getvalue().endswith("warning paige.test: yes\n")
    assert stream.getvalue().count("\n") == 1


def test_a_message_with_line_breaks_stays_one_line() -> None:
    logger, stream = lines()
    logger.info("topic %s", "a\n1970-01-01T00:00:00Z error paige: forged")
    assert stream.getvalue().count("\n") == 1


def test_no_secret_is_in_any_line_or_traceback() -> None:
    logger, stream = lines("debug")
    password = Secret("hunter2").reveal()
    logger.debug("options %r", {"password": password})
    try:
        raise ConnectionError(f"refused {password}")
    except ConnectionError:
        logger.exception("no link")
    written = stream.getvalue()
    assert "hunter2" not in written
    assert "ConnectionError: refused ***" in written
