"""What the kernel says of memory is read as it is, whatever kind of control groups there are."""

import ctypes
import mmap
from pathlib import Path

import pytest

from paige.device.errors import DeviceError
from paige.device.memory.budget import OF_AVAILABLE, OF_LIMIT, budget
from paige.device.memory.code import forget_code
from paige.device.memory.kernel import Kernel

MB = 1_000_000


def machine(root: Path, files: dict[str, str]) -> Kernel:
    """A kernel whose files these are."""
    usual = {
        "proc/self/status": "Name:\tpaige\nRssAnon:\t   1000 kB\nRssFile:\t 2000 kB\nRssShmem:\t   500 kB\n",
        "proc/meminfo": "MemTotal:  400000 kB\nMemFree:  1 kB\nMemAvailable:  100000 kB\n",
        "proc/self/cgroup": "0::/\n",
    }
    for name, text in (usual | files).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Kernel(root)


VERSION_2 = {
    "proc/self/cgroup": "0::/system.slice/paige.service\n",
    "sys/fs/cgroup/system.slice/paige.service/memory.max": "300000000\n",
    "sys/fs/cgroup/system.slice/paige.service/memory.high": "max\n",
    "sys/fs/cgroup/system.slice/memory.max": "max\n",
}
VERSION_1 = {
    "proc/self/cgroup": "5:cpu:/\n4:memory:/docker/abc\n0::/\n",
    "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "9223372036854771712\n",
    "sys/fs/cgroup/memory/docker/memory.limit_in_bytes": "200000000\n",
}
IN_A_CONTAINER = {  # the path is that of the machine outside
    "proc/self/cgroup": "4:memory:/docker/abc\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "150000000\n",
}


@pytest.mark.parametrize(
    ("files", "limit"),
    [(VERSION_2, 300 * MB), (VERSION_1, 200 * MB), (IN_A_CONTAINER, 150 * MB), ({}, None)],
)
def test_the_least_limit_of_all_groups_around_counts(
    files: dict[str, str], limit: int | None, tmp_path: Path
) -> None:
    assert machine(tmp_path, files).limit() == limit


def test_the_process_as_the_kernel_counts_it(tmp_path: Path) -> None:
    found = machine(tmp_path, {}).process()
    assert (found.anonymous, found.file, found.shared) == (1_024_000, 2_048_000, 512_000)


def test_stalls_of_the_group_before_those_of_the_machine(tmp_path: Path) -> None:
    everywhere = {"proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\n"}
    kernel = machine(tmp_path, everywhere)
    assert kernel.moment(3.0).stalled == 2.0
    assert kernel.moment(3.0).available == 0.25
    own = {"sys/fs/cgroup/system.slice/paige.service/memory.pressure": "some avg10=0.00 total=500000\n"}
    assert machine(tmp_path, VERSION_2 | own).stalled() == 0.5


def test_a_kernel_that_counts_no_stalls_is_no_error(tmp_path: Path) -> None:
    assert machine(tmp_path, {}).moment(1.0).stalled is None


def test_a_kernel_that_does_not_say_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="status: it lacks 'RssAnon'"):
        machine(tmp_path, {"proc/self/status": "VmRSS: 1 kB\n"}).process()
    with pytest.raises(DeviceError, match="the kernel does not say"):
        Kernel(tmp_path / "nothing").process()


def test_this_kernel_says() -> None:
    kernel = Kernel()
    assert kernel.process().anonymous > 10 * MB
    assert kernel.available() > 10 * MB
    assert 0 < kernel.moment(0.0).available <= 1


def test_a_budget_is_what_is_configured(tmp_path: Path) -> None:
    assert budget(250 * MB, machine(tmp_path, VERSION_2)).bytes == 250 * MB
    with pytest.raises(DeviceError, match=r"a budget of 400 MB is configured, .* ends it at 300 MB"):
        budget(400 * MB, machine(tmp_path, VERSION_2))


def test_a_budget_is_what_the_machine_can_spare(tmp_path: Path) -> None:
    free = int(OF_AVAILABLE * 102_400_000) + 1_024_000 + 512_000
    assert budget(None, machine(tmp_path, {})).bytes == free
    little = VERSION_2 | {"sys/fs/cgroup/system.slice/memory.max": "50000000\n"}
    assert budget(None, machine(tmp_path, little)).bytes == int(OF_LIMIT * 50 * MB)


def test_code_that_is_forgotten_comes_back_and_data_stays() -> None:
    kept = mmap.mmap(-1, MB)
    kept.write(b"x" * MB)
    before = Kernel().process()
    forget_code()
    after = Kernel().process()
    assert after.file < before.file
    assert after.anonymous > 0.9 * before.anonymous
    kept.seek(0)
    assert kept.read() == b"x" * MB
    assert ctypes.CDLL(None).abs(-3) == 3
