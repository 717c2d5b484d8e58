"""Files read past the page cache, so that what is streamed pushes nothing else out of memory."""

import errno
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from paige.device.errors import DeviceError

PIECE: Final = 1 << 20
"""Bytes that are read at once: a flash card reads at its full rate from about half of that."""


class DirectReader:
    """Reads files piece by piece into one buffer of its own."""

    def __init__(self) -> None:
        # It begins at a page, as direct reads demand.
        self._buffer = mmap.mmap(-1, PIECE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def pieces(self, file: Path, start: int = 0) -> Iterator[memoryview]:
        """The bytes of a file; each piece is good until the next is asked for.

        Args:
            file: On flash.
            start: Bytes that are passed over; a multiple of `PIECE`.

        Raises:
            DeviceError: The file cannot be read.
        """
        try:
            descriptor = _open(file)
        except OSError as error:
            raise DeviceError(f"{file}: a shard of a model cannot be read: {error.strerror}") from error
        at = start
        try:
            with memoryview(self._buffer) as whole:
                # Nothing is read at the end itself: direct reads begin at a block.
                size = os.fstat(descriptor).st_size
                while at < size and (count := os.preadv(descriptor, [self._buffer], at)):
                    yield whole[:count]
                    at += count
        except OSError as error:
            raise DeviceError(f"{file}: reading stopped after {at} bytes: {error.strerror}") from error
        finally:
            os.close(descriptor)


def _open(file: Path) -> int:
    try:
        return os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECT)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return os.open(file, os.O_RDONLY | os.O_CLOEXEC)  # a file system without them, such as tmpfs
