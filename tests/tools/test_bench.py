"""Each measurement in its smallest form, for real: its figures are plausible and its tables whole."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.device.cli import main
from paige.tools.bench import home_size, listen, memory, turn
from paige.tools.bench.brokers import EMBEDDED, environment
from paige.tools.bench.distribution import Distribution, megabytes, milliseconds
from paige.tools.bench.errors import BenchFailed, NotGiven
from paige.tools.bench.large_home import MOST, large_home
from paige.tools.bench.machine import machine
from paige.tools.bench.part import Part, Table
from paige.tools.bench.process_memory import process_memory, processor_seconds

BARISTA = Path(__file__).parents[3] / "shared/data/speech/barista"
RECORDINGS = sorted((Path(turn.__file__).parents[1] / "demo/recordings").glob("*.wav"))


def quiet(_: str) -> None:
    """Nobody watches a test's progress."""


def check_tables(part: Part) -> None:
    """Every row is as wide as its head, and the document shows all of it with its command."""
    text = part.markdown()
    assert f"$ {part.command}\n" in text
    for table in part.tables:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.head)}
        assert table.markdown() in text


def test_median_and_p95_of_known_values() -> None:
    hundred = Distribution.of(range(100, 0, -1))
    assert (hundred.median, hundred.p95) == (50.5, 95)
    assert Distribution.of([3.0]).figures() == {"count": 1, "median": 3, "p95": 3, "least": 3, "most": 3}
    with pytest.raises(ValueError, match="nothing was measured"):
        Distribution.of([])


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1))
def test_p95_is_the_least_value_that_95_of_100_do_not_exceed(values: list[float]) -> None:
    taken = Distribution.of(values)
    assert sum(value <= taken.p95 for value in values) >= 0.95 * len(values)
    assert sum(value < taken.p95 for value in values) < 0.95 * len(values)
    assert taken.values[0] <= taken.median <= taken.values[-1]


def test_figures_are_written_with_as_many_digits_as_they_are_worth() -> None:
    assert [milliseconds(seconds) for seconds in (0.0000612, 0.0123456, 0.25, 1.5)] == [
        "0.0612",
        "12.3",
        "250",
        "1500",
    ]
    assert megabytes(200_000_000) == "200.0"


def test_a_table_is_markdown() -> None:
    table = Table("Speed", ("", "ms"), (("parse", "0.3"),), ("In a hurry.",))
    assert table.markdown() == "**Speed**\n\n|  | ms |\n| --- | ---: |\n| parse | 0.3 |\n\n- In a hurry.\n"


def test_the_machine_is_described_without_its_name() -> None:
    here = machine()
    assert here.cores >= 1
    assert here.memory > 100_000_000
    assert os.uname().nodename not in str(here)
    assert str(Path.home()) not in str(here)
    assert "load" in str(here)


def test_memory_and_processor_time_grow_with_what_a_process_takes() -> None:
    before = process_memory()
    taken = bytearray(os.urandom(1)) * 50_000_000
    after = process_memory()
    assert 45_000_000 < after.anonymous - before.anonymous < 60_000_000
    assert after.peak >= after.resident >= after.anonymous
    assert after.resident >= after.proportional >= after.private > 0
    spent = processor_seconds(os.getpid())
    assert sum(taken) >= 0
    assert processor_seconds(os.getpid()) > spent > 0


def test_a_large_home_has_as_many_devices_as_wanted_each_with_a_name_of_its_own() -> None:
    assert len({device.name for device in large_home(5_000)}) == 5_000
    with pytest.raises(ValueError, match="can be named"):
        large_home(MOST + 1)


@pytest.mark.skipif(not RECORDINGS, reason="the demo has no recordings")
def test_a_turn_is_measured_by_step_and_no_step_takes_longer_than_the_whole() -> None:
    part = turn.measure(1, quiet, [turn.Setting(EMBEDDED, 0.0)])
    check_tables(part)
    (kinds,) = part.figures["settings"].values()
    assert kinds["typed"]["done"] == len(turn.TYPED)
    assert kinds["spoken"]["done"] >= 1
    for kind, steps in (("spoken", {"endpoint", "recognize"}), ("typed", set[str]())):
        seconds = {name: taken["median"] for name, taken in kinds[kind]["seconds"].items()}
        assert seconds.keys() == steps | {
            "parse",
            "resolve",
            "publish",
            "confirm",
            "to published",
            "to reply",
        }
        assert all(taken > 0 for taken in seconds.values())
        assert max(seconds["publish"], seconds["parse"]) < seconds["to published"] <= seconds["to reply"]
        assert kinds[kind]["first_seconds"] > 0
    assert 0.1 < kinds["spoken"]["seconds"]["endpoint"]["median"] < 3


