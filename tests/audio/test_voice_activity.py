"""Speech is told from what is none, by the network that Silero made, whatever the chunks are."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk
from paige.audio.voice_activity import KEPT_SECONDS, VoiceActivity, VoiceDetector
from paige.audio.wav import read_wav

RECORDINGS = Path(__file__).parents[2] / "tools" / "demo" / "recordings"
SPOKEN = read_wav(RECORDINGS / "01-kitchen-lamp.wav").samples
CHUNKS = [
    AudioChunk(SPOKEN[begin : begin + CHUNK_SAMPLES], begin / RATE)
    for begin in range(0, len(SPOKEN), CHUNK_SAMPLES)
]
KEPT = round(KEPT_SECONDS * RATE / CHUNK_SAMPLES)
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
    detector = VoiceDetector()
    said = [detector(chunk) for chunk in sound.reshape(-1, CHUNK_SAMPLES // 6)]
    assert sum(said) / len(said) < 0.02


def one_by_one(chunks: list[AudioChunk]) -> list[bool]:
    detector = VoiceDetector()
    return [detector(chunk.samples) for chunk in chunks]


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=30))
def test_whoever_asks_and_how_late_is_told_the_same(asked: list[tuple[int, bool]]) -> None:
    truth = one_by_one(CHUNKS)
    activity = VoiceActivity()
    questions = iter(asked)
    late, live = next(questions, (0, False))
    for number, chunk in enumerate(CHUNKS):
        activity.hear(chunk)
        if live:
            assert activity(chunk) == truth[number]
        if late == 0:
            for back in range(min(number, KEPT - 1), -1, -1):
                assert activity(CHUNKS[number - back]) == truth[number - back]
            late, live = next(questions, (KEPT - 1, True))
        late -= 1


def test_where_nobody_asks_the_network_hears_what_is_kept_and_no_more() -> None:
    activity = VoiceActivity()
    for chunk in CHUNKS:
        activity.hear(chunk)
    last = CHUNKS[-KEPT:]
    truth = sum(chunk.seconds for chunk, speech in zip(last, one_by_one(last), strict=True) if speech)
    assert activity.spoken(0.0) == pytest.approx(truth)
    half = CHUNKS[-KEPT // 2]
    assert 0 < activity.spoken(half.start) < truth


def test_after_a_gap_it_begins_anew() -> None:
    activity = VoiceActivity()
    for chunk in CHUNKS[:40]:
        activity(chunk)
    assert [activity(chunk) for chunk in CHUNKS[60:]] == one_by_one(CHUNKS[60:])
    assert [activity(chunk) for chunk in CHUNKS] == one_by_one(CHUNKS), "the next microphone begins at 0"


def test_what_follows_a_wake_word_is_judged_without_it() -> None:
    activity = VoiceActivity()
    for chunk in CHUNKS[:40]:
        activity(chunk)
    activity.begin(CHUNKS[30].start)
    assert [activity(chunk) for chunk in CHUNKS[30:]] == one_by_one(CHUNKS[30:])
