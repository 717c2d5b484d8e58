"""Less noise, the same words."""

from pathlib import Path

import numpy as np
import pytest

from paige.audio.chunk import RATE
from paige.audio.denoiser import denoise
from paige.audio.wav import read_wav

SPOKEN = read_wav(Path(__file__).parents[2] / "tools/demo/recordings/01-kitchen-lamp.wav").samples.astype(
    float
)
PAUSE = RATE // 2
"""Samples of silence before and after what is spoken."""


def hiss(level: float, length: int) -> np.ndarray:
    return np.random.default_rng(4).normal(0, level, length)


def decibels(sound: np.ndarray) -> float:
    return float(10 * np.log10((sound**2).mean()))


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def test_noise_in_pauses_falls_and_speech_stays() -> None:
    noisy = SPOKEN + hiss(1000, len(SPOKEN))
    cleaned = denoise(noisy)
    before = decibels(noisy[PAUSE:-PAUSE]) - decibels(noisy[: PAUSE // 2])
    after = decibels(cleaned[PAUSE:-PAUSE]) - decibels(cleaned[: PAUSE // 2])
    assert after > before + 10
    assert likeness(cleaned, SPOKEN) > likeness(noisy, SPOKEN) + 0.01


def test_speech_without_noise_is_left() -> None:
    assert likeness(denoise(SPOKEN + hiss(5, len(SPOKEN))), SPOKEN) > 0.995


def test_how_loud_it_was_makes_no_difference() -> None:
    noisy = SPOKEN + hiss(300, len(SPOKEN))
    loud, quiet = denoise(noisy), denoise(noisy / 20)
    assert np.abs(loud).max() <= 1.2 * 16_384
    assert np.allclose(loud, quiet, atol=1)


@pytest.mark.parametrize("length", [1, 255, 256, 257, 511, 512, 513, 4_000])
def test_it_is_as_long_as_before(length: int) -> None:
    sound = hiss(500, length)
    cleaned = denoise(sound)
    assert cleaned.shape == sound.shape
    assert np.isfinite(cleaned).all()


def test_silence_stays_silence_and_the_same_gives_the_same() -> None:
    assert not denoise(np.zeros(RATE)).any()
    noisy = SPOKEN + hiss(300, len(SPOKEN))
    assert np.array_equal(denoise(noisy), denoise(noisy))
