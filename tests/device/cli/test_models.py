"""`paige models` as a person meets it: words, exit statuses, a bar or lines."""

import io
import json
import os
import pty
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.device.cli.test_main import ENVIRONMENT
from tests.models.store.conftest import made
from tests.models.store.server import Served, serving

from paige.device.cli.progress import Shown, duration, size
from paige.models.store.progress import Action, Progress

VOSK = Path(__file__).parents[2] / "models" / "recognizer" / "vosk-synthetic"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def models(state: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "paige.device.cli", "models", *map(str, arguments)],
        env=ENVIRONMENT | {"PAIGE_STATE_DIR": str(state), "PAIGE_BOARD": "pi5"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def told(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_model_is_added_looked_at_rolled_back_and_taken_away(state: Path) -> None:
    empty = models(state, "list")
    assert (empty.returncode, empty.stderr) == (0, "")
    assert empty.stdout.startswith("there are no models yet")
    assert models(state, "verify").stdout == empty.stdout
    added = models(state, "add", made(1), "--name", "small")
    assert added.returncode == 0
    assert added.stdout.startswith("small  version ")
    assert "licence Apache-2.0" in added.stdout
    assert added.stderr.splitlines()[0] == "small: copying  1.7 kB of 85.9 kB"
    assert added.stderr.splitlines()[-1] == "small: arranging for this machine  3 of 3 shards"
    newer = told(models(state, "add", made(2), "--name", "small", "--json"))
    assert [version["lean"] for version in newer["versions"]] == [False, False]
    first, second = (version["id"] for version in newer["versions"])
    assert models(state, "verify").stdout == "small: all as it was added\n"
    assert [one["id"] for one in told(models(state, "rollback", "small", "--json"))["versions"]] == [
        second,
        first,
    ]
    listed = told(models(state, "list", "--json"))
    assert [one["name"] for one in listed["models"]] == ["small"]
    assert listed["models"][0]["bytes"] == sum(
        file.stat().st_size for file in (state / "models" / "objects").iterdir()
    )
    gone = models(state, "remove", "small")
    assert (gone.returncode, gone.stdout, gone.stderr) == (0, "small is gone\n", "")
    assert told(models(state, "list", "--json")) == {"models": [], "damaged": [], "unfinished": []}


def test_what_is_damaged_is_named_with_what_to_do(state: Path) -> None:
    added = told(models(state, "add", made(1), "--name", "small", "--json"))
    objects = state / "models" / "objects"
    layer = next(file for file in objects.iterdir() if file.stat().st_size == 32768)
    layer.chmod(0o644)
    layer.write_bytes(bytes(32768))
    found = models(state, "verify", "small")
    assert found.returncode == 1
    first, second = found.stdout.splitlines()
    assert first.startswith("small: layer-00")
    assert "(as it came): it is damaged: its hash is" in first
    assert second == f"what is damaged comes back with 'paige models add {made(1)} --name small'"
    (fault,) = json.loads(models(state, "verify", "--json").stdout)["faults"]
    assert (fault["name"], fault["version"]) == ("small", added["versions"][0]["id"])
    (state / "models" / "names" / "other.json").write_text("{")
    listed = models(state, "list")
    assert listed.returncode == 1
    assert "'paige models remove other'" in listed.stdout


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", "/nonexistent/model"), "paige: /nonexistent/model: there is no such folder\n"),
        (("remove", "x"), "paige: there is no model 'x'; there are none yet\n"),
        (
            ("add", "ftp://x/y.zip"),
            "paige: ftp://x/y.zip: addresses begin with https:// or http://, and name a server\n",
        ),
    ],
)
def test_what_cannot_be_done_is_a_line(arguments: tuple[str, ...], why: str, state: Path) -> None:
    done = models(state, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", why)


def bytes_of(file: Path) -> int:
    """Of a file that another process may take away at any time."""
    with suppress(FileNotFoundError):
        return file.stat().st_size
    return 0


def test_a_download_that_is_killed_is_listed_and_goes_on(state: Path) -> None:
    with serving(Served({f"/small/{file.name}": file.read_bytes() for file in made(1).iterdir()})) as served:
        served.stall_after = [None, 1234]
        with subprocess.Popen(
            [sys.executable, "-m", "paige.device.cli", "models", "add", f"{served.url}/small"],
            env=ENVIRONMENT | {"PAIGE_STATE_DIR": str(state), "PAIGE_BOARD": "pi5"},
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            parts = state / "models" / "downloads"
            while 1234 not in map(bytes_of, parts.rglob("*.part")):
                assert running.poll() is None
                time.sleep(0.01)
            running.kill()
        (left,) = told(models(state, "list", "--json"))["unfinished"]
        assert (left["origin"], left["done"] > 1234) == (f"{served.url}/small", True)
        assert "add it again, and it goes on" in models(state, "list").stdout
        served.asked.clear()
        assert models(state, "add", f"{served.url}/small").returncode == 0
        assert served.sent("Range")[0] == "bytes=1234-"
    assert told(models(state, "list", "--json"))["unfinished"] == []


def test_in_a_terminal_there_is_a_bar(state: Path) -> None:
    here, there = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "paige.device.cli", "models", "add", str(made(1)), "--name", "small"],
        env=ENVIRONMENT | {"PAIGE_STATE_DIR": str(state), "PAIGE_BOARD": "pi5"},
        stdout=subprocess.DEVNULL,
        stderr=there,
    ):
        os.close(there)
        written = b""
        with suppress(OSError):  # the other end is closed
            while True:
                written += os.read(here, 1 << 16)
    os.close(here)
    lines = written.decode().split("\r\n")
    assert lines[0].endswith("small: copying  [########################] 85.9 kB of 85.9 kB")
    assert lines[1].rstrip().endswith("[########################] 3 of 3 shards")


