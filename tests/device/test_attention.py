"""What a microphone hears, as events: real endpoints, a detector that takes loud for speech, virtual time."""

import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Timer

import numpy as np
import pytest

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples, Utterance
from paige.audio.endpointer import Endpointer, utterances
from paige.audio.voice_activity import VoiceActivity
from paige.audio.wake import _Several
from paige.audio.wake.detector import Wake
from paige.audio.wav import read_wav
from paige.device import attention as attention_module
from paige.device.attention import (
    GUESS_SECONDS,
    WAKE_SECONDS,
    Attention,
    Event,
    Guess,
    Heard,
    NothingSaid,
    SpokenOver,
    Stopped,
    Woken,
)
from paige.models.transcript import Transcript

QUIET, LOUD = 0, 1000
RECORDINGS = Path(__file__).parents[2] / "tools/demo/recordings"
LATE = 0.2
"""Seconds after its end at which a wake word is noticed."""


def is_speech(chunk: AudioChunk) -> bool:
    return bool(chunk.samples[0] == LOUD)


def chunks_of(sound: Samples) -> Iterator[AudioChunk]:
    for begin in range(0, len(sound) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        yield AudioChunk(sound[begin : begin + CHUNK_SAMPLES], begin / RATE)


class Clockwork:
    """Hears phrases at times that the test sets."""

    def __init__(self, **ends: float) -> None:
        self._ends = ends

    def hear(self, chunk: AudioChunk) -> Wake | None:
        for phrase, end in self._ends.items():
            if chunk.start <= end + LATE < chunk.start + chunk.seconds:
                return Wake(phrase, end - 0.5, end, 1.0)
        return None

    def reset(self) -> None:
        """Nothing to forget."""


class Ear:
    """Plays sound to an attention and notes when what came of it."""

    def __init__(self, attention: Attention) -> None:
        self.attention = attention
        self.events: list[tuple[float, Event]] = []
        self._at = 0

    @property
    def now(self) -> float:
        return self._at / RATE

    def until(self, seconds: float, level: int = QUIET, behind: float = 0.0) -> None:
        while self.now < seconds:
            chunk = AudioChunk(np.full(CHUNK_SAMPLES, level, np.int16), self.now, behind)
            self._at += CHUNK_SAMPLES
            self.events += [(self.now, event) for event in self.attention.hear(chunk)]

    def heard(self) -> Iterator[tuple[float, Utterance]]:
        for at, event in self.events:
            if isinstance(event, Heard):
                yield at, event.utterance


def kinds(ear: Ear) -> list[type]:
    return [type(event) for _, event in ear.events]


def test_asleep_it_hears_nothing() -> None:
    ear = Ear(Attention(Endpointer(is_speech), Clockwork()))
    ear.until(1)
    ear.until(3, LOUD)
    ear.until(6)
    assert ear.events == []


def test_what_follows_a_wake_word_is_heard_once() -> None:
    ear = Ear(Attention(Endpointer(is_speech), Clockwork(paige=1.0)))
    ear.until(2)
    ear.until(3, LOUD)
    ear.until(5)
    ear.until(6, LOUD)
    ear.until(9)
    assert kinds(ear) == [Woken, Heard]
    ((at, utterance),) = ear.heard()
    assert utterance.speech_end == pytest.approx(3, abs=0.05)
    assert at == pytest.approx(3.7, abs=0.05)


def test_the_last_sound_of_a_wake_word_is_no_beginning_of_speech() -> None:
    activity = VoiceActivity()

    class Spotter(Clockwork):
        def hear(self, chunk: AudioChunk) -> Wake | None:
            activity(chunk)
            return super().hear(chunk)

    word = read_wav(RECORDINGS / "09-yes.wav").samples
    [utterance] = utterances(chunks_of(word))
    attention = Attention(
        Endpointer(activity), Spotter(yes=utterance.speech_end - LATE - 0.05), activity=activity
    )
    sound = np.concatenate((word, np.zeros(6 * RATE, np.int16)))
    events = [event for chunk in chunks_of(sound) for event in attention.hear(chunk)]
    assert list(map(type, events)) == [Woken, NothingSaid]


def test_a_wake_word_that_sounds_longer_than_was_estimated_is_not_heard_as_speech() -> None:
    ear = Ear(Attention(Endpointer(is_speech), Clockwork(paige=1.0)))
    ear.until(0.4)
    ear.until(1.25, LOUD)
    ear.until(2)
    ear.until(3, LOUD)
    ear.until(5)
    assert kinds(ear) == [Woken, Heard]
    ((_, utterance),) = ear.heard()
    assert utterance.start > 1.6, "it begins a little before what was said"
    assert utterance.speech_end == pytest.approx(3, abs=0.05)


def test_one_short_word_right_after_a_wake_word_is_heard() -> None:
    ear = Ear(Attention(Endpointer(is_speech), Clockwork(paige=1.0)))
    ear.until(0.4)
    ear.until(1.4, LOUD)
    ear.until(4)
    assert kinds(ear) == [Woken, Heard]


@pytest.mark.parametrize(("woken", "heard"), [(True, []), (False, [Heard])])
def test_what_still_sounds_when_a_button_is_pushed_is_no_answer(woken: bool, heard: list[type]) -> None:
    attention = Attention(Endpointer(is_speech))
    ear = Ear(attention)
    ear.until(1)
    attention.listen(2.0, woken=woken)
    ear.until(1.25, LOUD)
    ear.until(2.5)
    assert kinds(ear) == heard


def test_a_button_that_is_pushed_while_somebody_speaks_takes_nothing_away() -> None:
    attention = Attention(Endpointer(is_speech), always=True)
    ear = Ear(attention)
    ear.until(1)
    ear.until(2, LOUD)
    attention.listen(woken=True)
    ear.until(2.2, LOUD)
    ear.until(4)
    assert kinds(ear) == [Heard]


def test_who_goes_on_without_a_pause_is_heard_from_the_first_word() -> None:
    ear = Ear(Attention(Endpointer(is_speech), Clockwork(paige=1.0)))
    ear.until(0.4)
    ear.until(2.5, LOUD)
    ear.until(4)
    ((_, utterance),) = ear.heard()
    assert utterance.start == pytest.approx(1.0, abs=0.05)
    assert utterance.start >= 1.0, "the wake word is no part of it"


@pytest.mark.parametrize("apart", [0.0, 0.04, 0.3])
def test_of_two_wake_words_at_once_both_wake_and_what_follows_is_heard_once(apart: float) -> None:
    ear = Ear(Attention(Endpointer(is_speech), _Several([Clockwork(one=1.0), Clockwork(other=1.0 + apart)])))
    ear.until(2)
    ear.until(3, LOUD)
    ear.until(9)
    assert kinds(ear) == [Woken] * (1 if apart == 0 else 2) + [Heard]
    ((_, utterance),) = ear.heard()
    assert utterance.start < 2.0
    assert utterance.speech_end == pytest.approx(3, abs=0.05)


def test_who_says_nothing_is_not_waited_for() -> None:
    ear = Ear(Attention(Endpointer(is_speech), Clockwork(paige=1.0)))
    ear.until(10)
    assert kinds(ear) == [Woken, NothingSaid]
    assert ear.events[1][0] == pytest.approx(1 + LATE + WAKE_SECONDS, abs=0.1)


def test_a_button_or_a_question_does_what_a_wake_word_does() -> None:
    attention = Attention(Endpointer(is_speech))
    ear = Ear(attention)
    ear.until(1)
    attention.listen(8.0)
    ear.until(7)
    ear.until(8, LOUD)
    ear.until(10)
    assert kinds(ear) == [Heard]
    attention.listen(2.0)
    ear.until(11)
    attention.sleep()
    ear.until(12, LOUD)
    ear.until(14)
    assert kinds(ear) == [Heard]


@pytest.mark.parametrize(("behind", "heard"), [(0.0, [NothingSaid]), (2.0, [Heard])])
def test_a_button_counts_from_when_it_was_pushed_and_not_from_what_is_heard_then(
    behind: float, heard: list[type]
) -> None:
    ear = Ear(Attention(Endpointer(is_speech)))
    ear.until(1)
    ear.attention.listen(2.0)
    ear.until(1.1, behind=behind)
    ear.until(3.5)
    ear.until(4.5, LOUD)
    ear.until(7)
    assert kinds(ear) == heard


def test_always_awake_it_hears_all_and_waits_for_nobody() -> None:
    ear = Ear(Attention(Endpointer(is_speech), always=True))
    for second in range(0, 8, 2):
        ear.until(second + 1)
        ear.until(second + 2, LOUD)
    ear.until(10)
    assert kinds(ear) == [Heard] * 4


def test_a_stop_word_counts_only_while_paige_speaks() -> None:
    attention = Attention(Endpointer(is_speech), stop=Clockwork(stop=1.0, halt=3.0))
    ear = Ear(attention)
    ear.until(2)
    attention.speaking = True
    ear.until(5)
    assert [(type(event), event.wake.phrase) for _, event in ear.events if isinstance(event, Stopped)] == [
        (Stopped, "halt")
    ]
    assert len(ear.events) == 1


def test_deaf_it_hears_no_more_than_wake_words() -> None:
    attention = Attention(Endpointer(is_speech), Clockwork(paige=2.0), always=True)
    ear = Ear(attention)
    attention.deaf = attention.speaking = True
    ear.until(1)
    ear.until(3, LOUD)
    assert kinds(ear) == [Woken]
    attention.deaf = attention.speaking = False
    ear.until(4)
    ear.until(5, LOUD)
    ear.until(6)
    ((_, utterance),) = ear.heard()
    assert utterance.start > 3.5, "what was said into deaf ears is not half heard"


@pytest.mark.parametrize("always", [True, False])
def test_speaking_over_paige_is_told_at_once_and_heard(always: bool) -> None:
    attention = Attention(Endpointer(is_speech), Clockwork(), always=always)
    ear = Ear(attention)
    attention.speaking = True
    ear.until(1)
    ear.until(1.5, LOUD)
    attention.speaking = False  # it was hushed
    ear.until(2, LOUD)
    ear.until(4)
    assert kinds(ear) == [SpokenOver, Heard]
    assert ear.events[0][0] < 1.4
    ear.until(5, LOUD)
    ear.until(7)
    assert len(ear.events) == (3 if always else 2), "asleep again, without a wake word nobody is heard"


class Guessing:
    """Says of each pause what the test wants, as soon as the test wants."""

    def __init__(self, *pauses: float, at_once: bool = True, said: str = "x") -> None:
        self._pauses = list(pauses)
        self._said = said
        self.spoken: list[AudioChunk] = []
        self.asked: list[tuple[Utterance, Future[Guess | None]]] = []
        self._at_once = at_once

    def begin(self, sound: AudioChunk) -> None:
        self.spoken = [sound]

    def hear(self, chunk: AudioChunk) -> None:
        self.spoken.append(chunk)

    def guess(self, utterance: Utterance) -> Future[Guess | None]:
        sound = np.concatenate([chunk.samples for chunk in self.spoken])
        assert np.array_equal(sound, utterance.samples), "it was given all of it, once"
        future: Future[Guess | None] = Future()
        self.asked.append((utterance, future))
        if self._at_once:
            self.answer(future)
        return future

    def answer(self, future: Future[Guess | None]) -> None:
        future.set_result(Guess(Transcript(self._said, 1.0, 1.0), self._pauses.pop(0)))


def test_a_finished_sentence_ends_early_and_is_known_already() -> None:
    guessing = Guessing(0.25)
    ear = Ear(Attention(Endpointer(is_speech), listener=guessing, always=True))
    ear.until(1)
    ear.until(2, LOUD)
    ear.until(4)
    ((at, event),) = ear.events
    assert isinstance(event, Heard)
    assert at == pytest.approx(2.25, abs=0.06)
    ((asked, future),) = guessing.asked
    assert event.guess is future
    assert asked.speech_end == event.utterance.speech_end
    assert asked.start + asked.seconds == pytest.approx(2 + GUESS_SECONDS, abs=0.06)


def test_an_unfinished_sentence_is_waited_for_and_each_pause_is_judged_anew() -> None:
    guessing = Guessing(1.5, 0.25)
    ear = Ear(Attention(Endpointer(is_speech), listener=guessing, always=True))
    ear.until(1)
    ear.until(2, LOUD)
    ear.until(3.2)
    ear.until(4, LOUD)
    ear.until(6)
    ((at, event),) = ear.events
    assert isinstance(event, Heard)
    assert at == pytest.approx(4.25, abs=0.06)
    assert len(guessing.asked) == 2
    assert event.guess is guessing.asked[1][1], "what the first pause made of it is not what was said"


@pytest.mark.parametrize(
    ("until", "said", "what"),
    [(1.5, "", NothingSaid), (1.5, "stop", Heard), (1.8, "", Heard), (1.25, "stop", NothingSaid)],
)
def test_a_short_sound_after_a_wake_word_counts_where_it_can_be_said(
    until: float, said: str, what: type[Event]
) -> None:
    ear = Ear(Attention(Endpointer(is_speech), Clockwork(paige=1.0), listener=Guessing(0.7, said=said)))
    ear.until(0.4)
    ear.until(until, LOUD)
    ear.until(7)
    assert kinds(ear) == [Woken, what]


def test_a_command_is_not_joined_to_the_end_of_a_wake_word() -> None:
    ear = Ear(Attention(Endpointer(is_speech), Clockwork(paige=1.0), listener=Guessing(1.5, 0.7, said="")))
    ear.until(0.4)
    ear.until(1.4, LOUD)
    ear.until(2.4)
    ear.until(3.4, LOUD)
    ear.until(7)
    assert kinds(ear) == [Woken, Heard]
    ((_, utterance),) = ear.heard()
    assert utterance.start > 2


def test_a_short_sound_after_a_wake_word_counts_where_it_is_not_known_in_time_what_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attention_module, "_GUESSED_SECONDS", 0.5)
    ear = Ear(Attention(Endpointer(is_speech), Clockwork(paige=1.0), listener=Guessing(at_once=False)))
    ear.until(0.4)
    ear.until(1.5, LOUD)
    began = time.monotonic()
    ear.until(7)
    assert kinds(ear) == [Woken, Heard]
    assert 0.5 <= time.monotonic() - began < 4


