"""A Jetson's power modes, as an Orin Nano tells of them, and where models are computed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import paige.audio
import paige.models
import paige.models.nlu
from paige.device.config.load import load
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


@pytest.mark.parametrize(
    "file",
    [
        # Those of /etc/nvpmodel.conf on an Orin Nano with JetPack 6, and those of jetson_clocks.
        "/sys/devices/system/cpu/cpu5/online",
        "/sys/devices/system/cpu/cpufreq/policy4/scaling_max_freq",
        "/sys/devices/system/cpu/cpu0/cpuidle/state1/disable",
        "/sys/devices/platform/bus@0/17000000.gpu/tpc_pg_mask",
        "/sys/devices/platform/17000000.gpu/devfreq_dev/max_freq",
        "/sys/devices/platform/bus@0/17000000.gpu/railgate_enable",
        "/sys/kernel/nvpmodel_clk_cap/emc",
        "/sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked",
        "/var/lib/nvpmodel/status",
    ],
)
def test_the_unit_lets_it_write_what_power_modes_are_made_of(file: str) -> None:
    lines = (JETSON / "paige-power.service").read_text().splitlines()
    given = [line.partition("=")[2].split() for line in lines if line.startswith("ReadWritePaths=")]
    folders = [Path(folder.removeprefix("-")) for line in given for folder in line]
    assert any(Path(file).is_relative_to(folder) for folder in folders)
    assert all(folder.parts[1] == "sys" or folder == Path("/var/lib/nvpmodel") for folder in folders)
    assert Path("/sys") not in folders


def test_only_a_voice_can_be_computed_elsewhere() -> None:
    """As the README says; where this fails, that is to be written anew."""
    shipped = next(Path(paige.models.nlu.__path__[0]).parent.rglob("*.onnx"))
    assert open_session(str(shipped), 1).get_providers() == ["CPUExecutionProvider"]
    folders = [Path(next(iter(package.__path__))) for package in (paige.audio, paige.models)]
    sources = {file: file.read_text() for folder in folders for file in folder.rglob("*.py")}
    opened = [file for file, text in sources.items() if "InferenceSession(" in text]
    assert len(opened) >= 5
    for file in opened:
        if file.name != "execution.py":
            text = sources[file]
            assert text.count("InferenceSession(") == text.count('providers=["CPUExecutionProvider"]'), file
    placed = {file.name for file, text in sources.items() if "audio.execution import" in text}
    assert placed == {"piper.py"}


EXECUTION = JETSON / "execution.conf"


def test_the_groups_of_the_drop_in_are_made_first() -> None:
    """A service with a group that is not there does not start."""
    text = EXECUTION.read_text()
    groups = re.search(r"(?m)^SupplementaryGroups=(.*)$", text)
    assert groups is not None
    for group in groups[1].split():
        assert text.index(f"sudo groupadd --force --system {group}\n") < text.index("sudo install ")


def test_the_key_of_the_drop_in_is_one_that_paige_takes(tmp_path: Path) -> None:
    [(name, value)] = re.findall(r"(?m)^Environment=(\w+)=(.*)$", EXECUTION.read_text())
    other = re.search(r"With TensorRT before it: (\S+)", EXECUTION.read_text())
    assert other is not None
    for text, expected in ((value, ("cuda",)), (other[1], ("tensorrt", "cuda"))):
        assert load(Path(os.devnull), {name: text, "HOME": str(tmp_path)}).config.execution == expected


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_drop_in(tmp_path: Path) -> None:
    unit, drop_in = tmp_path / "paige.service", tmp_path / "paige.service.d" / EXECUTION.name
    unit.write_text(
        (JETSON.parent / "systemd" / unit.name).read_text().replace("/usr/bin/paige", "/bin/true")
    )
    drop_in.parent.mkdir()

    def verify(text: str) -> str:
        drop_in.write_text(text)
        command, environ = ["systemd-analyze", "verify", unit.name], {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
        return subprocess.run(
            command, env=os.environ | environ, cwd=tmp_path, capture_output=True, text=True, check=False
        ).stderr

    text = EXECUTION.read_text()
    assert EXECUTION.name not in verify(text)
    assert EXECUTION.name in verify(text.replace("SupplementaryGroups=", "SupplementaryGroup="))
