"""The lines that the emulator reads, and what waits for something to become true."""

import time
from collections.abc import Callable


class CheckFailed(Exception):
    """Something is not as it should be; the text says what was found."""


def tell(*words: str) -> None:
    """Write one line to the console."""
    # A line of its own, whatever the kernel or systemd write in between.
    print("\nSELFTEST " + " ".join(" ".join(words).split()), flush=True)


def until(what: str, seconds: float, true: Callable[[], bool], *, pause: float = 0.2) -> float:
    """Wait until something is true, and give the seconds that it took.

    Raises:
        CheckFailed: It was not in that time.
    """
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise CheckFailed(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)
    return time.monotonic() - began
