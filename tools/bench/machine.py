"""The machine that was measured on, as far as results depend on it."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_BOARD = Path("/proc/device-tree/model")
_CPU_FIELDS = ("model name", "Model", "Hardware")


@dataclass(frozen=True, slots=True)
class Machine:
    """What results depend on."""

    cpu: str
    cores: int
    """That this process may use."""
    memory: int
    """Bytes."""
    python: str
    system: str
    load: float
    """Processes that were running or waiting for a core, on average over the last minute."""

    def __str__(self) -> str:
        return (
            f"{self.cpu}, {self.cores} cores used, {self.memory / 1e9:.1f} GB; "
            f"{self.python}; {self.system}; load {self.load:.1f}"
        )


def machine() -> Machine:
    """This machine."""
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=_system(),
        load=os.getloadavg()[0],
    )


def _cpu() -> str:
    if _BOARD.exists():
        return _BOARD.read_text().rstrip("\0").strip()
    lines = _CPUINFO.read_text().splitlines() if _CPUINFO.exists() else []
    fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    named = (fields[name] for name in _CPU_FIELDS if fields.get(name))
    return next(named, platform.machine())


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        name = platform.system()
    return f"{name}, {platform.machine()}"
