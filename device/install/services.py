"""The step that has systemd run Paige, and what it asks systemd."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paige.device.errors import InstallFailed

_RUNS: Final = Path("/run/systemd/system")
"""There where systemd is what started the machine, see sd_booted(3)."""
_PATIENCE: Final = 300
"""Seconds; a service has three minutes to become ready."""


def systemd_runs() -> bool:
    """Whether systemd is what starts services here."""
    return _RUNS.is_dir() and shutil.which("systemctl") is not None


def session_runs(environ: Mapping[str, str]) -> bool:
    """Whether systemd is what starts services in the session with these variables."""
    runtime = environ.get("XDG_RUNTIME_DIR")
    return runtime is not None and Path(runtime, "systemd/private").exists()


@dataclass(frozen=True, slots=True)
class Service:
    """Paige started now, whenever the machine starts, and anew where it was changed."""

    units: tuple[str, ...]
    """All that an installation puts there."""
    started: str
    """The one that is to run."""
    stopped: str | None
    """The one that is not to run beside it, as there is one microphone."""
    folder: Path
    """Where they lie."""
    unfinished: Path
    """There while things are being changed."""
    of_user: bool

    @property
    def doing(self) -> str:
        """See `Step`."""
        when = "whenever you log in" if self.of_user else "whenever the machine starts"
        return f"start {self.started}, now and {when}"

    @property
    def undoing(self) -> str:
        """See `Step`."""
        return f"stop {', '.join(self._there())}"

    def done(self) -> bool:
        """See `Step`."""
        if self.unfinished.exists():
            return False  # what runs may be what was there before
        if self.stopped and self._is("is-enabled", self.stopped):
            return False
        return self._is("is-active", self.started) and self._is("is-enabled", self.started)

    def undone(self) -> bool:
        """See `Step`."""
        return not self._there()

    def do(self) -> None:
        """See `Step`."""
        self._systemctl("daemon-reload")
        if self.stopped:
            self._systemctl("disable", "--now", self.stopped)
        self._systemctl("enable", self.started)
        self._run("reset-failed", self.started)  # it may have failed too often to be tried once more
        self._systemctl("restart", self.started)

    def undo(self) -> None:
        """See `Step`."""
        self._systemctl("disable", "--now", *self._there())

    def _there(self) -> list[str]:
        return [unit for unit in self.units if (self.folder / unit).exists()]

    def _is(self, word: str, unit: str) -> bool:
        return self._run(word, "--quiet", unit).returncode == 0

    def _systemctl(self, *arguments: str) -> None:
        ended = self._run(*arguments)
        if ended.returncode:
            journal = f"journalctl {'--user ' if self.of_user else ''}-u {self.started}"
            said = ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"]
            raise InstallFailed(
                f"'systemctl {' '.join(arguments)}' did not succeed: {said[0]}; "
                f"'{journal}' says more, and the same command again goes on from here"
            )

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return systemctl(*arguments, of_user=self.of_user)


def is_enabled(unit: str, *, of_user: bool) -> bool:
    """Whether systemd starts a unit by itself."""
    return systemctl("is-enabled", "--quiet", unit, of_user=of_user).returncode == 0


def forget(*, of_user: bool) -> None:
    """Have systemd forget units that are gone."""
    systemctl("daemon-reload", of_user=of_user)
    systemctl("reset-failed", "paige*", of_user=of_user)


def systemctl(*arguments: str, of_user: bool) -> subprocess.CompletedProcess[str]:
    """What systemctl says."""
    words = ["systemctl", *(["--user"] if of_user else []), *arguments]
    return subprocess.run(words, capture_output=True, text=True, timeout=_PATIENCE, check=False)  # noqa: S603
