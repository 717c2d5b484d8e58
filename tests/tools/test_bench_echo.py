"""`paige bench echo` simulates rooms as it says, and counts what is taken for speech."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from paige.audio.chunk import RATE, Samples
from paige.audio.conversion import to_floats
from paige.audio.echo import EchoCanceller
from paige.audio.wav import read_wav
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.recognizer import open_recognizer
from paige.models.vocabulary import Vocabulary
from paige.tools.bench.echo import beginnings, part
from paige.tools.bench.echo.cancellers import CANCELLERS
from paige.tools.bench.echo.room import Room, Sound, decibels
from paige.tools.bench.errors import BenchFailed

DEMO = Path(part.__file__).parents[2] / "demo" / "recordings"


def noise(seconds: int) -> Sound:
    return (0.1 * np.random.default_rng(1).normal(size=seconds * RATE)).astype(np.float32)


def test_an_echo_comes_after_its_delay_as_loud_as_it_is_to_be() -> None:
    heard = Room(0.1, -12).echo(noise(5))
    assert decibels(heard[:1_590]) < -60
    assert decibels(heard[RATE:]) - decibels(noise(5)[RATE:]) == pytest.approx(-12, abs=1)


def test_a_clock_that_drifts_makes_it_later_and_later() -> None:
    steady, drifting = (Room(0.0, 0, drift).echo(noise(10))[9 * RATE :] for drift in (0.0, 100.0))
    likeness = [float(np.dot(steady[: RATE // 2], drifting[late : late + RATE // 2])) for late in range(40)]
    assert int(np.argmax(likeness)) == pytest.approx(9.25 * RATE * 100e-6, abs=1)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    (folder / "clean").mkdir()
    shutil.copy(DEMO / "01-kitchen-lamp.wav", folder / "clean" / "one.wav")
    (folder / "labels.json").write_text(json.dumps({"one.wav": {"intent": "Light", "slots": {}}}))
    (folder / "intents.yaml").write_text(
        "language: en\nintents:\n  Light:\n    data:\n      - sentences: ['turn on the kitchen lamp']\n"
    )
    return folder


def test_replies_are_speech_before_and_not_after(recordings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part, "REPLIES", part.REPLIES[:1])
    language = Language(Sentences.load([recordings / "intents.yaml"]), Vocabulary())
    recognizer = open_recognizer("pocketsphinx")
    recognizer.restrict(language)
    alone = part._alone(Room(0.05, -18), part._replies(), recognizer, language)
    assert alone.erle > 20
    assert alone.speech[0] > 0.8
    assert alone.speech[1] < 0.1
    assert len(alone.speech) == len(alone.commands) == len(alone.utterances) == 2 + len(CANCELLERS) - 1
    monkeypatch.setattr(part, "_GAINS", (-18.0,))
    monkeypatch.setattr(part, "_DRIFTS", (0.0,))
    assert part._alone_table([alone], 8).rows[0][0] == "-18 dB, 0 ppm"


def test_who_speaks_over_a_reply_is_counted_under_every_condition(
    recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, "_GAINS", (-18.0,))
    (row,) = part._spoken_over(recordings, 1, part._replies(), lambda _: None)
    assert row[0] == "-18 dB"
    assert len(row) == 3 + len(CANCELLERS)
    assert set(row[1:]) <= {"0%", "100%"}


def test_a_reply_that_falls_silent_before_itself_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    table = beginnings.beginnings((), (-18.0,), (0.05,))
    assert table.rows == (("-18 dB", "0 of 0", "0 of 11"),)

    class Deaf(EchoCanceller):
        def play(self, samples: Samples) -> None:
            """Not told of it."""

    monkeypatch.setattr(beginnings, "EchoCanceller", Deaf)
    assert beginnings.interrupts_itself(noise(1), Room(0.05, -18)) is False
    person = to_floats(read_wav(DEMO / "01-kitchen-lamp.wav").samples)
    assert beginnings.interrupts_itself(person, Room(0.05, -18))


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchFailed, match=r"labels\.json is missing"):
        part.measure(1, lambda _: None, tmp_path)
