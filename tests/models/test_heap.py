"""Memory that was freed goes back to the system."""

import ctypes
import gc
import platform

import pytest

from paige.models.heap import all_kept, give_back
from paige.tools.bench.process_memory import process_memory

BLOCKS, BYTES = 6_000, 10_000


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only GNU's C library is asked for it")
def test_what_is_free_under_something_that_is_kept_is_given_back() -> None:
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    library.free.argtypes = [ctypes.c_void_p]
    blocks = [library.malloc(BYTES) for _ in range(BLOCKS)]
    for block in blocks:
        ctypes.memset(block, 1, BYTES)
    for block in blocks[:-1]:  # the last one keeps the end of the heap from shrinking by itself
        library.free(block)
    kept = process_memory().resident
    give_back()
    assert kept - process_memory().resident > 0.8 * BLOCKS * BYTES
    library.free(blocks[-1])


def test_nothing_is_collected_while_all_is_kept() -> None:
    with all_kept():
        assert not gc.isenabled()
        with all_kept():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), all_kept():
        assert 1 / 0
    assert gc.isenabled()
