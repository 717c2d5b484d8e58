"""`paige parse` as a program meets it: a process, a line in, a line out."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from paige.models.nlu.shipped import model_folder

HOME = """
here: Kitchen
areas: [{name: Kitchen}, {name: Bedroom, aliases: [sleeping room]}]
entities:
  - {id: light.bedroom_lamp, name: Bedroom Lamp, domain: light, area: Bedroom, aliases: [night light]}
"""
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith(".src")),
}
COMMAND = (sys.executable, "-m", "paige.device.cli", "parse")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home.yaml"
    path.write_text(HOME)
    return path


def parse(*arguments: Path | str, said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=ENVIRONMENT,
        input=said,
        capture_output=True,
        timeout=60,
        check=False,
    )


def answers(done: subprocess.CompletedProcess[bytes]) -> list[Any]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_line_is_answered_by_a_line_in_order(home: Path) -> None:
    first, empty, love = answers(parse(home, said=b"turn on the night light\n\nwhat is love\n"))
    assert (first["intent"], first["slots"], first["confidence"]) == (
        "HassTurnOn",
        {"name": "Bedroom Lamp"},
        1,
    )
    assert (empty["intent"], empty["slots"], empty["confidence"], empty["nearest"]) == (None, {}, 0, [])
    assert love["intent"] is None


def test_several_commands_are_an_array_in_their_order(home: Path) -> None:
    several: Any
    several, less, broken = answers(
        parse(
            home,
            said=b"turn on the bedroom lamp and make it red\n"
            b"turn off everything except the night light\n"
            b"turn off the night light and zyzzyva the qoph\n",
        )
    )
    assert [(one["intent"], one["slots"]) for one in several] == [
        ("HassTurnOn", {"name": "Bedroom Lamp"}),
        ("HassLightSet", {"name": "Bedroom Lamp", "color": "red"}),
    ]
    assert (less["intent"], less["except"]) == ("HassTurnOff", [{"name": "Bedroom Lamp"}])
    assert (broken["intent"], broken["part"]) == (None, "zyzzyva the qoph")


@pytest.mark.skipif(model_folder("en") is None, reason="this tree has no model of the intent parser")
def test_the_model_answers_what_no_template_has_and_tells_why(home: Path) -> None:
    said = b"could you get the bedrom lamp going\nwhat is the capital of france\n"
    going, capital = answers(parse(home, "--explain", "--json", said=said))
    assert (going["intent"], going["slots"]) == ("HassTurnOn", {"name": "Bedroom Lamp"})
    assert 0.5 <= going["confidence"] < 1
    (reading,) = going["explain"]["readings"]
    assert going["explain"]["path"] == "model"
    assert [one["name"] for one in reading["names"][0]["candidates"]] == ["Bedroom Lamp"]
    assert (capital["intent"], capital["why"]) == (None, "not_for_a_home")
    told = parse(home, "--explain", said=said).stdout.decode()
    assert "HassTurnOn with name 'Bedroom Lamp'" in told
    assert "refused: not_for_a_home" in told


def test_what_a_template_has_is_explained_by_it(home: Path) -> None:
    told = parse(home, "--explain", said=b"turn on the night light\n").stdout.decode()
    assert "it is said word for word in the sentences" in told
    assert "“night light” gives name 'Bedroom Lamp'" in told


def test_a_model_that_cannot_be_used_is_one_clear_line(home: Path, tmp_path: Path) -> None:
    done = parse(home, "--model", tmp_path, said=b"colourless green ideas\n")
    assert done.returncode == 1
    assert "lacks model.onnx" in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1


def test_an_answer_comes_before_the_next_sentence_is_sent(home: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, str(home)], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name in (b"bedroom lamp", b"night light"):
            process.stdin.write(b"turn off the " + name + b"\n")
            assert json.loads(process.stdout.readline())["slots"] == {"name": "Bedroom Lamp"}
        process.stdin.close()
        assert process.wait(timeout=20) == 0


def test_strange_lines_are_answered_like_others(home: Path) -> None:
    lines = [b"\xff\xfe\x00", "ضوء 💡 é".encode(), b"on " * 20_000, b"\x1b[2J", b"\xed\xa0\x80"]
    done = answers(parse(home, said=b"\n".join(lines)))
    assert [answer["intent"] for answer in done] == [None] * len(lines)
    assert done[1]["text"] == "ضوء 💡 é"


def test_a_users_own_sentences_are_understood_and_win(home: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "mine.yaml").write_text(
        "language: en\nintents: {Mine: {data: [{sentences: ['turn on [the] {name}', 'movie time']}]}}"
    )
    said = b"movie time\nturn on the bedroom lamp\nturn off the bedroom lamp\n"
    done = answers(parse(home, "--sentences", own, said=said))
    assert [answer["intent"] for answer in done] == ["Mine", "Mine", "HassTurnOff"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.yaml"], "missing.yaml: there is no such file"),
        (["HOME", "--language", "tlh"], "no sentences for 'tlh'"),
        (["HOME", "--sentences", "missing"], "missing: there is no such file or folder"),
    ],
)
def test_what_cannot_be_used_is_one_clear_line_and_status_1(
    home: Path, arguments: list[str], words: str
) -> None:
    done = parse(*(home if argument == "HOME" else argument for argument in arguments), said=b"x\n")
    assert done.returncode == 1
    assert done.stdout == b""
    assert words in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1


def test_neither_numpy_nor_an_engine_is_imported_to_parse(home: Path) -> None:
    code = (
        "import sys; from paige.device.cli import main; "
        f"main(['parse', {str(home)!r}]); "
        "print(sorted({'numpy', 'pocketsphinx', 'vosk', 'paho', 'sounddevice'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, input=b"lights on\n", capture_output=True, check=True
    )
    assert done.stdout.splitlines()[-1] == b"[]"