def test_an_unfinished_sentence_is_waited_for_however_late_that_is_known() -> None:
    guessing = Guessing(1.5, 0.25, at_once=False)
    ear = Ear(Attention(Endpointer(is_speech), listener=guessing, always=True))
    ear.until(1)
    ear.until(2, LOUD)
    ear.until(2.6)
    first = Timer(0.2, lambda: guessing.answer(guessing.asked[0][1]))
    first.start()
    ear.until(3)
    assert ear.events == [], "the silence is longer than what is waited for by itself"
    ear.until(4, LOUD)
    ear.until(4.6)
    second = Timer(0.2, lambda: guessing.answer(guessing.asked[1][1]))
    second.start()
    ear.until(7)
    ((_, utterance),) = ear.heard()
    assert utterance.start == pytest.approx(1, abs=0.4)
    assert utterance.speech_end == pytest.approx(4, abs=0.06)
    first.join()
    second.join()


def test_a_guess_that_does_not_come_or_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention_module, "_GUESSED_SECONDS", 0.05)
    guessing = Guessing(0.25, at_once=False)
    ear = Ear(Attention(Endpointer(is_speech), listener=guessing, always=True))
    ear.until(1)
    ear.until(2, LOUD)
    ear.until(4)
    ear.until(5, LOUD)
    ear.until(5.3)
    guessing.asked[1][1].set_exception(ValueError("broken"))
    ear.until(7)
    assert [at for at, _ in ear.events] == [pytest.approx(2.7, abs=0.05), pytest.approx(5.7, abs=0.05)]
