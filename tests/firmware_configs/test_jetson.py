"""A Jetson's power modes, as an Orin Nano tells of them, and where models are computed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import paige.models.nlu
from paige.models.onnx import open_session

JETSON = Path(__file__).parents[2] / "firmware-configs" / "jetson"
ORIN_NANO = """\
< PARAM TYPE=FILE NAME=CPU_ONLINE >
CORE_1 /sys/devices/system/cpu/cpu1/online
< PARAM TYPE=CLOCK NAME=GPU >
MAX_FREQ /sys/devices/platform/17000000.gpu/devfreq_dev/max_freq

# < POWER_MODEL ID=id_num NAME=mode_name >
< POWER_MODEL ID=0 NAME=15W >
CPU_ONLINE CORE_1 1
GPU MAX_FREQ 612000000
< POWER_MODEL ID=1 NAME=25W >
GPU MAX_FREQ 918000000
< POWER_MODEL ID=2 NAME=MAXN_SUPER >
GPU MAX_FREQ -1
< POWER_MODEL ID=3 NAME=7W >
GPU MAX_FREQ 408000000
< PM_CONFIG DEFAULT=1 >
"""
"""Its /etc/nvpmodel.conf with JetPack 6.2, less what does not matter here."""
NVPMODEL = """#!/bin/sh
# Answers as NVIDIA's program does; 2 is a mode for which it would have to restart the board.
case $1 in
    -q) printf 'NV Power Mode: whatever\\n%s\\n' "$(cat "$0.mode")" ;;
    -m) echo "nvpmodel -m $2" >>"$0.calls"; [ "$2" = 2 ] || echo "$2" >"$0.mode" ;;
esac
"""


class Board:
    """Its nvpmodel is a stand-in: NVIDIA's runs on a Jetson alone."""

    def __init__(self, folder: Path, conf: str = ORIN_NANO) -> None:
        self.folder = folder
        self.nvpmodel = folder / "nvpmodel"
        self.conf = folder / "nvpmodel.conf"
        self.conf.write_text(conf)
        (folder / "nvpmodel.mode").write_text("1\n")
        self._program("nvpmodel", NVPMODEL)
        self._program("jetson_clocks", '#!/bin/sh\necho held >"$0.calls"\n')

    def _program(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def power(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        given = {"PATH": f"{self.folder}:{os.environ['PATH']}", "NVPMODEL_CONF": str(self.conf), **environ}
        return subprocess.run(
            [JETSON / "paige-power", *arguments], env=given, capture_output=True, text=True, check=False
        )

    def calls(self, program: str = "nvpmodel") -> list[str]:
        file = self.folder / f"{program}.calls"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def test_the_board_is_asked_for_its_modes(board: Board) -> None:
    assert board.power().stdout.splitlines() == ["0 15W", "1 25W", "2 MAXN_SUPER", "3 7W"]


def test_a_mode_is_taken_by_its_name(board: Board) -> None:
    assert board.power("15w").returncode == 0
    assert board.calls() == ["nvpmodel -m 0"]
    assert board.power("15W").returncode == 0, "it is there already"
    assert board.calls() == ["nvpmodel -m 0"]
    assert board.calls("jetson_clocks") == []
    board.power("15W", CLOCKS="yes")
    assert board.calls("jetson_clocks") == ["held"]


@pytest.mark.parametrize(
    ("mode", "said"),
    [("30W", "no mode 30W; it has: 15W, 25W, MAXN_SUPER, 7W"), ("MAXN_SUPER", "sudo nvpmodel -m 2")],
)
def test_what_cannot_be_had_is_said(board: Board, mode: str, said: str) -> None:
    result = board.power(mode)
    assert result.returncode == 1
    assert said in result.stderr


@pytest.mark.parametrize("conf", ["", "POWER_MODEL ID=0\n", "< POWER_MODEL NAME=15W >\n"])
def test_a_board_that_tells_nothing_is_left_alone(tmp_path: Path, conf: str) -> None:
    board = Board(tmp_path, conf)
    assert "expected lines like" in board.power("15W").stderr
    board.conf.unlink()
    assert "no Jetson" in board.power("15W").stderr
    assert board.calls() == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "paige-power.service"
    text = (JETSON / unit.name).read_text().replace("/usr/local/sbin", str(JETSON))

    def verify(text: str) -> str:
        unit.write_text(text)
        command = ["systemd-analyze", "verify", str(unit)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stderr

    assert unit.name not in verify(text)
    assert unit.name in verify(text.replace("RemainAfterExit", "RemainsAfterExit"))


def test_models_are_computed_on_the_processor() -> None:
    """As the README says; where this fails, that is to be written anew."""
    shipped = next(Path(paige.models.nlu.__path__[0]).parent.rglob("*.onnx"))
    assert open_session(str(shipped), 1).get_providers() == ["CPUExecutionProvider"]
    sources = [file for name in ("audio", "models") for file in (JETSON.parents[1] / name).rglob("*.py")]
    opened = [text for text in map(Path.read_text, sources) if "InferenceSession(" in text]
    assert len(opened) >= 4
    for text in opened:
        assert text.count("InferenceSession(") == text.count('providers=["CPUExecutionProvider"]')
