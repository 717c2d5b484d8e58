"""`paige listen` as a process: a line of JSON for each path, at once, whatever the path leads to."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pytest
import yaml

from paige.audio.chunk import RATE, AudioChunk
from paige.audio.conversion import rechunk
from paige.audio.wav import read_wav
from paige.device.cli.listen import listen_live
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.recognizer import open_recognizer
from paige.models.vocabulary import Vocabulary
from paige.tools.speak import write_wav

ROOT = Path(__file__).parents[3]
RECORDINGS = ROOT / "tools" / "demo" / "recordings"
BARISTA = ROOT.parent / "shared" / "data" / "speech" / "barista"
COMMAND = [sys.executable, "-m", "paige.device.cli", "listen"]


@pytest.fixture(scope="module")
def intents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("intents") / "intents.yaml"
    sentences = ["turn (on|off) the {room} {thing}", "is the {room} {thing} on"]
    lists = {"room": ["kitchen", "bedroom", "hall"], "thing": ["lamp", "radio", "fan"]}
    content = {
        "language": "en",
        "intents": {"Switch": {"data": [{"sentences": sentences}]}},
        "lists": {name: {"values": values} for name, values in lists.items()},
    }
    file.write_text(yaml.safe_dump(content))
    return file


def listen(intents: Path, *paths: Path, options: tuple[str, ...] = ()) -> tuple[list[dict[str, Any]], int]:
    given = "".join(f"{path}\n" for path in paths)
    done = subprocess.run(
        [*COMMAND, "--intents", str(intents), *options],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "" or not done.stdout
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def test_a_recording_gives_text_intent_and_slots(intents: Path) -> None:
    [answer], status = listen(intents, RECORDINGS / "01-kitchen-lamp.wav")
    assert answer["text"] == "turn on the kitchen lamp"
    assert answer["intent"] == "Switch"
    assert answer["slots"] == {"room": "kitchen", "thing": "lamp"}
    assert 0.8 < answer["confidence"] <= 1
    assert status == 0


def test_what_cannot_be_read_is_said_in_its_line_and_the_rest_goes_on(intents: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.wav"
    cut.write_bytes((RECORDINGS / "01-kitchen-lamp.wav").read_bytes()[:20_000])
    answers, status = listen(intents, tmp_path / "none.wav", cut, intents, RECORDINGS / "01-kitchen-lamp.wav")
    assert [answer["intent"] for answer in answers] == [None, None, None, "Switch"]
    said = [answer.get("error", "") for answer in answers]
    assert "No such file" in said[0]
    assert "truncated" in said[1]
    assert "not a WAV file" in said[2]
    assert status == 1


def test_other_speech_silence_and_noise_have_no_intent(intents: Path, tmp_path: Path) -> None:
    silence, noise = tmp_path / "silence.wav", tmp_path / "noise.wav"
    write_wav(silence, np.zeros(3 * RATE, np.int16))
    write_wav(noise, np.random.default_rng(1).normal(0, 2_000, 3 * RATE).astype(np.int16))
    answers, status = listen(intents, RECORDINGS / "11-none-of-them.wav", silence, noise)
    for answer in answers:
        assert answer["text"] == ""
        assert answer["intent"] is None
        assert answer["slots"] == {}
        assert answer["confidence"] < 0.5
    assert status == 0


def test_in_minutes_of_noise_the_one_command_is_found(intents: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(2).normal(0, 60, 120 * RATE)
    spoken = read_wav(RECORDINGS / "01-kitchen-lamp.wav").samples
    noise[60 * RATE : 60 * RATE + len(spoken)] += spoken
    long = tmp_path / "long.wav"
    write_wav(long, noise.astype(np.int16))
    [answer], _ = listen(intents, long)
    assert answer["text"] == "turn on the kitchen lamp"


def test_each_line_is_answered_before_the_next_is_read(intents: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--intents", str(intents)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(2):
        process.stdin.write(f"{RECORDINGS / '01-kitchen-lamp.wav'}\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["intent"] == "Switch"
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    process.stdout.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--model", "/no/such/folder"), "there is no such folder"),
        (("--recognizer", "vosk"), "Vosk needs a model"),
        (("--recognizer", "vosk", "--model", "."), "no Vosk model"),
    ],
)
def test_a_model_that_is_none_is_one_line_and_status_1(
    intents: Path, options: tuple[str, ...], said: str
) -> None:
    done = subprocess.run(
        [*COMMAND, "--intents", str(intents), *options], input="", capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not BARISTA.is_dir(), reason="the spoken orders are not beside the repository")
def test_of_people_ordering_drinks_most_are_understood() -> None:
    labels = json.loads((BARISTA / "labels.json").read_text())
    names = sorted(labels)[::10]
    answers, _ = listen(BARISTA / "intents.yaml", *(BARISTA / "clean" / name for name in names))
    wanted = [(labels[name]["intent"], labels[name]["slots"]) for name in names]
    right = sum(
        (answer["intent"], answer["slots"]) == want for answer, want in zip(answers, wanted, strict=True)
    )
    assert right >= 17  # of 20; over all 200 it is 97 %


class _Once:
    """A recording before a microphone, with quiet around it."""

    description = "a recording"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def chunks(self) -> Iterator[AudioChunk]:
        quiet = np.random.default_rng(1).normal(0, 4, RATE).astype(np.int16)
        yield from rechunk([quiet, read_wav(RECORDINGS / "01-kitchen-lamp.wav").samples, quiet])


def test_live_what_is_said_is_seen_as_it_comes_and_then_answered(
    intents: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    language = Language(Sentences.load([intents]), Vocabulary())
    recognizer = open_recognizer("pocketsphinx")
    recognizer.restrict(language)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert listen_live(_Once(), recognizer, language) == 0
    out, err = capfdbinary.readouterr()
    (answer,) = (json.loads(line) for line in out.splitlines())
    assert (answer["intent"], answer["slots"]) == ("Switch", {"room": "kitchen", "thing": "lamp"})
    seen = [part.removeprefix(b"\033[K").decode() for part in err.split(b"\r")]
    assert "turn on the kitchen lamp" in seen
    assert any(0 < len(part) < len("turn on the kitchen lamp") for part in seen), "it comes word by word"
