"""Worlds in which nothing leaves a board unseen."""

import ctypes.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.device.privacy.worlds import Worlds

WORLD = Path(__file__).with_name("world.py")
_ROOT = WORLD.parents[3]
_UNSHARE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
"""Whoever ends the first process of a world ends all."""
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
        [*_UNSHARE, "sh", "-ec", trial],
        env={"PATH": _PATH},
        capture_output=True,
        check=False,
    )
    if made.returncode:
        return f"no namespaces here: {made.stderr.decode().strip()}"
    if not Path("/usr/share/alsa/alsa.conf").exists() or ctypes.util.find_library("portaudio") is None:
        return "ALSA and PortAudio are not installed"
    return None


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
            [*_UNSHARE, sys.executable, str(WORLD), json.dumps(given)],
            env={"PATH": _PATH, "PYTHONPATH": os.pathsep.join((code, str(_ROOT))), "HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    )


@pytest.fixture(scope="session", autouse=True)
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Worlds | str"]:
    """All worlds, under way from the first test of this folder on since they mostly wait; or why none are."""
    from tests.device.privacy.worlds import begin_all

    if (reason := why_no_worlds()) is not None:
        yield reason
        return
    worlds = begin_all(tmp_path_factory)
    yield worlds
    for world in vars(worlds).values():
        world.process.kill()
        world.process.wait()
