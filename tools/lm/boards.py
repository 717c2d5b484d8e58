"""For which board a model is written: what its processor multiplies quickly."""

import platform
from pathlib import Path
from typing import Final

from paige.models.lm.quantization import ROW, Quantization

BOARDS: Final = {
    "pi5": "Raspberry Pi 5",
    "pi4": "Raspberry Pi 4",
    "zero2w": "Raspberry Pi Zero 2 W",
    "jetson": "Jetson Orin",
    "this": "this machine",
}
_WITHOUT: Final = ("pi4", "zero2w")
"""Processors (Cortex-A72 and A53) without instructions for dot products of small integers (`dotprod`)."""
_CPU_INFO: Final = Path("/proc/cpuinfo")


def usual(board: str) -> Quantization:
    """What suits a board.

    Without `dotprod` the runtime multiplies blocks of 4 or 8 bits ten times as slowly as whole rows
    of 8 bits (docs/lm-compression.md).
    """
    return Quantization(8, ROW) if in_rows(board) else Quantization(4, 32)


def in_rows(board: str, cpu_info: Path = _CPU_INFO, machine: str | None = None) -> bool:
    """Whether a board is quick with whole rows of 8 bits only."""
    if board != "this":
        return board in _WITHOUT
    if (machine or platform.machine()) != "aarch64":
        return False
    lines = cpu_info.read_text("utf-8", errors="replace").splitlines()
    features = [line.partition(":")[2].split() for line in lines if line.startswith("Features")]
    return bool(features) and not all("asimddp" in some for some in features)
