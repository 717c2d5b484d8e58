"""Speech is told from what is none, by the network that Silero made, whatever the chunks are."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paige.audio.chunk import CHUNK_SAMPLES, RATE
from paige.audio.voice_activity import VoiceDetector, open_voice_detector
from paige.audio.wav import read_wav

RECORDINGS = Path(__file__).parents[2] / "tools" / "demo" / "recordings"
SPOKEN = read_wav(RECORDINGS / "01-kitchen-lamp.wav").samples
# Of each 512 samples of that recording, as Silero's own silero_vad.onnx (6.2) gives them.
GOLDEN = json.loads((Path(__file__).parent / "golden" / "voice-activity.json").read_text())


def test_the_network_gives_what_its_makers_gives() -> None:
    detector = VoiceDetector()
    found = []
    for begin in range(0, len(SPOKEN) - 511, 512):
        detector(SPOKEN[begin : begin + 512])
        found.append(detector.probability)
    assert found == pytest.approx(GOLDEN, abs=0.005)


@settings(max_examples=10)
@given(st.lists(st.integers(0, 2000), min_size=1, max_size=20))
def test_what_it_says_does_not_depend_on_the_chunks(sizes: list[int]) -> None:
    whole, pieces = VoiceDetector(), VoiceDetector()
    sound = SPOKEN[: sum(sizes)]
    whole(sound)
    begin = 0
    for size in sizes:
        pieces(sound[begin : begin + size])
        begin += size
    assert pieces.probability == pytest.approx(whole.probability, abs=1e-5)


@pytest.mark.parametrize("kind", ["silence", "hiss", "hum", "full scale"])
def test_what_is_no_speech_is_none(kind: str) -> None:
    time = np.arange(4 * RATE) / RATE
    sound = {
        "silence": np.zeros(len(time)),
        "hiss": np.random.default_rng(0).normal(0, 300, len(time)),
        "hum": 3000 * np.sin(2 * np.pi * 50 * time),
        "full scale": np.where(np.sin(2 * np.pi * 440 * time) > 0, 32767, -32768),
    }[kind].astype(np.int16)
    detector = open_voice_detector()
    said = [detector(chunk) for chunk in sound.reshape(-1, CHUNK_SAMPLES // 6)]
    assert sum(said) / len(said) < 0.02
