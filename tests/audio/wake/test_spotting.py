"""Phrases of one's own are heard however loud they are, in digital silence too, and whole or not at all."""

from pathlib import Path

import numpy as np
import pytest

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.wake import Phrase, Wake
from paige.audio.wake.second_look import second_look
from paige.audio.wake.spotting import KeywordSpotter, look_up
from paige.audio.wav import read_wav

RECORDINGS = Path(__file__).parents[3] / "tools" / "demo" / "recordings"
LAMP = read_wav(RECORDINGS / "01-kitchen-lamp.wav").samples
OTHERS = ("03-bedroom-lamp-red", "04-blinds", "06-door-locked", "07-outdoor-temperature", "11-none-of-them")


def hears(phrase: Phrase, sound: Samples, times: int = 1) -> list[Wake]:
    spotter = KeywordSpotter([phrase])
    whole = np.concatenate([np.pad(sound, RATE)] * times)
    starts = range(0, len(whole), CHUNK_SAMPLES)
    found = (spotter.hear(AudioChunk(whole[at : at + CHUNK_SAMPLES], at / RATE)) for at in starts)
    return [wake for wake in found if wake is not None]


@pytest.mark.parametrize("loudness", [0.02, 0.2, 1.0])
def test_it_is_heard_however_loud_it_is(loudness: float) -> None:
    [wake] = hears(Phrase("kitchen lamp"), np.rint(LAMP * loudness).astype(np.int16))
    assert wake.phrase == "kitchen lamp"
    assert 1.5 < wake.start < wake.end < 1 + len(LAMP) / RATE
    assert 0.5 <= wake.score <= 1


def test_the_second_time_it_is_heard_as_the_first() -> None:
    one, two, three = hears(Phrase("kitchen lamp"), LAMP, times=3)
    assert one.score == pytest.approx(two.score, abs=0.1)
    assert two.score == pytest.approx(three.score, abs=0.1)


@pytest.mark.parametrize("name", OTHERS)
def test_other_orders_are_not_heard(name: str) -> None:
    assert hears(Phrase("kitchen lamp"), read_wav(RECORDINGS / f"{name}.wav").samples) == []


def test_of_a_phrase_half_of_which_was_said_the_rest_fits_worse() -> None:
    [wake] = hears(Phrase("kitchen lamp"), LAMP)
    begin, end = (round((at - 1) * RATE) for at in (wake.start - 0.3, wake.end + 0.15))
    said = look_up(["kitchen", "lamp", "window"])
    whole = second_look((f"{said['kitchen'][0]} {said['lamp'][0]}",), LAMP[begin:end])
    half = second_look((f"{said['kitchen'][0]} {said['window'][0]}",), LAMP[begin:end])
    assert whole is not None
    assert half is None or half < whole - 1


def test_a_pause_within_the_phrase_is_no_matter() -> None:
    [wake] = hears(Phrase("kitchen lamp"), LAMP)
    between = round((wake.start + 0.57 * (wake.end - wake.start) - 1) * RATE)  # before the "l"
    paused = np.concatenate((LAMP[:between], np.zeros(RATE // 5, np.int16), LAMP[between:]))
    assert len(hears(Phrase("kitchen lamp"), paused)) == 1
