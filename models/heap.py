"""Memory that the allocator keeps for later, given back to the system."""

import ctypes
import sys


def give_back() -> None:
    """Return what is free at the ends and in the middle of the heap.

    The C library keeps what a decoder or a loader of models has freed: 10 MB after the start, and more than
    100 after a hard utterance. Where it is not GNU's (`malloc_trim(3)`), nothing is done.
    """
    if _trim is not None:
        _trim(0)


def _find() -> "ctypes._NamedFuncPointer | None":
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


_trim = _find()
