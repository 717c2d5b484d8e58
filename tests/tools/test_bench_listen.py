"""Noise is mixed as the recordings' authors do it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.audio.wav import read_wav
from paige.tools.bench.listen import main, mix

RECORDINGS = Path(__file__).parents[2] / "tools" / "demo" / "recordings"
SPEECH = read_wav(RECORDINGS / "01-kitchen-lamp.wav").samples
NOISE = np.random.default_rng(0).normal(0, 900, 200_000).astype(np.int16)


def loudest(sound: np.ndarray) -> float:
    """The largest energy of any 2,048 samples."""
    whole = sound[: len(sound) // 2048 * 2048].astype(float).reshape(-1, 2048)
    return float((whole**2).sum(axis=1).max())


@given(st.integers(0, 30), st.integers(0, 1000))
def test_the_ratio_of_the_largest_energies_is_the_one_asked_for(snr: int, seed: int) -> None:
    mixed = mix(SPEECH, NOISE, snr, np.random.default_rng(seed))
    assert np.abs(mixed).max() == 16384 or np.abs(mixed).max() == 16383
    begin = int(np.random.default_rng(seed).integers(0, len(NOISE) - len(SPEECH)))
    stretch = NOISE[begin : begin + len(SPEECH)]
    # The mix is a sum of both, so each one's share is found by least squares.
    shares, *_ = np.linalg.lstsq(
        np.column_stack((SPEECH, stretch)).astype(float), mixed.astype(float), rcond=None
    )
    found = 10 * np.log10(loudest(SPEECH * shares[0]) / loudest(stretch * shares[1]))
    assert found == pytest.approx(snr, abs=0.1)


def test_the_same_seed_gives_the_same_mix() -> None:
    one, other = (mix(SPEECH, NOISE, 6, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(one, other)


def test_a_folder_of_recordings_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clean").mkdir()
    shutil.copy(RECORDINGS / "01-kitchen-lamp.wav", tmp_path / "clean" / "a.wav")
    shutil.copy(RECORDINGS / "11-none-of-them.wav", tmp_path / "clean" / "b.wav")
    label = {"intent": "Switch", "slots": {"room": "kitchen"}}
    (tmp_path / "labels.json").write_text(json.dumps({"a.wav": label, "b.wav": label}))
    (tmp_path / "intents.yaml").write_text(
        "language: en\nintents: {Switch: {data: [{sentences: ['turn on the {room} lamp']}]}}\n"
        "lists: {room: {values: [kitchen, bedroom]}}\n"
    )
    (tmp_path / "other.yaml").write_text("entities: [{name: Fan, id: fan.fan, domain: fan}]\n")
    options = ["--recordings", str(tmp_path), "--other", str(tmp_path / "other.yaml"), "--jobs", "1"]
    assert main([*options, "--verbose"]) == 0
    out = capsys.readouterr().out
    assert "| clean | 50.0% | 0.0% | 50.0% | 0.0% |" in out
    assert "b.wav clean own language: (none of the sentences)" in out
