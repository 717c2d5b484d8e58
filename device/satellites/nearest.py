"""An ear among several: it acts only where no other ear hears the speaker better."""

import logging
import time
from collections.abc import Callable, Iterator

from paige.audio.chunk import AudioChunk
from paige.audio.level import SignalMeter
from paige.audio.wake import Wake
from paige.device.attention import Event, Heard, NothingSaid, Woken
from paige.device.satellites.listener import Listener, Wins

_log = logging.getLogger(__name__)


class NearestEar:
    """Asks before it acts on a wake word. Where another answers, what is said then is not for this one.

    Args:
        ear: What listens and acts.
        wins: Asks the others.
        clock: Monotonic seconds.
    """

    def __init__(self, ear: Listener, wins: Wins, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ear = ear
        self._wins = wins
        self._clock = clock
        self._bids: dict[Wake, tuple[float | None, float]] = {}
        """How far each voice stood out, and when its wake word ended, by our clock."""
        self._yields = False

    @property
    def yields(self) -> bool:
        """Whether another answers to the wake word that was heard last."""
        return self._yields

    def events(self, chunks: Iterator[AudioChunk]) -> Iterator[Event]:
        """What comes of the sound of a microphone; for the thread that hears."""
        meter = SignalMeter()
        began = self._clock()
        """When the sound began, by our clock."""

        def measured() -> Iterator[AudioChunk]:
            nonlocal began
            for chunk in chunks:
                meter.hear(chunk)
                # Not when it is known whether that was a wake word: that takes half a second on a slow board.
                began = self._clock() - chunk.behind - chunk.seconds - chunk.start
                yield chunk

        for event in self._ear.events(measured()):
            if isinstance(event, Woken):
                wake = event.wake
                self._bids[wake] = meter.signal(wake.start, wake.end), began + wake.end
            yield event

    async def handle(self, event: Event) -> None:
        """Do what is to be done about an event, if this ear is to do it."""
        if isinstance(event, Woken):
            self._yields = not await self._answers(event.wake)
            if self._yields:
                return
        elif isinstance(event, Heard | NothingSaid) and self._yields:
            self._yields = False
            return
        await self._ear.handle(event)

    def listen(self, seconds: float) -> None:
        """Listen without a wake word: this ear was meant."""
        self._yields = False
        self._ear.listen(seconds)

    async def _answers(self, wake: Wake) -> bool:
        signal, ended = self._bids.pop(wake, (None, self._clock()))
        self._bids.clear()  # of wake words that nobody handled
        age = max(0.0, self._clock() - ended)
        won = await self._wins(signal=signal, score=min(1.0, max(0.0, wake.score)), age=age)
        if not won:
            _log.info("another ear answers to “%s”", wake.phrase)
        return won
