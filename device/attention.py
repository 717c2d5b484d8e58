"""When Paige listens to somebody: from the wake word to the end of what is said.

Pure: no I/O, and no clock but that of the sound; now and then it waits a moment for what recognizes. One
thread hears; any may tell it to listen or to sleep.
"""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from math import inf
from typing import Final, Protocol

from paige.audio.chunk import RATE, AudioChunk, Utterance
from paige.audio.endpointer import Endpointer
from paige.audio.voice_activity import KEPT_SECONDS, VoiceActivity
from paige.audio.wake.detector import Wake, WakeDetector
from paige.models.grammar.language import Language
from paige.models.transcript import Transcript

GUESS_SECONDS: Final = 0.15
"""Silence after which what was said until then is recognized, whether it has ended or not."""
WAKE_SECONDS: Final = 5.0
"""How long somebody who woke Paige may take to begin to speak."""
_FADES_SECONDS: Final = 0.3
"""For which a wake word may still sound after its end, which is estimated, or a button's click.

Of 119 times that voices made of people's said "okay nabu", its end took longer twice, and a "stop" right
after it was shorter once in 25; with 0.35 s never and once in six, with 0.25 s once in ten and never.
"""
_SELDOM_FADES_SECONDS: Final = 0.6
"""For which it may sound where what is heard then is nothing that can be said."""
_GUESSED_SECONDS: Final = 5.0
"""For which the sound may wait to know what was said, when a silence would end it. It began to be recognized
0.55 s ago, so it seldom waits but on a slow board, on which it must not be cut where another would wait."""
_KEPT_SECONDS: Final = KEPT_SECONDS
"""Of sound before a wake word is noticed: who goes on without a pause has said the first words by then."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What was said, if it has ended."""

    transcript: Transcript
    pause: float
    """Seconds of silence after which it has."""
    languages: tuple[Language, ...] = ()
    """What could be said when it began."""


class Listener(Protocol):
    """Finds out what is being said. None of its methods may take time: the sound goes on."""

    def begin(self, sound: AudioChunk) -> None:
        """Somebody has begun to speak; so far it is this."""
        ...

    def hear(self, chunk: AudioChunk) -> None:
        """Take what follows."""
        ...

    def guess(self, utterance: Utterance) -> Future[Guess | None]:
        """Begin to find out what it is, if it was all of it; None where that cannot be known yet."""
        ...


@dataclass(frozen=True, slots=True)
class Woken:
    """A wake word was heard."""

    wake: Wake


@dataclass(frozen=True, slots=True)
class Stopped:
    """The stop word was heard while Paige spoke or rang."""

    wake: Wake


@dataclass(frozen=True, slots=True)
class SpokenOver:
    """Somebody speaks while Paige does."""

    at: float
    """Seconds of the source."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody has said something."""

    utterance: Utterance
    guess: Future[Guess | None] | None = None
    """What it is, where that was found out ahead."""
    at: float | None = None
    """Monotonic second at which its last sound came in, where that is known."""


@dataclass(frozen=True, slots=True)
class NothingSaid:
    """Nobody has said anything, though Paige was listening for it."""


Event = Woken | Stopped | SpokenOver | Heard | NothingSaid


