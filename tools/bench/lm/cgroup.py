"""Control groups that limit memory and the rate of reads, of version 1 and 2."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paige.tools.bench.errors import NotGiven

_MOUNTED: Final = Path("/sys/fs/cgroup")
_GROUP: Final = "paige-bench"


@dataclass(frozen=True, slots=True)
class Cgroup:
    """One that is there. In version 2 both folders are one."""

    memory: Path
    reads: Path
    version: int

    def enter(self) -> None:
        """Move this process into it."""
        for folder in {self.memory, self.reads}:
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    @property
    def peak(self) -> int | None:
        """The most bytes that it had; None where the kernel does not say (before 5.19, in version 2)."""
        file = self.memory / ("memory.max_usage_in_bytes" if self.version == 1 else "memory.peak")
        return int(file.read_text()) if file.is_file() else None

    @property
    def killed(self) -> int:
        """How many of its processes the kernel ended for want of memory."""
        file = self.memory / ("memory.oom_control" if self.version == 1 else "memory.events")
        fields = (line.split() for line in file.read_text().splitlines())
        return next((int(field[1]) for field in fields if field[0] == "oom_kill"), 0)


@contextmanager
def cgroup(memory: int | None, rate: int | None, disk: str, mounted: Path = _MOUNTED) -> Iterator[Cgroup]:
    """A control group, as long as it is needed.

    Args:
        memory: Bytes that its processes may have; None for as many as they like.
        rate: Bytes a second that they may read; None for as many as they can.
        disk: The number of the disk that is meant (`disk_of`).
        mounted: Where control groups are.

    Raises:
        NotGiven: There are none, or this user may not make any.
    """
    try:
        made = (
            _version_1(memory, rate, disk, mounted)
            if (mounted / "memory").is_dir()
            else _version_2(memory, rate, disk, mounted)
        )
    except OSError as error:
        raise NotGiven(
            f"memory and reads are limited by control groups, and here they cannot be made: {error}; "
            "run it as root, outside of a container"
        ) from error
    try:
        yield made
    finally:
        for folder in {made.memory, made.reads}:
            folder.rmdir()


def _version_1(memory: int | None, rate: int | None, disk: str, mounted: Path) -> Cgroup:
    made = Cgroup(mounted / "memory" / _GROUP, mounted / "blkio" / _GROUP, 1)
    for folder in (made.memory, made.reads):
        folder.mkdir(exist_ok=True)
    (made.memory / "memory.limit_in_bytes").write_text("-1" if memory is None else str(memory))
    (made.memory / "memory.max_usage_in_bytes").write_text("0")
    (made.reads / "blkio.throttle.read_bps_device").write_text(f"{disk} {rate or 0}")
    return made


def _version_2(memory: int | None, rate: int | None, disk: str, mounted: Path) -> Cgroup:
    (mounted / "cgroup.subtree_control").write_text("+memory +io")
    folder = mounted / _GROUP
    folder.mkdir(exist_ok=True)
    (folder / "memory.max").write_text("max" if memory is None else str(memory))
    (folder / "memory.swap.max").write_text("0")
    (folder / "io.max").write_text(f"{disk} rbps={'max' if rate is None else rate}")
    return Cgroup(folder, folder, 2)


def disk_of(on: Path) -> str:
    """The number of the disk on which something lies; limits are for disks, not for their partitions.

    Raises:
        NotGiven: It lies on none, such as in memory or on several in layers.
    """
    device = on.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    block = Path("/sys/dev/block") / number
    if not block.exists():
        raise NotGiven(f"{on}: this lies on no disk; name a folder on one with --scratch")
    if (block / "partition").exists():
        return (block.resolve().parent / "dev").read_text().strip()
    return number


def forget_files() -> None:
    """Have the kernel drop what it keeps of files, so that they are read from the disk.

    Raises:
        NotGiven: This user may not.
    """
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError as error:
        raise NotGiven(f"files that the kernel keeps must be forgotten: {error}; run it as root") from error
