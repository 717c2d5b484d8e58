"""A short day, for real: an hour with two commands, and everything that goes wrong once."""

import wave
from pathlib import Path

import numpy as np
import pytest
from tests.phrases import phrase
from tests.tools.test_bench import check_tables, quiet

from paige.audio.chunk import RATE
from paige.tools.bench import day, ending
from paige.tools.bench.errors import NotGiven

DEMO = Path(__file__).parents[2] / "tools/demo"
BARISTA = Path(__file__).parents[3] / "shared/data/speech/barista"


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Somebody who talks of other things, and the noise of a kitchen."""
    (tmp_path / "clean").mkdir()
    talk = DEMO / "recordings/11-none-of-them.wav"
    (tmp_path / "clean" / talk.name).write_bytes(talk.read_bytes())
    with wave.open(str(tmp_path / "kitchen.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.random.default_rng(1).normal(0, 300, 40 * RATE).astype(np.int16).tobytes())
    return tmp_path


def test_what_is_said_in_a_day_is_done_through_all_that_goes_wrong(
    recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day, "wake_words", lambda: [phrase()])
    monkeypatch.setattr(day, "AN_HOUR", dict.fromkeys(day.AN_HOUR, 1) | {"command": 2})
    part = day.measure(None, quiet, recordings)
    check_tables(part)
    assert part.figures["missed"] == []
    assert (part.figures["commands"], part.figures["done"]) == ("2", "2")
    assert (part.figures["unasked"], part.figures["answered nobody"]) == ("0", "0")
    assert part.figures["microphone lost / broker restarted"] == "1 / 1"


def test_without_recordings_it_says_what_it_needs() -> None:
    for part in (day, ending):
        with pytest.raises(NotGiven, match="--recordings FOLDER"):
            part.measure(None, quiet)


@pytest.mark.skipif(not BARISTA.is_dir(), reason="the recordings of people are not beside the repository")
def test_ends_of_speech_are_found_and_their_cost_is_told() -> None:
    part = ending.measure(2, quiet, BARISTA)
    check_tables(part)
    assert part.figures["recordings"] == 2
