"""Listens in a thread of its own and hands what was heard to the event loop."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Generic, TypeVar

from paige.audio.chunk import AudioChunk
from paige.audio.errors import AudioError
from paige.audio.source import AudioSource

_log = logging.getLogger(__name__)

E = TypeVar("E")
"""What comes of what is heard: an utterance, a wake word."""

PAUSE_SECONDS = 1.5
"""Between two attempts at a microphone that is missing, busy or lost; one that is there is heard within two
seconds. An attempt at one that is missing takes 10 µs, since PortAudio looks again only where something was
plugged in or out."""
MOST_WAITING = 8
"""Events that may wait for the one that is being handled; what comes on top is dropped and logged."""
_CLOSE_SECONDS = 2.0
"""How long the thread may take to end; a driver that hangs must not keep the service from stopping."""


async def listen(
    open_source: Callable[[], AudioSource],
    events: Callable[[Iterator[AudioChunk]], Iterator[E]],
    handle: Callable[[E], Awaitable[None]],
    *,
    opened: Callable[[AudioSource], None] = lambda _: None,
    lost: Callable[[str], None] = lambda _: None,
    pause: float = PAUSE_SECONDS,
    waiting: int = MOST_WAITING,
    meanwhile: str = "text is served, ",
) -> None:
    """Listen until cancelled; a microphone that is missing or lost is said once and tried again and again.

    Args:
        open_source: Gives the microphone, not yet entered.
        events: Finds in sound what something is to be done about.
        handle: Does it, one after another.
        opened: Called with each microphone that is there.
        lost: Called with why there is none, each time that it is tried.
        pause: Seconds between two attempts at a microphone that is not there.
        waiting: Events that may wait for the one that is being handled.
        meanwhile: What is done without a microphone, for the log.
    """
    events_waiting: asyncio.Queue[E] = asyncio.Queue(waiting)
    loop = asyncio.get_running_loop()
    stop = threading.Event()
    ended = asyncio.Event()

    def take(event: E) -> None:
        try:
            events_waiting.put_nowait(event)
        except asyncio.QueueFull:
            _log.warning("what was heard is dropped: too much is waiting")

    def tell_opened(source: AudioSource) -> None:
        loop.call_soon_threadsafe(opened, source)

    def tell_lost(complaint: str) -> None:
        loop.call_soon_threadsafe(lost, complaint)

    def work() -> None:
        hearing = _Hearing(open_source, events, stop, pause, tell_opened, tell_lost, meanwhile)
        try:
            for event in hearing.events():
                loop.call_soon_threadsafe(take, event)
        except Exception:  # noqa: BLE001  # nobody joins this thread: what broke in it must be told here
            _log.exception("listening has ended; text is still served")
        finally:
            if not loop.is_closed():
                loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=work, name="listening", daemon=True).start()
    try:
        while True:
            await handle(await events_waiting.get())
    finally:
        stop.set()
        # Not asyncio.timeout: Debian 12's Python (3.11.2) has one that does not time out in a cancelled task.
        closing = asyncio.create_task(ended.wait())
        if not (await asyncio.wait({closing}, timeout=_CLOSE_SECONDS))[0]:
            closing.cancel()
            _log.warning("the microphone does not close; it is left to itself")


class _Hearing(Generic[E]):
    """What the thread does."""

    def __init__(
        self,
        open_source: Callable[[], AudioSource],
        events: Callable[[Iterator[AudioChunk]], Iterator[E]],
        stop: threading.Event,
        pause: float,
        opened: Callable[[AudioSource], None],
        lost: Callable[[str], None],
        meanwhile: str,
    ) -> None:
        self._open_source = open_source
        self._events = events
        self._stop = stop
        self._pause = pause
        self._opened = opened
        self._lost = lost
        self._meanwhile = meanwhile

    def events(self) -> Iterator[E]:
        """What comes of one microphone after another, until stopped."""
        complaint = ""
        while not self._stop.is_set():
            try:
                with self._open_source() as source:
                    _log.info("listening to %s", source.description)
                    complaint = ""
                    self._opened(source)
                    yield from self._events(self._chunks(source))
            except AudioError as error:
                self._lost(str(error))
                if str(error) != complaint:
                    complaint = str(error)
                    _log.warning(
                        "%s; %sthe microphone is tried again", complaint.rstrip("."), self._meanwhile
                    )
            self._stop.wait(self._pause)

    def _chunks(self, source: AudioSource) -> Iterator[AudioChunk]:
        for chunk in source.chunks():
            if self._stop.is_set():
                return
            yield chunk
