"""The service as the manager of services knows it: whether it runs, and of which program."""

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Protocol

UNIT: Final = "paige.service"
_PROGRAM: Final = b"program="
_SECONDS: Final = 300.0
"""For one call of systemctl; a start takes as long as the unit allows."""


@dataclass(frozen=True, slots=True)
class State:
    """How the service is at a moment."""

    running: bool
    """It runs and has said that it is ready."""
    starting: bool = False
    """It has not said so yet, or is about to be started once more."""
    restarts: int = 0
    """How often the manager has started it again since it was told to."""
    program: Path | None = None
    """The folder of the program that runs; None where that is not known."""

    @property
    def wanted(self) -> bool:
        """Whether somebody wants it to run."""
        return self.running or self.starting


class Unit(Protocol):
    """One service."""

    def state(self) -> State:
        """How it is now."""

    def restart(self) -> None:
        """Stop it, and start it, however often it has failed; what comes of it `state` tells."""


class SystemdUnit:
    """A unit of systemd.

    Args:
        name: Of the unit.
    """

    def __init__(self, name: str = UNIT) -> None:
        self._name = name

    def state(self) -> State:
        """How it is now; as one that does not run where there is no such unit, or no systemd."""
        try:
            told = self._systemctl("show", "--property=ActiveState,NRestarts,MainPID")
        except FileNotFoundError:
            return State(running=False)
        values = dict(line.split("=", 1) for line in told.stdout.splitlines() if "=" in line)
        active, pid = values.get("ActiveState", ""), values.get("MainPID", "0")
        return State(
            running=active in ("active", "reloading"),
            starting=active == "activating",
            restarts=int(values.get("NRestarts") or 0),
            program=program_of(int(pid)) if active == "active" and pid.isdigit() else None,
        )

    def restart(self) -> None:
        """See `Unit`."""
        self._systemctl("reset-failed")  # which counts restarts from none, too
        with suppress(subprocess.TimeoutExpired):
            self._systemctl("restart")

    def _systemctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  # our own words
            ["systemctl", *words, self._name],  # noqa: S607  # where it lies differs
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )


def program_of(pid: int) -> Path | None:
    """The folder that a process has its Paige from, as the launcher says; None where that is not known."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    for option, value in pairwise(words):
        if option == b"-X" and value.startswith(_PROGRAM):
            return Path(os.fsdecode(value.removeprefix(_PROGRAM)))
    return None
