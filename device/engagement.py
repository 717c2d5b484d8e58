"""Whether somebody is talking with Paige, for who must not disturb it: an update that is about to restart it.

A lock on a file says it: the kernel lets it go with the process, however that ends, and it needs neither a
broker nor a right to write. The service holds it, shared, from the first sign of a conversation until some
time after the last; who wants to disturb takes it alone.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FILE: Final = "conversation"
"""In the folder of updates."""
LINGER_SECONDS: Final = 30.0
"""After the last sign of a conversation, in which somebody may say more; who was asked something has 8."""
LOOK_SECONDS: Final = 1.0
"""Between two looks of one who waits."""


class Engagement:
    """What the service says of it. For the event loop.

    Args:
        file: The lock; None, or a file that is not there, where nobody will ask.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._held: int | None = None
        self._under_way = 0
        self._letting_go: asyncio.TimerHandle | None = None

    @contextmanager
    def engaged(self) -> Iterator[None]:
        """Something of a conversation goes on, until the block is left, and may go on a while after."""
        self._under_way += 1
        self._hold()
        try:
            yield
        finally:
            self._under_way -= 1
            self._linger()

    def sign(self) -> None:
        """Something of a conversation was heard just now."""
        self._hold()
        self._linger()

    def close(self) -> None:
        """Nobody talks with a service that ends."""
        if self._letting_go is not None:
            self._letting_go.cancel()
        self._let_go()

    def _hold(self) -> None:
        if self._letting_go is not None:
            self._letting_go.cancel()
            self._letting_go = None
        if self._held is not None or self._file is None:
            return
        try:
            self._held = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return  # there were no updates yet
        try:
            fcntl.flock(self._held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:  # whoever has it alone is restarting us this moment
            self._let_go()

    def _linger(self) -> None:
        if self._under_way or self._held is None:
            return
        if self._letting_go is not None:
            self._letting_go.cancel()
        self._letting_go = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._let_go)

    def _let_go(self) -> None:
        self._letting_go = None
        if self._held is not None:
            os.close(self._held)
            self._held = None


@contextmanager
def undisturbed(
    file: Path,
    within: float,
    waiting: Callable[[], None] = lambda: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[bool]:
    """Wait until nobody talks with the service; gives whether that came to be, and keeps it so.

    Args:
        file: The lock; made where it is not there.
        within: Seconds.
        waiting: Told once, where somebody talks.
        sleep: Waits so many seconds.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        left = within
        told = False
        while not (alone := _alone(descriptor)) and left > 0:
            if not told:
                told = True
                waiting()
            sleep(LOOK_SECONDS)
            left -= LOOK_SECONDS
        yield alone
    finally:
        os.close(descriptor)


def _alone(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
