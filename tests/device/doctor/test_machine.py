"""What the machine's own files say, as findings."""

import os
from pathlib import Path

from paige.device.config.load import Loaded, load
from paige.device.doctor import machine
from paige.device.doctor.finding import Verdict

DEFAULTS = load(Path(os.devnull), {})


def system(tmp_path: Path, available_mib: int, groups: dict[str, tuple[str, int]]) -> tuple[Path, Path]:
    """A /proc and a cgroup tree: bytes available, and (limit, use) of each group."""
    proc, cgroups = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "meminfo").write_text(
        f"MemTotal: 1 kB\nMemAvailable: {available_mib * 1024} kB\nHugePages_Total: 0\n"
    )
    (proc / "self/cgroup").write_text("0::/system.slice/paige.service\n")
    for name, (limit, used) in groups.items():
        (cgroups / name).mkdir(parents=True, exist_ok=True)
        (cgroups / name / "memory.max").write_text(f"{limit}\n")
        (cgroups / name / "memory.current").write_text(f"{used}\n")
    return proc, cgroups


def test_enough_memory_is_well(tmp_path: Path) -> None:
    assert machine.memory(DEFAULTS, *system(tmp_path, 512, {})).verdict is Verdict.OK


def test_too_little_memory_is_wrong(tmp_path: Path) -> None:
    finding = machine.memory(DEFAULTS, *system(tmp_path, 20, {}))
    assert finding.verdict is Verdict.WRONG
    assert finding.text.startswith("20 MiB")


def test_the_tightest_group_around_the_service_counts(tmp_path: Path) -> None:
    mib = 1 << 20
    groups = {
        "system.slice": (str(64 * mib), 40 * mib),
        "system.slice/paige.service": ("max", 10 * mib),
    }
    finding = machine.memory(DEFAULTS, *system(tmp_path, 512, groups))
    assert finding.verdict is Verdict.WRONG
    assert finding.text.startswith("24 MiB available within this service's memory limit")


def state_in(folder: Path) -> Loaded:
    return load(Path(os.devnull), {"PAIGE_STATE_DIR": str(folder)})


def test_a_state_folder_that_can_be_made_is_well_and_is_not_made(tmp_path: Path) -> None:
    assert machine.disk(state_in(tmp_path / "a/b")).verdict is Verdict.OK
    assert list(tmp_path.iterdir()) == []


def test_a_state_folder_that_is_a_file_or_cannot_be_written_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert machine.disk(state_in(file / "x")).verdict is Verdict.WRONG
    assert machine.disk(state_in(Path("/proc/paige"))).verdict is Verdict.WRONG


def test_the_clock_is_looked_at_without_touching_it() -> None:
    assert machine.clock(DEFAULTS).text