class Attention:
    """What one microphone hears, as events.

    It is awake from a wake word on, or when it is told to `listen`, to the end of what is said then.

    Args:
        endpointer: Says where speech ends.
        wake: Hears wake words; None for none.
        activity: What the endpointer and the others ask where there is speech; None where they ask something
            of their own.
        stop: Hears stop words; it is asked only while Paige speaks. None for none.
        listener: Finds out what is said while it is said; None to wait for the same silence whatever it is.
        always: Whether it is awake at other times, too: whatever is said is heard.
    """

    def __init__(
        self,
        endpointer: Endpointer,
        wake: WakeDetector | None = None,
        *,
        activity: VoiceActivity | None = None,
        stop: WakeDetector | None = None,
        listener: Listener | None = None,
        always: bool = False,
    ) -> None:
        self._endpointer = endpointer
        self._wake = wake
        self._activity = activity
        self._stop = stop
        self._spoke = False
        """Whether Paige spoke when the last chunk was heard."""
        self._listener = listener
        self._rest: Final = inf if always else -inf
        self._awake_until = self._rest
        """Seconds of the source until which somebody may begin to speak."""
        self._woken_at = -inf
        """Second of the source at which what woke it had ended, or seemed to."""
        self._now = 0.0
        self._kept: deque[AudioChunk] = deque()
        self._orders: deque[tuple[float, bool] | None] = deque()
        """Of other threads: to listen for so many seconds, and whether something woke it; or to sleep."""
        self._guessed: tuple[int, Future[Guess | None]] | None = None
        """The sample with which speech had ended, and what is guessed of it."""
        self.speaking = False
        """Whether Paige speaks or rings: then a stop word counts, and who speaks over it is listened to."""
        self.deaf = False
        """Whether what is heard may be Paige itself: then no more than wake words and stop words count."""

    def listen(self, seconds: float = WAKE_SECONDS, *, woken: bool = False) -> None:
        """Be awake for so long, and to the end of what is said then.

        Args:
            seconds: Until somebody begins to speak.
            woken: By a button or a wake word elsewhere, which may be heard here, too; else it was a question.
        """
        self._orders.append((seconds, woken))

    def sleep(self) -> None:
        """Forget what is being said, and wait to be woken."""
        self._orders.append(None)

    def hear(self, chunk: AudioChunk) -> tuple[Event, ...]:
        """Take the next chunk; give what has come of it."""
        self._now = chunk.start + chunk.seconds
        while self._orders:
            self._follow(self._orders.popleft(), chunk.start + chunk.behind)
        events = self._words_that_wake(chunk)
        if self.deaf:
            self._forget()
        elif not events:  # else it was heard with what was kept
            return self._listened(chunk)
        return events

    def mend(self, chunks: Sequence[AudioChunk]) -> None:
        """Put better sound in the place of what was heard at the same time; see `Endpointer.mend`."""
        if chunks:
            self._endpointer.mend(chunks)

    def _follow(self, order: tuple[float, bool] | None, now: float) -> None:
        if order is None:
            self._forget()
            self._awake_until = self._rest
            return
        seconds, woken = order
        self._awake_until = max(self._rest, now + seconds)
        if woken and self._endpointer.silence is None:
            self._woken_at = now

    def _forget(self) -> None:
        """What is being said."""
        self._endpointer.finish()
        self._guessed = None

    def _word_that_stops(self, chunk: AudioChunk) -> Wake | None:
        spoke, self._spoke = self._spoke, self.speaking
        if self._stop is None or not self.speaking:
            return None
        if not spoke:
            self._stop.reset()  # what it heard last is long ago
        return self._stop.hear(chunk)

    def _words_that_wake(self, chunk: AudioChunk) -> tuple[Event, ...]:
        stopped = self._word_that_stops(chunk)
        if stopped is not None:
            return (Stopped(stopped),)
        if self._wake is None:
            return ()
        self._kept.append(chunk)
        while self._now - self._kept[0].start > _KEPT_SECONDS:
            self._kept.popleft()
        wake = self._wake.hear(chunk)
        if wake is None:
            return ()
        self._forget()
        self._awake_until = max(self._rest, self._now + WAKE_SECONDS)
        self._woken_at = wake.end
        if self.deaf:
            return (Woken(wake),)
        after = [one for one in self._kept if one.start >= wake.end]
        if self._activity is not None:
            self._activity.begin(wake.end)
        return (Woken(wake), *(event for one in after for event in self._listened(one)))

    def _listened(self, chunk: AudioChunk) -> tuple[Event, ...]:
        began = self._endpointer.silence is None
        if began and self._now >= self._awake_until and not self.speaking:
            self._forget()  # what may have been the beginning of something
            if self._awake_until == self._rest:
                return ()
            self._awake_until = self._rest
            return (NothingSaid(),)
        self._know_before_the_end(chunk)
        utterance = self._endpointer.hear(chunk)
        if utterance is not None:
            return () if self._never_said(utterance) else (self._heard(utterance),)
        if self._faded(chunk):
            self._endpointer.retract()
        if self._endpointer.silence is None:
            return ()
        if self._listener is not None:
            self._follow_speech(self._listener, chunk, began=began)
        return (SpokenOver(self._now),) if began and self.speaking else ()

    def _faded(self, chunk: AudioChunk) -> bool:
        """Whether all that was spoken so far, with this chunk, was the last sound of a wake word."""
        silence = self._endpointer.silence
        if silence is None or silence < GUESS_SECONDS:
            return False
        return chunk.start + chunk.seconds - silence <= self._woken_at + _FADES_SECONDS

    def _may_be_its_end(self, speech_end: float) -> bool:
        """Whether speech that ends there may be no more than the last sound of a wake word."""
        return speech_end <= self._woken_at + _SELDOM_FADES_SECONDS

    def _never_said(self, utterance: Utterance) -> bool:
        """Whether that was the last sound of a wake word, too: so short, and nothing that can be said."""
        if not self._may_be_its_end(utterance.speech_end):
            return False
        guess = self._guess_of(utterance)
        if guess is None or not guess.done() or guess.exception() is not None:
            return False
        found = guess.result()
        return found is not None and found.transcript.empty

    def _know_before_the_end(self, chunk: AudioChunk) -> None:
        """Where this chunk may end what is said, wait for what it is: it may not have ended."""
        silence = self._endpointer.silence
        if (
            self._guessed is None
            or silence is None
            or silence + chunk.seconds < self._endpointer.pause - 1e-9
        ):
            return
        wait([self._guessed[1]], _GUESSED_SECONDS)
        self._take_pause(self._guessed[1], self._now - chunk.seconds - silence)

    def _take_pause(self, guessed: Future[Guess | None], speech_end: float) -> None:
        """Wait as long as suits what was said, if that is known by now."""
        guess = guessed.result() if guessed.done() and guessed.exception() is None else None
        # The end of a wake word is not waited for as what is unfinished: a command would be joined to it.
        if guess is not None and not (guess.transcript.empty and self._may_be_its_end(speech_end)):
            self._endpointer.pause = guess.pause

    def _follow_speech(self, listener: Listener, chunk: AudioChunk, *, began: bool) -> None:
        """Recognize what was said so far when it may have ended; what comes of it says how long to wait."""
        if began:
            so_far = self._endpointer.so_far()
            assert so_far is not None  # speech goes on
            listener.begin(AudioChunk(so_far.samples, so_far.start))
        else:
            listener.hear(chunk)
        silence, now = self._endpointer.silence, chunk.start + chunk.seconds
        assert silence is not None  # speech goes on
        speech_end = _sample(now - silence)
        if self._guessed is not None and self._guessed[0] != speech_end:
            self._guessed = None
        if self._guessed is None:
            if silence >= GUESS_SECONDS:
                so_far = self._endpointer.so_far()
                assert so_far is not None  # speech goes on
                self._guessed = speech_end, listener.guess(so_far)
        else:
            self._take_pause(self._guessed[1], now - silence)

    def _heard(self, utterance: Utterance) -> Heard:
        guess, self._guessed = self._guess_of(utterance), None
        self._awake_until = self._rest
        return Heard(utterance, guess)

    def _guess_of(self, utterance: Utterance) -> Future[Guess | None] | None:
        """What was guessed of that while it was said; None where more was said since."""
        if self._guessed is None or self._guessed[0] != _sample(utterance.speech_end):
            return None
        return self._guessed[1]


def _sample(seconds: float) -> int:
    return round(seconds * RATE)
