"""Silence, clipping and level are told from what a microphone delivers."""

import numpy as np
import pytest

from paige.audio.conversion import Centring
from paige.audio.health import Hearing, SoundMeter

RATE = 16_000
BLOCK = 480


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def measured(
    meter: SoundMeter, clock: Clock, sound: np.ndarray[tuple[int, int], np.dtype[np.float32]]
) -> None:
    for begin in range(0, len(sound) - BLOCK + 1, BLOCK):
        clock.now += BLOCK / RATE
        meter.measure(sound[begin : begin + BLOCK], BLOCK / RATE)


def sine(seconds: float, peak: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    time = np.arange(round(seconds * RATE)) / RATE
    return (peak * np.sin(2 * np.pi * 440 * time)).astype(np.float32).reshape(-1, 1)


@pytest.mark.parametrize("value", [0.0, 0.25, -1.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_one_value_and_nothing_else_is_silence_since_it_began(value: float, channels: int) -> None:
    clock = Clock()
    meter = SoundMeter(clock)
    measured(meter, clock, np.repeat(sine(2, 0.1), channels, axis=1))
    assert meter.health(0).state is Hearing.HEARING
    began = clock.now
    measured(meter, clock, np.full((3 * RATE, channels), value, np.float32))
    health = meter.health(0)
    assert health.state is Hearing.SILENT
    assert health.since == pytest.approx(began + 1, abs=0.07)
    assert meter.still == pytest.approx(3, abs=0.07)
    assert "muted" in health.complaint
    measured(meter, clock, np.repeat(sine(0.1, 0.1), channels, axis=1))
    assert meter.health(0).state is Hearing.HEARING


def test_the_faintest_noise_is_not_silence() -> None:
    clock = Clock()
    meter = SoundMeter(clock)
    noise = (np.random.default_rng(1).integers(0, 2, (5 * RATE, 1)) / 32768).astype(np.float32)
    measured(meter, clock, noise)
    assert meter.still == 0
    assert meter.health(0).complaint == ""


def test_the_level_is_that_of_the_last_second_without_an_offset() -> None:
    clock = Clock()
    meter = SoundMeter(clock)
    measured(meter, clock, sine(5, 0.5) + 0.3)
    assert meter.health(3).level == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.3)
    assert meter.health(3).overflows == 3
    measured(meter, clock, sine(5, 0.005))
    assert meter.health(3).level == pytest.approx(20 * np.log10(0.005 / np.sqrt(2)), abs=1)


def test_clipping_is_told_and_forgotten() -> None:
    clock = Clock()
    meter = SoundMeter(clock)
    measured(meter, clock, np.clip(sine(5, 1.5), -1, 32767 / 32768).astype(np.float32))
    assert meter.health(0).clipped > 0.1
    assert "too loud" in meter.health(0).complaint
    measured(meter, clock, sine(60, 0.9))
    assert meter.health(0).clipped < 0.001
    assert meter.health(0).complaint == ""


def test_an_offset_is_taken_out_without_a_step_and_a_voice_left_in() -> None:
    centring = Centring(RATE)
    time = np.arange(3 * RATE) / RATE
    voice = (0.2 * np.sin(2 * np.pi * 100 * time)).astype(np.float32)
    pieces = [centring.centre(piece + np.float32(0.4)) for piece in np.split(voice, 150)]
    sound = np.concatenate([centring.centre(np.empty(0, np.float32)), *pieces])
    assert abs(sound.mean()) < 0.002
    assert np.abs(sound - voice).max() < 0.02
