"""What the kernel counts, and what to add to its command line where it does not."""

from pathlib import Path

import pytest

from paige.device.doctor.finding import Verdict
from paige.device.doctor.kernel import counting

STATUS = "RssAnon: 1 kB\nRssFile: 1 kB\nRssShmem: 1 kB\n"
PRESSURE = "some avg10=0.00 avg60=0.00 avg300=0.00 total=42\n"


def machine(root: Path, files: dict[str, str]) -> Path:
    for name, text in ({"proc/self/status": STATUS, "proc/self/cgroup": "0::/\n"} | files).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "remedy"),
    [
        ({"proc/pressure/memory": PRESSURE, "sys/fs/cgroup/cgroup.controllers": "cpu memory\n"}, ""),
        ({"proc/pressure/memory": PRESSURE, "sys/fs/cgroup/memory/tasks": ""}, ""),
        # As Raspberry Pi OS has it.
        ({"sys/fs/cgroup/cgroup.controllers": "cpuset cpu io pids\n"}, "add psi=1 cgroup_enable=memory to"),
        ({"sys/fs/cgroup/cgroup.controllers": "memory\n"}, "add psi=1 to"),
        ({"proc/pressure/memory": PRESSURE}, "add cgroup_enable=memory to"),
    ],
)
def test_what_is_switched_off_is_named_with_what_switches_it_on(
    files: dict[str, str], remedy: str, tmp_path: Path
) -> None:
    found = counting(machine(tmp_path, files))
    assert found.verdict is (Verdict.WARNING if remedy else Verdict.OK)
    assert found.remedy.startswith(remedy)


def test_a_kernel_that_is_too_old_is_wrong(tmp_path: Path) -> None:
    found = counting(machine(tmp_path, {"proc/self/status": "VmRSS: 1 kB\n"}))
    assert (found.verdict, found.remedy) == (Verdict.WRONG, "install a newer kernel")
    assert "Linux 4.5 and newer" in found.text


def test_this_machine_is_looked_at() -> None:
    assert counting().text
