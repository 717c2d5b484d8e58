"""Tries what was unpacked: by a program of its own, and by looking at the service that runs it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from paige.device.updates.manifest import Component
from paige.device.updates.unit import Unit

SELF_TEST_SECONDS: Final = 600.0
READY_SECONDS: Final = 240.0
"""For a service to be ready; the unit gives itself three minutes."""
STEADY_SECONDS: Final = 30.0
"""For which it must then go on without being started anew."""

Tried = Callable[[Component, Path], str | None]
"""Tries a slot; gives why it does not do, as a clause, or None."""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """`paige selftest`, of a program in its slot, or of this program with models or skills in theirs."""

    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    seconds: float = SELF_TEST_SECONDS

    def __call__(self, component: Component, folder: Path) -> str | None:
        """Why it does not do, as a clause; None where it does."""
        command, environ = [sys.executable, "-sP", "-m", "paige.device.cli", "selftest"], dict(self.environ)
        environ["PYTHONDONTWRITEBYTECODE"] = "1"  # what is written when power is cut may be half a file
        if component is Component.PROGRAM:
            environ["PYTHONPATH"] = str(folder)
        else:
            command += [f"--{component}", str(folder)]
        try:
            ended = subprocess.run(  # noqa: S603  # our own words, and a folder of ours
                command,
                env=environ,
                capture_output=True,
                timeout=self.seconds,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return f"its self-test took more than {self.seconds:g} seconds"
        if ended.returncode == 0:
            return None
        said = ended.stderr.decode(errors="replace").strip().splitlines() or [f"status {ended.returncode}"]
        return f"its self-test failed: {said[-1][:300]}"


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks whether a service that was restarted comes up, and stays."""

    ready: float = READY_SECONDS
    steady: float = STEADY_SECONDS
    look: float = 0.5
    """Seconds between two looks."""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, unit: Unit, program: Path | None) -> str | None:
        """Why it does not do, as a clause; None where it does.

        Args:
            unit: The service, told to restart.
            program: The folder whose program it must run; None where that does not matter.
        """
        until = self.clock() + self.ready
        while not (state := unit.state()).running:
            if not state.wanted:
                return "the service did not start; its log says why: journalctl -u paige"
            if state.restarts:
                return "the service ended while it started; its log says why: journalctl -u paige"
            if self.clock() > until:
                return f"the service was not ready after {self.ready:g} seconds"
            self.sleep(self.look)
        if program is not None and state.program != program:
            return f"the service runs {state.program or 'the program that is installed'}, which is not it"
        until = self.clock() + self.steady
        while self.clock() < until:
            self.sleep(self.look)
            state = unit.state()
            if not state.running or state.restarts:
                return "the service ended soon after its start; its log says why: journalctl -u paige"
        return None
