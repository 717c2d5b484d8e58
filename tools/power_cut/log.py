"""What a card was given, in its order: a log in the format of Linux's dm-log-writes.

QEMU's block driver `blklogwrites` writes it, too. A block of 512 bytes that says so, then for each request a
block with four numbers (where, how many blocks, what, and a length that is of no use here), and its data.
https://docs.kernel.org/admin-guide/device-mapper/log-writes.html
"""

import struct
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BLOCK: Final = 512
"""Bytes that a card writes whole or not at all."""
_MAGIC: Final = 0x6A736677736872
_BEGIN: Final = struct.Struct("<QQQL")
_REQUEST: Final = struct.Struct("<QQQQ")
_FLUSH: Final = 1
"""All that a card is given besides writes: nothing is discarded, and a loop device has no writes that last by
themselves (the kernel flushes behind them)."""


class LogUnreadable(Exception):  # of a tool at the desk, which has no tree of its own
    """It is no log, or has a request that this knows nothing of."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing that the card was given."""

    offset: int
    """Where, in bytes."""
    data: bytes
    flushes: bool
    """Whether all that came before is to last."""


@dataclass(frozen=True, slots=True)
class Log:
    """All of them."""

    requests: tuple[Request, ...]
    ends: tuple[int, ...]
    """How long the file was after each."""

    def count(self, length: int) -> int:
        """How many of them had begun when the file was so long."""
        return min(bisect_left(self.ends, length) + 1, len(self.ends)) if length > BLOCK else 0


def read(file: Path) -> Log:
    """A log.

    Raises:
        LogUnreadable: It is none.
    """
    data = file.read_bytes()
    if len(data) < BLOCK:
        return Log((), ())
    magic, version, _, size = _BEGIN.unpack_from(data)
    if (magic, version, size) != (_MAGIC, 1, BLOCK):
        raise LogUnreadable(f"{file}: this is no log of writes in version 1 with blocks of {BLOCK} bytes")
    requests, ends, at = [], [], BLOCK
    while at + BLOCK <= len(data):
        sector, blocks, what, _ = _REQUEST.unpack_from(data, at)
        at += BLOCK
        if not (blocks or what) or at + blocks * BLOCK > len(data):
            break  # under way when whatever wrote this was killed
        if what & ~_FLUSH:
            raise LogUnreadable(f"{file}: at {at - BLOCK} there is a request of kind {what}")
        taken = data[at : at + blocks * BLOCK]
        at += blocks * BLOCK
        requests.append(Request(sector * BLOCK, taken, bool(what & _FLUSH)))
        ends.append(at)
    return Log(tuple(requests), tuple(ends))
