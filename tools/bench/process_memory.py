"""How much memory and processor time a process takes, as the kernel counts it."""

import os
from dataclasses import dataclass
from pathlib import Path

from paige.tools.bench.errors import BenchFailed


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds, in bytes."""

    resident: int
    """All its pages that are in memory (RSS)."""
    proportional: int
    """The same, where a page that several processes hold counts in parts (PSS)."""
    private: int
    """Pages that no other process holds: what ending it would free."""
    anonymous: int
    """Pages that are in no file, and that the kernel cannot drop and read again (RssAnon)."""
    peak: int
    """The most it ever had resident (VmHWM)."""


def process_memory(pid: int | str = "self") -> Memory:
    """What a process holds now (proc_pid_smaps(5), proc_pid_status(5)).

    Raises:
        BenchFailed: The kernel does not tell, or the process has ended.
    """
    try:
        rollup = _kilobytes(Path(f"/proc/{pid}/smaps_rollup"))
        status = _kilobytes(Path(f"/proc/{pid}/status"))
    except OSError as error:
        raise BenchFailed(f"the memory of process {pid} cannot be read: {error.strerror}") from error
    return Memory(
        resident=rollup["Rss"],
        proportional=rollup["Pss"],
        private=rollup["Private_Clean"] + rollup["Private_Dirty"],
        anonymous=status["RssAnon"],
        peak=status["VmHWM"],
    )


def processor_seconds(pid: int) -> float:
    """What a process has taken of the processor, in user and kernel mode (proc_pid_stat(5)).

    Raises:
        BenchFailed: The process has ended.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError as error:
        raise BenchFailed(f"process {pid} has ended: {error.strerror}") from error
    # The name in parentheses may itself hold spaces and parentheses; utime and stime are fields 14 and 15.
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _kilobytes(path: Path) -> dict[str, int]:
    """The fields of a file that are sizes, in bytes."""
    lines = (line.split() for line in path.read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) * 1024 for line in lines if line[2:] == ["kB"]}
