"""Worlds in which nothing leaves a board unseen."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

WORLD = Path(__file__).with_name("world.py")
_ROOT = WORLD.parents[3]
_NEEDED = ("unshare", "nsenter", "ip", "mount", "chroot", "mosquitto")
_PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"


def why_no_worlds() -> str | None:
    """Why none can be made here; None where they can."""
    missing = [program for program in _NEEDED if shutil.which(program, path=_PATH) is None]
    if missing:
        return f"needs {', '.join(missing)} (Debian: iproute2, util-linux, mosquitto)"
    trial = """
        ip link add name house type veth peer name board
        mount -t tmpfs none /mnt
        mkdir /mnt/upper /mnt/work /mnt/root
        mount -t overlay none -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
    """
    made = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-ec", trial],
        env={"PATH": _PATH},
        capture_output=True,
        check=False,
    )
    return made.stderr.decode().strip() or "no namespaces" if made.returncode else None


@dataclass
class World:
    """One that is under way."""

    process: subprocess.Popen[bytes]

    def report(self) -> dict[str, Any]:
        """What came of it; see `world.Report`."""
        out, err = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, err.decode()
        report: dict[str, Any] = json.loads(out)
        return report


def begin(
    scratch: Path,
    command: Sequence[str],
    environment: dict[str, str],
    sentences: Sequence[str] = (),
    **plan: Any,
) -> World:
    """Run a command on a board; `plan` has the rest of `world.Plan`."""
    home = scratch / "home"
    home.mkdir(parents=True, exist_ok=True)
    code = os.pathsep.join(path for path in sys.path if path.endswith(".src"))
    on_board = {
        "PATH": _PATH,
        "HOME": str(home),
        "PYTHONPATH": code,
        "PYTHONDONTWRITEBYTECODE": "1",
        **environment,
    }
    given = {
        "plan": {"command": [*command], "environment": on_board, "scratch": str(scratch), **plan},
        "sentences": [*sentences],
    }
    return World(
        subprocess.Popen(
            ["unshare", "--net", "--mount", sys.executable, str(WORLD), json.dumps(given)],
            env={"PATH": _PATH, "PYTHONPATH": os.pathsep.join((code, str(_ROOT))), "HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    )


@pytest.fixture(scope="session")
def namespaces() -> None:
    """Skips where none can be made."""
    if (reason := why_no_worlds()) is not None:
        pytest.skip(reason)
