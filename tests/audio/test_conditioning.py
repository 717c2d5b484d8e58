"""Conditioning keeps what was spoken with some noise around it, and drops pauses and single noises."""

from copy import copy
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from paige.audio.chunk import RATE, Samples
from paige.audio.conditioning import STEP, condition
from paige.audio.voice_activity import VoiceDetector
from paige.audio.wav import read_wav

SPOKEN = read_wav(Path(__file__).parents[2] / "tools/demo/recordings/01-kitchen-lamp.wav").samples
FRESH = VoiceDetector()


def heard(samples: Samples) -> NDArray[np.float64]:
    """What the neural detector says of each step."""
    detector = copy(FRESH)
    found = []
    for begin in range(0, len(samples) - STEP + 1, STEP):
        detector(samples[begin : begin + STEP])
        found.append(detector.probability)
    return np.array(found)


def test_long_pauses_are_cut_and_the_cut_is_told() -> None:
    pause = np.random.default_rng(1).normal(0, 20, 4 * RATE).astype(np.int16)
    plain, found = condition(SPOKEN, heard), condition(np.concatenate((pause, SPOKEN, pause)), heard)
    assert plain is not None
    assert found is not None
    first = plain.begin + plain.speech[0] / RATE
    assert found.begin + found.speech[0] / RATE == pytest.approx(4.0 + first, abs=0.1)
    assert len(found.sound) < len(SPOKEN) + RATE
    assert len(found.sound) - found.speech[1] >= 0.15 * RATE


def test_quiet_and_offset_recordings_come_out_alike() -> None:
    plain, quiet = condition(SPOKEN, heard), condition((SPOKEN // 4 + 1000).astype(np.int16), heard)
    assert plain is not None
    assert quiet is not None
    assert abs(np.abs(quiet.sound).max() - 16384) < 300
    assert abs(quiet.sound.mean()) < 10


def test_what_stands_apart_and_is_short_was_a_noise() -> None:
    def said(samples: Samples) -> NDArray[np.float64]:
        found = np.zeros(len(samples) // STEP)
        found[10:12] = found[100:160] = 0.9  # a click, 2.8 s of nothing, a sentence
        return found

    found = condition(np.ones(8 * RATE, np.int16), said)
    assert found is not None
    assert found.begin * RATE + found.speech[0] == pytest.approx(100 * STEP - 0.3 * RATE, abs=STEP)


def test_two_parts_of_a_sentence_are_kept() -> None:
    def said(samples: Samples) -> NDArray[np.float64]:
        found = np.zeros(len(samples) // STEP)
        found[50:80] = found[120:170] = 0.9
        return found

    found = condition(np.ones(8 * RATE, np.int16), said)
    assert found is not None
    assert (found.speech[1] - found.speech[0]) / RATE == pytest.approx(120 * STEP / RATE + 0.6, abs=0.1)


@pytest.mark.parametrize("length", [0, 1, 159, 160, 801, 32_000])
def test_silence_is_no_speech(length: int) -> None:
    assert condition(np.zeros(length, np.int16), heard) is None