def test_the_models_lie_where_the_configuration_says(tmp_path: Path) -> None:
    file = tmp_path / "paige.yaml"
    file.write_text("state_dir: here\n")
    copy = shutil.copytree(made(1), tmp_path / "small")
    assert models(tmp_path, "add", copy, "--config", file).returncode == 0


class Terminal(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.isatty = lambda: terminal  # type: ignore[method-assign]  # what it is for


@pytest.mark.parametrize("terminal", [True, False])
def test_rate_and_time_left_are_told_when_they_are_known(terminal: bool) -> None:
    stream, now = Terminal(terminal), [0.0]
    shown = Shown(stream, lambda: now[0])
    for second in range(5):
        now[0] = float(second)
        shown(Progress(Action.DOWNLOAD, "small", second * 50_000_000, 200_000_000))
    shown(Progress(Action.RETRY, "layer-000: the server is silent"))
    shown(Progress(Action.DOWNLOAD, "small", 200_000_000, 0))
    shown.end()
    text = stream.getvalue()
    assert "100.0 MB of 200.0 MB, 50.0 MB/s, 2 s left" in text
    assert "layer-000: the server is silent: trying again" in text
    lines = text.replace("\r", "\n").splitlines() if terminal else text.splitlines()
    assert max(map(len, lines)) < 90
    assert text.endswith("\n")


def test_bytes_and_seconds_are_told_for_people() -> None:
    assert [size(count) for count in (0, 999, 1500, 2_500_000, 3_000_000_000)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "2.5 MB",
        "3.0 GB",
    ]
    assert [duration(seconds) for seconds in (0.4, 59.4, 59.6, 185, 7805)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "3 min 5 s",
        "2 h 10 min",
    ]


def test_a_model_of_a_recognizer_is_added_listed_checked_and_taken_away(state: Path) -> None:
    added = models(state, "add", VOSK, "--name", "english")
    assert added.returncode == 0, added.stderr
    assert added.stdout.startswith("english  for speech, by Vosk; added ")
    (listed,) = told(models(state, "list", "--json"))["models"]
    assert (listed["name"], listed["recognizer"]) == ("english", "vosk")
    assert models(state, "verify").stdout == "english: all as it was added\n"
    taken = models(state, "add", made(1), "--name", "english")
    assert taken.returncode == 1
    assert "another kind of model called 'english'" in taken.stderr
    (state / "models" / "speech" / "english" / "README").write_text("spoiled")
    spoiled = models(state, "verify", "english")
    assert spoiled.returncode == 1
    assert spoiled.stdout.splitlines() == [
        "english: README: it is damaged: its hash is another",
        f"what is damaged comes back with 'paige models add {VOSK} --name english'",
    ]
    assert models(state, "remove", "english").stdout == "english is gone\n"
    assert told(models(state, "list", "--json"))["models"] == []
