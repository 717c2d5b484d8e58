"""paige.service as systemd and the kernel see it."""

import subprocess
import time
from pathlib import Path
from typing import Final

from paige.tools.emulated.guest.console import CheckFailed, until

UNIT: Final = "paige.service"
PATIENCE: Final = 600.0
"""Seconds until something counts as not happening. The emulator is slower than any board."""
CGROUP: Final = Path("/sys/fs/cgroup/system.slice") / UNIT
MIB: Final = 1 << 20


def run(*command: str) -> str:
    """What a program writes.

    Raises:
        CheckFailed: It failed.
    """
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # our own words
    if ended.returncode:
        raise CheckFailed(f"{' '.join(command)}: {ended.stderr.strip() or ended.returncode}")
    return ended.stdout


def show(name: str, unit: str = UNIT) -> str:
    """A property of the unit; of the manager where the unit is empty."""
    return run("systemctl", "show", "--value", f"--property={name}", *([unit] if unit else [])).strip()


def is_ready() -> bool:
    """Whether it runs and has said that it is ready."""
    told = run("systemctl", "show", "--property=ActiveState,SubState", UNIT).split()
    return sorted(told) == ["ActiveState=active", "SubState=running"]


def wait_ready(seconds: float = PATIENCE) -> float:
    """Wait until it is ready, and give the seconds that it took.

    It is asked seldom, as the board's clock counts that, too; systemd knows when it was.

    Raises:
        CheckFailed: It is not, with its state and the end of its log.
    """
    began = time.monotonic()
    try:
        until(f"{UNIT} is ready", seconds, is_ready, pause=2.0)
        return max(0.0, since_boot("ActiveEnterTimestampMonotonic") - began)
    except CheckFailed as failed:
        log = run("journalctl", "--unit", UNIT, "--lines=5", "--output=cat").replace("\n", " / ")
        raise CheckFailed(f"{failed}; {show('ActiveState')}, {show('Result')}; its log: {log}") from None


def pid() -> int:
    """The number of its first process; 0 where there is none. Quick to ask, where the emulator is slow."""
    try:
        numbers = (CGROUP / "cgroup.procs").read_text().split()
    except FileNotFoundError:
        return 0
    return int(numbers[0]) if numbers else 0


def restarts() -> int:
    """How often systemd has started it again."""
    return int(show("NRestarts"))


def memory(what: str) -> float:
    """A number of its memory controller, such as `current` and `peak`, in MB of 2^20 bytes."""
    return int((CGROUP / f"memory.{what}").read_text()) / MIB


def since_boot(name: str, unit: str = UNIT) -> float:
    """A monotonic timestamp property, in seconds after the kernel began."""
    return int(show(name, unit)) / 1e6