@pytest.mark.skipif(not RECORDINGS, reason="the demo has no recordings")
def test_memory_is_that_of_the_whole_service_and_of_each_step_of_building_one() -> None:
    part = memory.measure(1, quiet, memory.Work(requests=8, recordings=2))
    check_tables(part)
    services = part.figures["service"]
    for figures in services.values():
        ready = figures["ready_seconds"]["median"]
        assert 0 < figures["ready_processor_seconds"]["median"] < ready * (os.cpu_count() or 1)
        assert figures["request_seconds"]["count"] == 8
        assert figures["request_seconds"]["median"] > 0
        for moment in figures["memory"].values():
            assert 20_000_000 < moment["anonymous"] < moment["resident"] <= moment["peak"] < 1_000_000_000
    assert services["with speech"]["spoken_turns"] == 2
    idle = {name: figures["memory"]["idle"]["resident"] for name, figures in services.items()}
    assert idle["with speech"] > idle["without a microphone"]
    peaks = [stage["peak"] for stage in part.figures["stages"]]
    assert peaks == sorted(peaks)
    assert peaks[-1] > 2 * peaks[0]


@pytest.mark.skipif(not BARISTA.is_dir(), reason="the recordings of people are not beside the repository")
def test_listening_is_measured_in_its_own_language_and_in_another(tmp_path: Path) -> None:
    labels = json.loads((BARISTA / "labels.json").read_text())
    few = sorted(labels)[:3]
    (tmp_path / "clean").mkdir()
    for name in few:
        shutil.copy(BARISTA / "clean" / name, tmp_path / "clean")
    shutil.copy(BARISTA / "intents.yaml", tmp_path)
    (tmp_path / "labels.json").write_text(json.dumps({name: labels[name] for name in few}))
    part = listen.measure(1, quiet, tmp_path)
    check_tables(part)
    assert part.figures["recordings"] == 3
    (row,) = part.figures["rows"]
    assert row["noise"] == "clean"
    assert all(0 <= float(row[share].rstrip("%")) <= 100 for share in ("accepted", "wrongly accepted"))
    assert float(row["CPU s/s"]) > 0


def test_listening_to_what_is_no_recording_of_people_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(NotGiven, match="it needs recordings of people"):
        listen.measure(None, quiet)
    with pytest.raises(BenchFailed, match="is no folder of labelled recordings"):
        listen.measure(None, quiet, tmp_path)


def test_a_home_is_heard_whole_and_its_language_measured() -> None:
    part = home_size.measure(1, quiet, sizes=(30,))
    check_tables(part)
    (home,) = part.figures["homes"]
    assert (home["size"], home["entities"]) == (30, 30)
    assert 0 < home["discovery_processor_seconds"]["median"] < home["discovery_seconds"]["median"]
    assert 0 < home["parse_seconds"]["median"] <= home["parse_seconds"]["p95"] < 1
    assert 0 <= home["service_idle"] < 0.5
    assert home["restrict_seconds"] > 0


def test_the_command_prints_figures_for_programs_and_writes_the_document(tmp_path: Path) -> None:
    file = tmp_path / "measurements.md"
    command = [sys.executable, "-m", "paige.device.cli", "bench", "parse", "--repeats", "1", "--json"]
    ended = subprocess.run(
        [*command, "--write", str(file)], env=environment(), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert said["left_out"] == {}
    assert said["machine"]["cores"] >= 1
    assert said["parts"]["parse"]["seconds"] > 0
    text = file.read_text()
    assert text.startswith("# Measurements\n")
    assert "$ paige bench parse\n" in text
    assert "parse: " in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--repeats", "0"], 2, "argument --repeats: '0' is no number of 1 or more\n"),
        (["--write", "/nonexistent/it.md"], 1, "paige: /nonexistent/it.md: cannot be written: No such file"),
        (
            ["listen", "--recordings", "/nonexistent"],
            1,
            "is no folder of labelled recordings: labels.json: No",
        ),
        (["laziness"], 2, "choose from"),
    ],
)
def test_a_wrong_word_is_one_line(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *arguments]) == status
    assert said in capsys.readouterr().err
