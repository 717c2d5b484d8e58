"""Conditioning keeps what was spoken, drops the pauses around it, and is the same every time."""

from pathlib import Path

import numpy as np
import pytest

from paige.audio.chunk import RATE
from paige.audio.conditioning import condition
from paige.audio.wav import read_wav

SPOKEN = read_wav(Path(__file__).parents[2] / "tools/demo/recordings/01-kitchen-lamp.wav").samples


def test_long_pauses_are_cut_and_the_cut_is_told() -> None:
    pause = np.zeros(4 * RATE, np.int16)
    sound = condition(np.concatenate((pause, SPOKEN, pause)))
    assert sound.cut == pytest.approx(4.0 + 0.5 - 0.3, abs=0.25)
    assert len(sound.samples) < len(SPOKEN) + RATE


def test_quiet_and_offset_recordings_come_out_alike() -> None:
    plain = condition(SPOKEN).samples
    quiet = condition((SPOKEN // 4 + 1000).astype(np.int16)).samples
    assert np.corrcoef(plain[: len(quiet)], quiet[: len(plain)])[0, 1] > 0.99
    assert abs(np.abs(quiet).max() - 16384) < 300
    assert abs(quiet.mean()) < 10


def test_the_same_sound_gives_the_same_samples() -> None:
    assert np.array_equal(condition(SPOKEN).samples, condition(SPOKEN).samples)


@pytest.mark.parametrize("length", [0, 1, 159, 160, 801])
def test_next_to_nothing_stays_next_to_nothing(length: int) -> None:
    sound = condition(np.zeros(length, np.int16))
    assert len(sound.samples) == length
    assert sound.cut == 0.0


@pytest.mark.parametrize(("level", "noisy"), [(0, False), (20, False), (1500, True)])
def test_noise_is_taken_out_where_there_is_much(level: float, noisy: bool) -> None:
    hiss = np.random.default_rng(2).normal(0, level, len(SPOKEN))
    assert condition((SPOKEN + hiss).astype(np.int16)).denoised is noisy
