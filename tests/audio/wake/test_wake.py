"""Phrases are heard once each time, where they were said, by whichever detector has them."""

import sys
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
import soxr
from tests.phrases import phrase

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.errors import PhraseUnusable
from paige.audio.wake import READY, Phrase, Wake, neural, open_wake_detector
from paige.audio.wake.detector import WakeDetector
from paige.audio.wake.neural import NeuralWakeDetector, cutoff
from paige.audio.wake.second_look import second_look
from paige.tools.bench.wake.voices import Speaker, say

SPEAKER = Speaker("en-us", "m3", 50, 175)


def silence(seconds: float) -> Samples:
    return np.random.default_rng(0).normal(0, 20, round(seconds * RATE)).astype(np.int16)


def hears(detector: WakeDetector, pieces: Sequence[Samples]) -> list[Wake]:
    found = (detector.hear(chunk) for chunk in chunks_of(np.concatenate(pieces)))
    return [wake for wake in found if wake]


def chunks_of(samples: Samples) -> Iterator[AudioChunk]:
    for begin in range(0, len(samples), CHUNK_SAMPLES):
        yield AudioChunk(samples[begin : begin + CHUNK_SAMPLES], begin / RATE)


def said(text: str) -> Samples:
    return (say(text, SPEAKER) * 0.3).astype(np.int16)


def test_a_ready_phrase_is_heard_once_each_time_and_where_it_was() -> None:
    okay_nabu = phrase()
    first, second = hears(
        open_wake_detector([Phrase("Okay, Nabu!")]),
        [silence(2), okay_nabu, silence(2), okay_nabu, silence(1)],
    )
    assert first.phrase == second.phrase == "Okay, Nabu!"
    length = len(okay_nabu) / RATE
    assert first.start == pytest.approx(2.0, abs=0.3)
    assert first.end == pytest.approx(2.0 + length, abs=0.3)
    assert second.end - first.end == pytest.approx(2.0 + length, abs=0.1)
    assert 0.85 < first.score <= 1


@pytest.mark.parametrize(("file", "times"), [("okay-nabu-in-noise", 1), ("okay-maybe", 0), ("hey-nabu", 0)])
def test_a_second_look_decides_where_the_network_errs(
    monkeypatch: pytest.MonkeyPatch, file: str, times: int
) -> None:
    pieces = [phrase(file)]
    assert len(hears(NeuralWakeDetector([Phrase("okay nabu")]), pieces)) == times
    monkeypatch.setattr(neural, "_WAYS", {})
    assert len(hears(NeuralWakeDetector([Phrase("okay nabu")]), pieces)) == 1 - times


def test_while_it_looks_again_other_threads_get_on() -> None:
    """What fetches the microphone's sound is one of them."""
    ways, sound, turns, done = neural._WAYS["okay nabu"], phrase(), [0], threading.Event()
    second_look(ways, sound)  # makes the decoder

    def take_turns() -> None:
        while not done.wait(1e-4):
            turns[0] += 1

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        other = threading.Thread(target=take_turns)
        other.start()
        begun = turns[0]
        second_look(ways, sound)
        taken = turns[0] - begun
    finally:
        done.set()
        other.join()
        sys.setswitchinterval(before)
    assert taken > 20, "7 where each of its searches keeps Python's lock from beginning to end, 90 else"


@pytest.mark.parametrize("harm", ["offset", "clipped", "8 kHz", "quiet"])
def test_a_bad_microphone_hears_it_too(harm: str) -> None:
    sound = np.concatenate((silence(1.5), phrase(), silence(1))).astype(np.float64)
    harmed = {
        "offset": sound + 6000,
        "clipped": sound * 12,
        "8 kHz": soxr.resample(soxr.resample(sound, RATE, 8000), 8000, RATE),
        "quiet": sound / 50,
    }[harm]
    samples = np.clip(np.rint(harmed), -32768, 32767).astype(np.int16)
    assert len(hears(open_wake_detector([Phrase("okay nabu")]), [samples])) == 1


def test_music_that_a_network_takes_for_its_phrase_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    detector = NeuralWakeDetector([Phrase("alexa")])
    sure = detector._networks[0].model
    monkeypatch.setattr(sure, "process_streaming_prob", lambda _: 0.99)
    chord = sum(3000 * np.sin(2 * np.pi * pitch * np.arange(RATE) / RATE) for pitch in (220, 277, 330))
    assert hears(detector, [np.asarray(chord, np.int16)]) == []
    assert hears(detector, [said("this is somebody who speaks")])


def test_other_words_are_not_heard() -> None:
    spoken = said("turn on the kitchen lamp and close the blinds in the bedroom")
    detector = open_wake_detector([*map(Phrase, READY), Phrase("hey computer")])
    assert hears(detector, [silence(1), spoken, silence(1)]) == []


def test_a_phrase_of_ones_own_is_heard_beside_ready_ones() -> None:
    detector = open_wake_detector([Phrase("okay nabu"), Phrase("stop", 1.0)])
    pieces = [silence(1.5), said("stop"), silence(2), phrase(), silence(1)]
    assert [wake.phrase for wake in hears(detector, pieces)] == ["stop", "okay nabu"]


def test_what_was_heard_is_forgotten() -> None:
    okay_nabu = phrase()
    detector = open_wake_detector([Phrase("okay nabu")])
    cut = len(okay_nabu) * 2 // 3
    hears(detector, [silence(2), okay_nabu[:cut]])
    detector.reset()
    assert hears(detector, [okay_nabu[cut:], silence(1)]) == []
    assert len(hears(detector, [silence(2), okay_nabu, silence(1)])) == 1


def test_a_word_that_nobody_can_say_is_named() -> None:
    with pytest.raises(PhraseUnusable, match="'xqzt' is said"):
        open_wake_detector([Phrase("hey xqzt")])
    with pytest.raises(PhraseUnusable, match="no words"):
        open_wake_detector([Phrase("…")])


def test_a_word_may_be_said_as_the_caller_says() -> None:
    spoken = {"hey": ("HH EY",), "anaïs": ("AA N AA IY S",)}
    open_wake_detector([Phrase("hey Anaïs")], lambda words: {word: spoken[word] for word in words})


def test_sensitivity_moves_the_cutoff_around_its_makers() -> None:
    assert cutoff(0.9, 0.5) == pytest.approx(0.9)
    assert cutoff(0.9, 1.0) == pytest.approx(0.3)
    assert cutoff(0.9, 0.75) == pytest.approx(0.6)
    assert cutoff(0.9, 0.0) == pytest.approx(0.99)
