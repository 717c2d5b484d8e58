"""Listens in a thread of its own and hands what was spoken to the event loop."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator

from paige.audio.chunk import AudioChunk, Utterance
from paige.audio.errors import AudioError
from paige.audio.source import AudioSource

_log = logging.getLogger(__name__)

REOPEN_SECONDS = 30.0
"""Between two attempts to open a microphone that is not there."""
MOST_WAITING = 4
"""Utterances that may wait for the one that is being handled; what comes on top is dropped and logged."""
_CLOSE_SECONDS = 2.0
"""How long the thread may take to end; a driver that hangs must not keep the service from stopping."""


async def listen(
    open_source: Callable[[], AudioSource],
    utterances: Callable[[Iterator[AudioChunk]], Iterator[Utterance]],
    handle: Callable[[Utterance], Awaitable[None]],
    *,
    reopen_seconds: float = REOPEN_SECONDS,
) -> None:
    """Listen until cancelled; a microphone that is missing or lost is said once and tried again.

    Args:
        open_source: Gives the microphone, not yet entered.
        utterances: Finds speech in sound.
        handle: Does with an utterance what is to be done, one after another.
        reopen_seconds: Between two attempts to open the microphone.
    """
    waiting: asyncio.Queue[Utterance] = asyncio.Queue(MOST_WAITING)
    loop = asyncio.get_running_loop()
    stop = threading.Event()
    ended = asyncio.Event()

    def take(utterance: Utterance) -> None:
        try:
            waiting.put_nowait(utterance)
        except asyncio.QueueFull:
            _log.warning("an utterance is dropped: too many are waiting")

    def work() -> None:
        hearing = _Hearing(open_source, utterances, stop, reopen_seconds)
        try:
            for utterance in hearing.utterances():
                loop.call_soon_threadsafe(take, utterance)
        except Exception:  # noqa: BLE001  # nobody joins this thread: what broke in it must be told here
            _log.exception("listening has ended; text is still served")
        finally:
            if not loop.is_closed():
                loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=work, name="listening", daemon=True).start()
    try:
        while True:
            await handle(await waiting.get())
    finally:
        stop.set()
        # Not asyncio.timeout: Debian 12's Python (3.11.2) has one that does not time out in a cancelled task.
        closing = asyncio.create_task(ended.wait())
        if not (await asyncio.wait({closing}, timeout=_CLOSE_SECONDS))[0]:
            closing.cancel()
            _log.warning("the microphone does not close; it is left to itself")


class _Hearing:
    """What the thread does."""

    def __init__(
        self,
        open_source: Callable[[], AudioSource],
        utterances: Callable[[Iterator[AudioChunk]], Iterator[Utterance]],
        stop: threading.Event,
        reopen_seconds: float,
    ) -> None:
        self._open_source = open_source
        self._utterances = utterances
        self._stop = stop
        self._reopen_seconds = reopen_seconds

    def utterances(self) -> Iterator[Utterance]:
        """Utterances from one microphone after another, until stopped."""
        complaint = ""
        while not self._stop.is_set():
            try:
                with self._open_source() as source:
                    _log.info("listening to %s", source.description)
                    complaint = ""
                    yield from self._utterances(self._chunks(source))
            except AudioError as error:
                if str(error) != complaint:
                    complaint = str(error)
                    _log.warning("%s; text is served, the microphone is tried again", complaint.rstrip("."))
            self._stop.wait(self._reopen_seconds)

    def _chunks(self, source: AudioSource) -> Iterator[AudioChunk]:
        for chunk in source.chunks():
            if self._stop.is_set():
                return
            yield chunk
