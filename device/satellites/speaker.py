"""A satellite's loudspeaker, as a speaker like any other."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from typing import Any, Final

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event

from paige.audio.chunk import Samples
from paige.audio.playing import Course, Ended, Playing

_log = logging.getLogger(__name__)

AHEAD_SECONDS: Final = 0.3
"""By how much a satellite has sound before it plays it: what it has cannot be taken back."""
GRACE_SECONDS: Final = 0.5
"""How much longer than the sound itself a satellite may take to say that it was played; old ones never do."""
_SEND_SECONDS: Final = 6.0
_PIECE: Final = 1024
"""Samples of one event."""
_WIDTH: Final = 2

Send = Callable[[Event], Coroutine[Any, Any, bool]]


class SatelliteSpeaker:
    """Plays over a satellite, one sound at a time.

    Made and told of `played` in the event loop; `play` may be called by any thread.

    Args:
        name: What a person would call the satellite.
        send: Sends an event to it; whether it left.
    """

    def __init__(self, name: str, send: Send) -> None:
        self._name = name
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._current: _Sending | None = None
        self._lock = threading.Lock()

    def play(self, sound: Iterable[Samples], rate: int) -> Playing:
        """Play a sound from now on; what was playing is stopped. Returns at once, and raises nothing."""
        with self._lock:
            before = self._current
            if before is not None:
                before.course.stop()
            self._current = _Sending(sound, rate, self._name, self._sent, before)
            self._current.start()
            return self._current.course

    def played(self) -> None:
        """The satellite says that it has played all it was sent."""
        with self._lock:
            if self._current is not None:
                self._current.played.set()

    def close(self) -> None:
        """Stop what is playing."""
        with self._lock:
            current, self._current = self._current, None
        if current is not None:
            current.course.stop()

    def _sent(self, event: Event) -> bool:
        """Send from another thread than the event loop's."""
        if self._loop.is_closed():
            return False
        sending: Future[bool] = asyncio.run_coroutine_threadsafe(self._send(event), self._loop)
        try:
            return sending.result(_SEND_SECONDS)
        except (TimeoutError, asyncio.CancelledError):
            return False


class _Sending(threading.Thread):
    """One sound on its way."""

    def __init__(
        self,
        sound: Iterable[Samples],
        rate: int,
        name: str,
        send: Callable[[Event], bool],
        before: "_Sending | None",
    ) -> None:
        super().__init__(name="satellite-speaker", daemon=True)
        self.course = Course()
        self.played = threading.Event()
        self._sound = sound
        self._rate = rate
        self._called = name
        self._send = send
        self._before = before
        self._began = 0.0

    def run(self) -> None:
        """Send it, from the end of the one before it."""
        try:
            if self._before is not None:
                self._before.join()
                self._before = None
            lost = f"the satellite {self._called} does not take sound"
            if not self._send(AudioStart(self._rate, _WIDTH, 1, timestamp=0).event()):
                self.course.finish(Ended.LOST, lost)
                return
            arrived = self._send_all()
            self.played.clear()  # what came until now was about the sound before
            if not self._send(AudioStop().event()) or not arrived:
                self.course.finish(Ended.LOST, lost)
                return
            self._wait()
            self.course.finish(Ended.STOPPED if self.course.stopped else Ended.PLAYED)
        except Exception as error:  # noqa: BLE001  # whoever waits for the sound must hear that it has ended
            _log.exception("a sound for the satellite %s could not be made", self._called)
            self.course.finish(Ended.LOST, f"The sound could not be made: {error}")

    def _send_all(self) -> bool:
        self._began = time.monotonic()
        for piece in self._sound:
            for at in range(0, len(piece), _PIECE):
                part = piece[at : at + _PIECE]
                ahead = self.course.seconds - (time.monotonic() - self._began)
                if self.course.pause(max(0.0, ahead - AHEAD_SECONDS)):
                    return True
                pcm = part.astype("<i2").tobytes()
                moment = round(1000 * self.course.seconds)
                if not self._send(AudioChunk(self._rate, _WIDTH, 1, pcm, timestamp=moment).event()):
                    return False
                self.course.played(len(part) / self._rate)
        return True

    def _wait(self) -> None:
        """Until it was played, as the satellite says or as its length tells."""
        until = self._began + self.course.seconds + GRACE_SECONDS
        while not self.played.is_set() and not self.course.stopped and time.monotonic() < until:
            self.course.pause(0.02)
