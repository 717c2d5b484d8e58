"""What the kernel says of memory: of this process, of the machine, and how hard it is to come by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paige.device.errors import DeviceError
from paige.device.memory.pressure import Moment

_UNLIMITED: Final = 1 << 60
"""Control groups of version 1 write a number near 2^63 where there is no limit."""


@dataclass(frozen=True, slots=True)
class ProcessMemory:
    """What a process has in memory, in bytes (proc_pid_status(5))."""

    anonymous: int
    """In no file: the kernel cannot drop it."""
    file: int
    """Of files, mostly code; the kernel drops and reads it again."""
    shared: int
    """Of files in memory, as far as it has used them through a mapping."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """The kernel's files.

    Args:
        root: Where its file systems are mounted.
    """

    root: Path = Path("/")

    def process(self) -> ProcessMemory:
        """Of this process.

        Raises:
            DeviceError: The kernel does not say.
        """
        told = self._kilobytes("proc/self/status")
        try:
            return ProcessMemory(told["RssAnon"], told["RssFile"], told["RssShmem"])
        except KeyError as error:
            raise DeviceError(
                f"{self.root}proc/self/status: it lacks {error}; Paige runs on Linux 4.5 and newer"
            ) from error

    def moment(self, at: float) -> Moment:
        """How hard memory is to come by now.

        Args:
            at: What the clock says, in seconds.

        Raises:
            DeviceError: The kernel does not say.
        """
        told = self._kilobytes("proc/meminfo")
        return Moment(at, self.stalled(), told["MemAvailable"] / told["MemTotal"])

    def available(self) -> int:
        """Bytes that programs may take before the machine is short of memory (proc_meminfo(5)).

        Raises:
            DeviceError: The kernel does not say.
        """
        return self._kilobytes("proc/meminfo")["MemAvailable"]

    def limit(self) -> int | None:
        """The least limit of this process's control groups, in bytes; None where there is none."""
        limits = [limit for limit in map(_limit, self._limit_files()) if limit is not None]
        return min(limits, default=None)

    def stalled(self) -> float | None:
        """Seconds, since the start, in which some process waited for memory (PSI).

        None where the kernel does not count that; Raspberry Pi OS does not by default.
        """
        for file in (*self._group_files("memory.pressure"), self.root / "proc/pressure/memory"):
            try:
                some = file.read_text(encoding="ascii").splitlines()[0]
                return int(some.rpartition("total=")[2]) / 1e6
            except (OSError, IndexError, ValueError):
                continue
        return None

    def _limit_files(self) -> Iterator[Path]:
        yield from self._group_files("memory.max")
        yield from self._group_files("memory.high")
        yield from self._group_files("memory.limit_in_bytes", "memory")

    def _group_files(self, name: str, controller: str = "") -> Iterator[Path]:
        """A file of this process's control group, and of those around it, innermost first.

        Args:
            name: Of the file.
            controller: Of version 1; "" for version 2, whose groups have all controllers.
        """
        try:
            lines = (self.root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
        except OSError:
            return
        fields = (line.split(":", 2) for line in lines)
        path = next((field[2] for field in fields if controller in field[1].split(",")), None)
        if path is None:
            return
        mounted = self.root / "sys/fs/cgroup" / controller
        group = mounted / path.lstrip("/")
        # In a container the path may be that of the machine outside, which is not mounted here.
        for folder in (group, *group.parents):
            if not folder.is_relative_to(mounted):
                return
            if (folder / name).is_file():
                yield folder / name

    def _kilobytes(self, file: str) -> Mapping[str, int]:
        """The fields of a file that are sizes, in bytes."""
        try:
            lines = (self.root / file).read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise DeviceError(f"{self.root / file}: the kernel does not say: {error.strerror}") from error
        fields = (line.split() for line in lines)
        return {field[0].rstrip(":"): int(field[1]) * 1024 for field in fields if field[2:] == ["kB"]}


def _limit(file: Path) -> int | None:
    try:
        text = file.read_text(encoding="ascii").strip()
        limit = _UNLIMITED if text == "max" else int(text)
    except (OSError, ValueError):
        return None
    return limit if limit < _UNLIMITED else None
