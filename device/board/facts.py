"""What a board says of itself."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_CORES: Final = {
    "0xd03": "Cortex-A53",
    "0xd08": "Cortex-A72",
    "0xd0b": "Cortex-A76",
    "0xd42": "Cortex-A78AE",
}
"""Arm's part numbers of the cores that the known boards have (`MIDR_EL1` in each core's reference manual)."""
_L4T: Final = re.compile(r"# R(\d+) \(release\), REVISION: ([\d.]+)")


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """Of one board; what it does not say is empty."""

    machine: str
    """The kind of processor, as uname(2) has it: aarch64."""
    model: str = ""
    """Such as `Raspberry Pi 4 Model B Rev 1.5`."""
    compatible: tuple[str, ...] = ()
    """Of the device tree, the board itself first, its chip last: `brcm,bcm2711`."""
    cores: int = 1
    """That are switched on: a Jetson switches some off in its lower power modes."""
    parts: tuple[str, ...] = ()
    """Kinds of cores, such as `Cortex-A72`."""
    features: frozenset[str] | None = None
    """Of all cores, by the kernel's names; None where it has no list of them, as on x86-64."""
    memory: int = 0
    """Bytes that the kernel has; what the graphics took before it started is not in it."""
    l4t: str = ""
    """The release of NVIDIA's system on a Jetson: 36.4.7."""

    @property
    def dot_products(self) -> bool:
        """Whether small integers are multiplied and added at once; only 64-bit Arm without it says so."""
        return self.machine != "aarch64" or self.features is None or "asimddp" in self.features


def look(root: Path = Path("/"), machine: str | None = None) -> BoardFacts:
    """What this board says.

    A container may hide the device tree; `/proc/cpuinfo` of a Raspberry Pi's kernel tells the model, too.

    Args:
        root: Where the system's files are.
        machine: The kind of processor; by default that of this machine.
    """
    info = _text(root / "proc/cpuinfo")
    tree = root / "proc/device-tree"
    model = _text(tree / "model").strip("\0\n ") or _last(info, "Model")
    return BoardFacts(
        machine=machine or platform.machine(),
        model=model or _text(root / "sys/class/dmi/id/product_name").strip(),
        compatible=tuple(filter(None, _text(tree / "compatible").strip("\n").split("\0"))),
        cores=len(_all(info, "processor")) or os.cpu_count() or 1,
        parts=tuple(dict.fromkeys(_CORES.get(part, part) for part in _all(info, "CPU part"))),
        features=_common(_all(info, "Features")),
        memory=memory_of(_text(root / "proc/meminfo")),
        l4t=l4t_of(_text(root / "etc/nv_tegra_release")),
    )


def memory_of(meminfo: str) -> int:
    """Bytes, by `/proc/meminfo`; 0 where it does not say."""
    found = re.search(r"^MemTotal:\s*(\d+) kB", meminfo, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def l4t_of(release: str) -> str:
    """NVIDIA's release, by `/etc/nv_tegra_release`; empty where that is none."""
    found = _L4T.match(release)
    return f"{found[1]}.{found[2]}" if found else ""


def _common(features: list[str]) -> frozenset[str] | None:
    """What all cores have: a thread may run on any of them."""
    sets = [frozenset(one.split()) for one in features]
    return frozenset.intersection(*sets) if sets else None


def _all(info: str, name: str) -> list[str]:
    """Every value of a name in `/proc/cpuinfo`, one for each core."""
    return re.findall(rf"^{re.escape(name)}[ \t]*:[ \t]*(.*?)[ \t]*$", info, re.MULTILINE)


def _last(info: str, name: str) -> str:
    return next(iter(reversed(_all(info, name))), "")


def _text(path: Path) -> str:
    """A file of the kernel's; empty where it is not there or may not be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
