"""One microphone of the house: who is listened to when, and what comes of what is said."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from paige.audio.chunk import AudioChunk, Utterance
from paige.audio.earcons import Earcon
from paige.audio.echo import EchoCanceller
from paige.audio.endpointer import Endpointer
from paige.audio.voice_activity import open_voice_detector
from paige.device.attention import Attention, Event, Guess, Heard, NothingSaid, SpokenOver, Stopped, Woken
from paige.device.config.schema import Wake
from paige.device.mouth import Aloud, Mouth
from paige.device.pipeline import Pipeline
from paige.device.turn import Expects, Turn
from paige.device.wake_words import wake_detector
from paige.models.heap import give_back

_log = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 8.0
"""How long somebody who was asked something may take to begin to answer."""
LATE_SECONDS: Final = 10.0
"""After which nothing is done any more about what was said: who saw nothing come of it has said it again, or
has done it himself."""
MOST_ANSWERED: Final = 4
"""Utterances whose turns may be under way at a time; the next waits for one of them."""


@dataclass(frozen=True, slots=True)
class Hears:
    """What an ear is for."""

    pipeline: Pipeline
    wake: Wake
    area: str | None
    """Where the microphone stands."""
    done: Callable[[Turn], Awaitable[None]]
    """Told of the turn that came of each utterance."""
    mouth: Mouth | None = None
    """Says the replies aloud; None where that is somebody else's."""
    echo: EchoCanceller | None = None
    """Takes out of the sound what the mouth says; without it, nobody is heard while Paige speaks."""
    hearing: Callable[[str | None], None] | None = None
    """Told, in another thread, of the words so far while somebody is listened to (at first none), and None
    when that is over; None where nobody wants to know."""


class Ear:
    """Wakes, listens, answers, and listens again after a question.

    `events` and `open` are for the thread that hears; all else is for the event loop.
    """

    def __init__(self, what: Hears, clock: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._clock = clock
        self._attention: Attention | None = None
        """Of the microphone that is open."""
        self._live = what.pipeline.live() if what.hearing is None else what.pipeline.live(what.hearing)
        self._answering: set[asyncio.Task[None]] = set()
        self._free = asyncio.Semaphore(MOST_ANSWERED)

    def events(self, chunks: Iterator[AudioChunk]) -> Iterator[Event]:
        """What comes of the sound of a microphone that was opened."""
        attention, echo = self.open(), self._what.echo
        try:
            for chunk in chunks:
                heard = chunk
                if echo is not None:
                    heard = echo.hear(chunk)
                    attention.mend(echo.mended)
                for event in attention.hear(heard):
                    if not isinstance(event, SpokenOver):
                        self._tell_hearing("" if isinstance(event, Woken) else None)
                    yield (
                        replace(event, at=self._clock() - chunk.behind) if isinstance(event, Heard) else event
                    )
        finally:
            self._tell_hearing(None)

    def open(self) -> Attention:
        """Begin with a microphone.

        Raises:
            PhraseUnusable: A wake word cannot be said.
        """
        wake, activity = self._what.wake, open_voice_detector()
        self._attention = Attention(
            Endpointer(activity),
            wake_detector(wake.words if wake.mode == "word" else (), activity),
            activity=activity,
            stop=wake_detector(wake.stop_words, activity),
            listener=self._live,
            always=wake.mode == "always",
        )
        return self._attention

    async def handle(self, event: Event) -> None:
        """Do what is to be done about an event."""
        if not isinstance(event, NothingSaid):
            self._what.pipeline.engagement.sign()
        match event:
            case Woken():
                self.hush()
                self._signal(Earcon.WAKE)
            case Stopped() | SpokenOver():
                self.hush()
            case NothingSaid():
                self._signal(Earcon.NOTHING)
            case Heard(utterance, guess, at):
                await self._free.acquire()
                if at is not None and self._clock() - at > LATE_SECONDS:
                    _log.warning("what was said %.0f s ago is not done any more", self._clock() - at)
                    self._free.release()
                    self._signal(Earcon.NOTHING)
                    return
                # What takes its time, such as a garage door, must not keep who speaks from stopping it.
                self._start(self._answer(utterance, guess), self._free.release)

    def listen(self, seconds: float) -> None:
        """Listen without a wake word: a button was pushed."""
        self._what.pipeline.engagement.sign()
        self.hush()
        self._listen(seconds, woken=True)

    def speaks(self, aloud: Aloud) -> None:
        """Something else is heard of Paige now."""
        if self._attention is not None:
            self._attention.speaking = aloud is not Aloud.NOTHING
            heard_through = aloud is Aloud.NOTHING or (aloud is Aloud.WORDS and self._what.echo is not None)
            self._attention.deaf = not heard_through
            if not heard_through:
                self._tell_hearing(None)

    async def settled(self) -> None:
        """Wait until nothing that was heard is still to be answered."""
        while self._answering:
            await asyncio.wait(self._answering)

    async def close(self) -> None:
        """Break off what is being answered."""
        self._live.close()
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    async def _answer(self, utterance: Utterance, guess: Future[Guess | None] | None) -> None:
        what = self._what
        ahead = None if guess is None else asyncio.wrap_future(guess)
        turn = await what.pipeline.handle_utterance(utterance, what.area, ahead)
        await what.done(turn)
        # A question makes its answers worth hearing: they are readied while it is said.
        await asyncio.gather(self._tell(turn), what.pipeline.listen_for_the_home(what.area))
        if turn.reply.expects is not Expects.NOTHING:
            self._listen(ANSWER_SECONDS)
        await asyncio.to_thread(give_back)

    def _listen(self, seconds: float, *, woken: bool = False) -> None:
        if self._attention is not None:
            self._attention.listen(seconds, woken=woken)
            self._tell_hearing("")

    def _tell_hearing(self, words: str | None) -> None:
        """In the order in which it is heard."""
        if self._what.hearing is not None:
            self._live.after(partial(self._what.hearing, words))

    async def _tell(self, turn: Turn) -> None:
        """Say the reply; to talk that means nothing there is none."""
        if not turn.text and turn.reply.expects is Expects.NOTHING:
            self._signal(Earcon.REFUSED)
        elif self._what.mouth is not None:
            await self._what.mouth.say(turn.reply.text)

    def hush(self) -> None:
        """Say no more of what is being said."""
        if self._what.mouth is not None:
            self._what.mouth.hush()

    def _signal(self, sound: Earcon) -> None:
        if self._what.mouth is not None and self._what.wake.mode != "always":
            self._start(self._what.mouth.signal(sound))

    def _start(self, work: "Awaitable[None]", finished: Callable[[], None] = lambda: None) -> None:
        async def worked() -> None:
            try:
                with self._what.pipeline.engagement.engaged():
                    await work
            except Exception:  # noqa: BLE001  # one utterance must not take the ears from the next
                _log.exception("an utterance could not be handled")
            finally:
                finished()

        task = asyncio.create_task(worked(), name="utterance")
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
