"""Memory that the allocator keeps for later, given back to the system; and Python's collector, held off."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def give_back() -> None:
    """Return what is free at the ends and in the middle of the heap.

    The C library keeps what a decoder or a loader of models has freed: 10 MB after the start, and more than
    100 after a hard utterance. Where it is not GNU's (`malloc_trim(3)`), nothing is done.
    """
    if _trim is not None:
        _trim(0)


def give_back_all() -> None:
    """The same after very many objects were made of which few stay: Python has to let go of them, too.

    For the next object of their size it keeps some hundreds of those that are gone, and with each of them a
    megabyte around it; a full collection ends that. It takes 50 ms for all that a service has, so what will
    stay is better frozen (`gc.freeze`) before.
    """
    gc.collect()
    give_back()


@contextmanager
def all_kept() -> Iterator[None]:
    """While very many objects are made that all stay, nobody looks again and again for some that do not.

    That look takes a third of the time in which the word graph of a home of 5,000 names is made.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _find() -> "ctypes._NamedFuncPointer | None":
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


_trim = _find()
