"""Code that only the start needs, which need not stay in memory."""

import ctypes
import mmap
import re
from pathlib import Path

from paige.models.heap import give_back_all

_MAPS = Path("/proc/self/smaps")
_HEAD = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ [1-9]")
"""A mapping of a file that cannot be written."""


def forget_start() -> None:
    """Give back what only a start took: objects that are gone, what is free on the heap, and code.

    25 MB of the code that a service with speech has run by then are not run again; what the first words need
    of it is in the page cache, and to take it from there costs less than can be measured.
    """
    give_back_all()
    forget_code()


def forget_code() -> None:
    """Take pages of code and constants out of this process; those that are used come back by themselves.

    To import the runtime and open a session touches 20 MB of code that no pass runs. Only mappings of files
    are forgotten, and only those of which no page was ever changed, so that the file has all there is. Where
    the kernel does not tell which those are, nothing is done.
    """
    if not _MAPS.exists():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    begin = end = 0
    with _MAPS.open(encoding="utf-8") as lines:
        for line in lines:
            if "-" in line.partition(" ")[0]:
                head = _HEAD.match(line)
                begin, end = (int(head[1], 16), int(head[2], 16)) if head else (0, 0)
            elif end and line.startswith("Anonymous:") and line.split()[1] == "0":
                libc.madvise(begin, end - begin, mmap.MADV_DONTNEED)
