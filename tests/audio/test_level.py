"""How far a voice stands out from its room."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.level import SignalMeter

SECOND = RATE // CHUNK_SAMPLES * CHUNK_SAMPLES


def room(seconds: float, level: float) -> Samples:
    """Noise of a standard deviation. Shape: [samples]."""
    return np.random.default_rng(1).normal(0, level, round(seconds * RATE)).astype(np.int16)


def measured(sound: Samples, start: float, end: float) -> float | None:
    meter = SignalMeter()
    for at in range(0, len(sound) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        meter.hear(AudioChunk(sound[at : at + CHUNK_SAMPLES], at / RATE))
    return meter.signal(start, end)


def scene(voice: float, noise: float, gain: float = 1.0) -> Samples:
    """Two seconds of a room, and somebody who speaks in it from 1 to 1.7 seconds."""
    sound = room(2, noise).astype(np.float64)
    sound[RATE : RATE + 7 * RATE // 10] += room(0.7, voice)
    return np.clip(gain * sound, -32768, 32767).astype(np.int16)


@pytest.mark.parametrize(("voice", "noise", "expected"), [(1000, 100, 20), (3000, 30, 40), (200, 100, 7)])
def test_it_is_the_ratio_of_voice_and_room(voice: float, noise: float, expected: float) -> None:
    assert measured(scene(voice, noise), 1.0, 1.7) == pytest.approx(expected, abs=1.0)


@given(st.floats(0.1, 8))
def test_it_does_not_depend_on_how_far_a_microphone_is_turned_up(gain: float) -> None:
    quiet, loud = measured(scene(1000, 50), 1.0, 1.7), measured(scene(1000, 50, gain), 1.0, 1.7)
    assert loud == pytest.approx(quiet, abs=1.5)


def test_who_is_nearer_stands_out_further() -> None:
    near, far = measured(scene(2000, 50), 1.0, 1.7), measured(scene(500, 50), 1.0, 1.7)
    assert near is not None
    assert far is not None
    assert near > far + 10


def test_digital_silence_is_no_room_quieter_than_all_others() -> None:
    gated = scene(1000, 0)
    assert measured(gated, 1.0, 1.7) == pytest.approx(60, abs=1)


def test_what_was_not_heard_has_no_signal() -> None:
    assert SignalMeter().signal(0.0, 1.0) is None
    assert measured(room(2, 100), 5.0, 6.0) is None


def test_what_was_long_ago_is_forgotten() -> None:
    meter = SignalMeter()
    for at in range(20 * SECOND // CHUNK_SAMPLES):
        meter.hear(AudioChunk(room(0.03, 10), at * CHUNK_SAMPLES / RATE))
    assert len(meter._powers) < 140
