"""Utterances begin before their first word, end after a pause, and never last for ever."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples, Utterance
from paige.audio.endpointer import Endpointer, utterances, whole_or_utterances
from paige.audio.wav import WavSource, read_wav

RECORDINGS = Path(__file__).parents[2] / "tools" / "demo" / "recordings"
SECONDS = CHUNK_SAMPLES / RATE


def chunks_of(samples: Samples) -> Iterator[AudioChunk]:
    for begin in range(0, len(samples), CHUNK_SAMPLES):
        yield AudioChunk(samples[begin : begin + CHUNK_SAMPLES], begin / RATE)


def cut(speech: str) -> list[Utterance]:
    """What comes of a stream in which `#` is 30 ms of speech and `.` is none."""
    decisions = iter(speech)
    endpointer = Endpointer(lambda _: next(decisions) == "#")
    sound = np.arange(len(speech) * CHUNK_SAMPLES).astype(np.int16)
    found = [endpointer.hear(chunk) for chunk in chunks_of(sound)]
    return [utterance for utterance in (*found, endpointer.finish()) if utterance]


def test_an_utterance_begins_a_margin_before_and_says_where_speech_ended() -> None:
    [utterance] = cut("." * 50 + "#" * 20 + "." * 50)
    assert utterance.start == pytest.approx((50 - 10) * SECONDS)
    assert utterance.speech_end == pytest.approx(70 * SECONDS)
    assert utterance.start + utterance.seconds == pytest.approx(70 * SECONDS + 0.7, abs=SECONDS)
    assert utterance.samples[0] == np.int16(40 * CHUNK_SAMPLES)


def test_a_pause_for_breath_does_not_end_it() -> None:
    assert len(cut("#" * 20 + "." * 15 + "#" * 20 + "." * 40)) == 1


def test_a_long_pause_does() -> None:
    first, second = cut("#" * 20 + "." * 40 + "#" * 20 + "." * 40)
    assert first.start + first.seconds <= second.start


def test_single_sounds_are_no_speech() -> None:
    assert cut(("#" * 3 + "." * 20) * 5) == []


def test_speech_that_the_end_of_the_stream_cuts_is_given() -> None:
    [utterance] = cut("." * 10 + "#" * 20)
    assert utterance.speech_end == pytest.approx(30 * SECONDS)


def test_noise_that_never_ends_is_cut() -> None:
    found = cut("#" * 2000)
    assert len(found) == 4
    assert max(utterance.seconds for utterance in found) <= 15 + SECONDS


def test_what_was_cut_goes_on_in_an_utterance_of_its_own_without_a_gap() -> None:
    first, second, *_ = cut("#" * 600 + "." * 40)
    assert second.start == pytest.approx(first.start + first.seconds)


class Stream:
    """An endpointer that hears 30 ms of speech for each `#`, and none for each `.`."""

    def __init__(self) -> None:
        self._speech = False
        self._heard = 0
        self.endpointer = Endpointer(lambda _: self._speech)

    def hear(self, speech: str) -> Utterance | None:
        """The utterance that ended with the last of them."""
        utterance = None
        for sound in speech:
            assert utterance is None, "it ended earlier"
            self._speech = sound == "#"
            chunk = AudioChunk(np.full(CHUNK_SAMPLES, self._heard, np.int16), self._heard * SECONDS)
            self._heard += 1
            utterance = self.endpointer.hear(chunk)
        return utterance


def test_silence_is_told_while_speech_goes_on() -> None:
    stream = Stream()
    stream.hear("." * 20)
    assert stream.endpointer.silence is None
    stream.hear("#" * 20)
    assert stream.endpointer.silence == pytest.approx(0.0)
    stream.hear("." * 5)
    assert stream.endpointer.silence == pytest.approx(5 * SECONDS)
    assert stream.hear("." * 19)
    assert stream.endpointer.silence is None


def test_what_was_said_so_far_does_not_end_it() -> None:
    stream = Stream()
    assert stream.endpointer.so_far() is None
    stream.hear("." * 20 + "#" * 20 + "." * 5)
    so_far = stream.endpointer.so_far()
    assert so_far is not None
    assert so_far.speech_end == pytest.approx(40 * SECONDS)
    assert so_far.start + so_far.seconds == pytest.approx(45 * SECONDS)
    whole = stream.hear("#" * 10 + "." * 24)
    assert whole is not None
    assert np.array_equal(whole.samples[: len(so_far.samples)], so_far.samples)
    assert stream.endpointer.so_far() is None


def test_what_is_retracted_was_no_speech_and_the_silence_since_then_comes_before_the_next() -> None:
    stream = Stream()
    stream.hear("." * 20 + "#" * 16 + "." * 7)
    stream.endpointer.retract()
    assert stream.endpointer.so_far() is None
    utterance = stream.hear("#" * 20 + "." * 24)
    assert utterance is not None
    assert utterance.start == pytest.approx(36 * SECONDS)
    assert utterance.speech_end == pytest.approx(63 * SECONDS)


def test_a_shorter_pause_ends_what_goes_on_and_a_longer_one_waits() -> None:
    stream = Stream()
    stream.hear("#" * 20 + "." * 7)
    stream.endpointer.pause = 0.25
    assert stream.hear(".") is None  # 0.24 s
    assert stream.hear(".")
    stream.hear("#" * 20)
    assert stream.endpointer.pause == pytest.approx(0.7)
    stream.endpointer.pause = 1.5
    assert stream.hear("." * 49) is None
    assert stream.hear(".")


def test_a_pause_that_was_set_counts_for_one_utterance() -> None:
    stream = Stream()
    stream.hear("#" * 20)
    stream.endpointer.pause = 0.25
    assert stream.hear("." * 9)
    assert stream.hear("#" * 20 + "." * 23) is None
    assert stream.hear(".")


@pytest.mark.parametrize("heard", ["." * 30 + "#" * 3, "." * 22 + "#" * 11])
def test_what_is_mended_takes_its_place_before_speech_is_noticed_and_after(heard: str) -> None:
    stream = Stream()
    stream.hear(heard)
    better = [AudioChunk(np.full(CHUNK_SAMPLES, -7, np.int16), number * SECONDS) for number in (25, 26)]
    stream.endpointer.mend([*better, AudioChunk(better[0].samples, 3 * SECONDS)])
    utterance = stream.hear("#" * 20 + "." * 24)
    assert utterance is not None
    mended = np.flatnonzero(utterance.samples == -7) / RATE + utterance.start
    assert mended.min() == pytest.approx(25 * SECONDS)
    assert mended.max() == pytest.approx(27 * SECONDS, abs=2 / RATE)


@given(st.text("#.", max_size=2000))
def test_utterances_are_in_order_apart_and_part_of_the_stream(speech: str) -> None:
    position = 0.0
    for utterance in cut(speech):
        assert utterance.start >= position - 1e-9
        assert utterance.start < utterance.speech_end <= utterance.start + utterance.seconds + 1e-9
        position = utterance.start + utterance.seconds
        assert utterance.samples[0] == np.int16(round(utterance.start * RATE))
    assert position <= len(speech) * SECONDS + 1e-9


@pytest.mark.parametrize("file", sorted(RECORDINGS.glob("*.wav")), ids=lambda path: path.stem)
def test_a_spoken_sentence_is_one_utterance_without_the_silence_around_it(file: Path) -> None:
    whole = read_wav(file)
    with WavSource(file) as source:
        [utterance] = utterances(source.chunks())
    # The recordings have half a second of silence at either end.
    assert 0.1 <= utterance.start <= 0.6
    assert 0.3 <= whole.seconds - utterance.speech_end <= 0.9


def test_silence_and_hiss_hold_no_utterance() -> None:
    silence = np.zeros(10 * RATE, np.int16)
    hiss = np.random.default_rng(0).normal(0, 100, 10 * RATE).astype(np.int16)
    assert list(utterances(chunks_of(silence))) == []
    assert list(utterances(chunks_of(hiss))) == []


def test_speech_in_noise_that_never_ends_is_cut_and_heard_again() -> None:
    spoken = read_wav(RECORDINGS / "01-kitchen-lamp.wav").samples
    babble = np.tile(spoken[RATE // 2 : -RATE // 2], 20)[: 20 * RATE]
    sound = np.concatenate((babble, np.zeros(2 * RATE, np.int16), spoken))
    *cut, last = utterances(chunks_of(sound))
    assert all(utterance.seconds <= 15 + SECONDS for utterance in cut)
    assert last.start == pytest.approx(22.2, abs=0.5)


def test_a_short_recording_is_one_utterance_and_a_long_one_is_cut() -> None:
    spoken = read_wav(RECORDINGS / "01-kitchen-lamp.wav").samples
    [whole] = whole_or_utterances(chunks_of(spoken), longest=5.0)
    assert np.array_equal(whole.samples, spoken)
    twice = np.concatenate((spoken, np.zeros(5 * RATE, np.int16), spoken))
    assert len(list(whole_or_utterances(chunks_of(twice), longest=5.0))) == 2
