"""`paige bench lm`: models that it makes run; arithmetic, tables and pictures say what was measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paige.models.lm.shape import DecoderShape
from paige.tools.bench.errors import NotGiven
from paige.tools.bench.lm import shapes
from paige.tools.bench.lm.cgroup import cgroup, disk_of
from paige.tools.bench.lm.part import PAIGE, THEIRS, Row, _line, _seconds, measure
from paige.tools.bench.lm.pictures import speed_picture
from paige.tools.bench.lm.runs import Run

SMALL = DecoderShape("llama", 3, 256, 4, 2, 64, 512, 512, 2048, 1e-5, 1e4)


def run(module: str, *arguments: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", f"paige.tools.bench.lm.{module}", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_model_of_a_shape_runs_here_and_as_a_whole(tmp_path: Path) -> None:
    assert list(shapes.make(SMALL, tmp_path / "ours")) == ["arranging a layer", "arranging a head"]
    ours = run("ours", str(tmp_path / "ours"), str(1 << 40), "0.1", "4")
    assert isinstance(ours["tokens"], list)
    assert len(ours["tokens"]) >= 3
    assert ours["read"] == 0
    shapes.make_whole(SMALL, tmp_path / "whole")
    whole = run("whole", str(tmp_path / "whole"), json.dumps(SMALL.to_json()), "0.1", "4")
    assert isinstance(whole["tokens"], list)
    assert len(whole["tokens"]) >= 3


def test_what_must_be_read_cannot_be_computed_before_it_is_there() -> None:
    assert _seconds(0, 100, 10, 2.0) == 2.0
    assert _seconds(50, 100, 10, 2.0) == 5.0 + 1.0
    assert _seconds(1, 100, 1000, 2.0) == 2.0  # what stays takes longer than what is read


def test_a_line_tells_ratios_and_why_an_engine_did_not_run() -> None:
    told = {"statistics": {"besides": 50_000_000}}
    runs = {
        PAIGE: Run(0.5, 200_000_000, told),
        THEIRS: Run(2.0, 200_000_000, {}),
        "ONNX Runtime": Run(None, None, {}, "out of memory"),
    }
    line = _line(Row(0.6, 200_000_000, runs, 0.48, 0.4))
    assert line == (
        "200.0 MB", "60%", "2000", "out of memory", "500", "4.00", "480", "1.04", "1.25", "200.0", "50.0",
    )  # fmt: skip


def test_a_picture_has_every_curve() -> None:
    curves = {"Paige": [(0.5, 1.0), (1.3, 80.0)], "llama.cpp": [(0.5, 0.4), (1.3, 70.0)]}
    drawn = speed_picture("0.5B", curves)
    assert drawn.count("<polyline") >= 2
    assert drawn.count("<circle") == 4
    assert "Paige" in drawn
    assert "130%" in drawn


def test_without_llama_cpp_it_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(NotGiven, match="pip install llama-cpp-python gguf"):
        measure(None, print, scratch=tmp_path)


def test_groups_of_version_2_are_written_as_the_kernel_wants_them(tmp_path: Path) -> None:
    (tmp_path / "cgroup.subtree_control").write_text("")
    with cgroup(1 << 28, 90_000_000, "8:0", mounted=tmp_path) as made:
        assert made.version == 2
        assert (made.memory / "memory.max").read_text() == str(1 << 28)
        assert (made.memory / "io.max").read_text() == "8:0 rbps=90000000"
        (made.memory / "memory.events").write_text("low 0\noom 2\noom_kill 1\n")
        (made.memory / "memory.peak").write_text("12345\n")
        assert made.killed == 1
        assert made.peak == 12345
        for file in made.memory.iterdir():
            file.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes control groups")
def test_a_group_counts_what_a_process_takes(tmp_path: Path) -> None:
    try:
        with cgroup(200_000_000, None, disk_of(tmp_path)) as made:
            code = "x = bytearray(50_000_000); print(x[::4096].count(0))"
            subprocess.run(
                [sys.executable, "-c", code], check=True, preexec_fn=made.enter, stdout=subprocess.DEVNULL
            )
            assert made.peak is None or 50_000_000 < made.peak <= 200_000_000
            assert made.killed == 0
    except NotGiven as error:
        pytest.skip(str(error))
