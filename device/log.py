"""The service's log: plain lines on standard error, without secrets."""

import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import TextIO

from paige.device.config.secret import SecretFilter

_PRIORITIES = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}
"""Levels as syslog(3) numbers them."""


class LineFormatter(logging.Formatter):
    """A line a record: `2026-11-22T04:08:37Z info paige.iot.link: connected`; a traceback goes below it.

    Args:
        journal: Whether systemd's journal reads the lines. It keeps the time itself and wants the priority
            in front, as sd-daemon(3) says.
    """

    def __init__(self, *, journal: bool) -> None:
        super().__init__()
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """The record's text; line breaks of its own are escaped, so that nobody can forge a record."""
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        line = f"{record.levelname.lower()} {record.name}: {message}"
        if self._journal:
            line = f"<{_PRIORITIES.get(record.levelno, 6)}>{line}"
        else:
            line = f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(record.created))} {line}"
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        return f"{line}\n{record.exc_text}" if record.exc_text else line


def start_log(level: str, stream: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> None:
    """Write everything from `level` on to `stream`, by default standard error, and nothing anywhere else."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter(journal=_is_journal(stream, environ)))
    handler.addFilter(SecretFilter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    # asyncio's and paho's debug lines show payloads and selectors, which help nobody here.
    logging.getLogger("asyncio").setLevel(max(logging.INFO, logging.getLogger().level))


def _is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether the stream is the journal's that the variable names, as systemd.exec(5) advises to ask.

    The variable alone says little: a desktop's terminals inherit it, and what they show is no journal.
    """
    try:
        status = os.fstat(stream.fileno())
    except OSError:
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
