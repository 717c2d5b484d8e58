"""What the tests of updates share: keys, bundles of real files, and a service that is a real process."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from minisign import KeyPair

from paige.device.updates.bundle import Bundle
from paige.device.updates.journal import Journal, Slot
from paige.device.updates.judging import Machine, Wishes
from paige.device.updates.manifest import Component, Made, Version
from paige.device.updates.slots import Slots
from paige.device.updates.trust import TrustedKeys
from paige.device.updates.trying import SelfTest, Watch
from paige.device.updates.unit import State, program_of
from paige.device.updates.updating import Updater
from paige.tools.update_bundle.making import Wanted, write

HERE = Machine.here("0.1.0")
LAUNCHER = Path(__file__).parents[3] / "firmware-configs" / "launcher" / "paige"


@cache
def key_pair() -> KeyPair:
    return KeyPair.generate()


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder that is in memory where the system has such: syncing a disk that others use takes seconds."""
    memory = Path("/dev/shm")  # as a place, not as a name
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


def trust(folder: Path, *pairs: KeyPair) -> TrustedKeys:
    """The keys of a folder that trusts these."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, pair in enumerate(pairs or (key_pair(),)):
        (folder / f"key{number}.pub").write_bytes(bytes(pair.public_key) + b"\n")
    return TrustedKeys.load(folder)


def put_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


PROGRAM = textwrap.dedent(
    """
    import os, socket, sys, time
    HOW = {how!r}
    if sys.argv[1] == "selftest":
        sys.exit("this version cannot hear" if HOW == "deaf" else 0)
    if HOW == "broken":
        sys.exit("this version does not start")
    if HOW == "stillborn":
        time.sleep(0.1)
        sys.exit("this version ends soon")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        if HOW != "mute":
            one.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
    if HOW == "short":
        time.sleep(0.2)
        sys.exit("this version ends soon after its start")
    time.sleep(600)
    """
)


def program_files(version: str, how: str = "well") -> dict[str, str | bytes]:
    """A program that is one, as far as launcher, service and self-test are concerned."""
    return {
        "PYTHON": f"{HERE.made.python}\n",
        f"paige-{version}.dist-info/METADATA": f"Name: paige\nVersion: {version}\n",
        "paige/device/__init__.py": "",  # without it, that of the tree would be taken
        "paige/device/cli/__init__.py": "",
        "paige/device/cli/__main__.py": PROGRAM.format(how=how),
    }


def bundle_of(
    folder: Path,
    version: str,
    files: Mapping[str, str | bytes],
    component: Component = Component.PROGRAM,
    *,
    needs: str = "0",
    made: Made | None = None,
    pair: KeyPair | None = None,
    dated: date | None = None,
) -> Path:
    """A bundle, signed."""
    source = put_files(folder / f"{component}-{version}-files", files)
    if component is Component.PROGRAM and made is None:
        made = HERE.made
    wanted = Wanted(source, component, Version.parse(version), Version.parse(needs), made, dated)
    return write(wanted, (pair or key_pair()).secret_key, folder / f"{component}-{version}")


@dataclass
class ProcessUnit:
    """A service that is a process of ours, started by the real launcher."""

    launcher: Path
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    """How often it was told to."""
    kill_before_restart: bool = False
    _ready: bool = False

    def state(self) -> State:
        if self.process is None or self.process.poll() is not None:
            return State(running=False)
        self._hear()
        if not self._ready:
            return State(running=False, starting=True)
        return State(running=True, program=program_of(self.process.pid))

    def restart(self) -> None:
        self.stop()
        self.restarts += 1
        import socket

        path = self.folder / f"notify-{self.restarts}"
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self._ready = False
        self.process = subprocess.Popen(
            ["sh", str(self.launcher), "run"],
            env={"PATH": path_with_python(self.folder), "NOTIFY_SOCKET": str(path)},
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None
            self._socket.close()

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            self._ready = self._ready or b"READY=1" in self._socket.recv(100)

    def until_ready(self) -> State:
        until = time.monotonic() + 20
        while not (state := self.state()).running:
            assert time.monotonic() < until
            time.sleep(0.02)
        return state


def path_with_python(folder: Path) -> str:
    """A PATH on which this Python has the name by which the launcher asks for it."""
    own = folder / "bin"
    own.mkdir(exist_ok=True)
    python = own / f"python{HERE.made.python}"
    if not python.exists():
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
        python.chmod(0o755)
    return f"{own}:{os.environ['PATH']}"


@dataclass
class Board:
    """One machine with an installed Paige 0.1.0, updates, and a service."""

    folder: Path
    told: list[str] = field(default_factory=list)
    ready: float = 20.0

    def __post_init__(self) -> None:
        self.root = self.folder / "updates"
        self.installed = put_files(self.folder / "installed", program_files("0.1.0"))
        launcher = self.folder / "paige"
        text = LAUNCHER.read_text()
        text = text.replace("/usr/lib/paige/program", str(self.installed))
        launcher.write_text(text.replace("/var/lib/paige-updates", str(self.root)))
        self.keys = trust(self.folder / "keys")
        self.unit = ProcessUnit(launcher, self.folder)
        self.updater = self.updater_of()

    def updater_of(self, **changes: object) -> Updater:
        given: dict[str, object] = {
            "root": self.root,
            "machine": HERE,
            "unit": self.unit,
            "try_out": SelfTest(),
            "watch": Watch(ready=self.ready, steady=0.4, look=0.02),
            "told": self.told.append,
            "patience": 0.0,
            "now": lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        }
        return Updater(**given | changes)  # type: ignore[arg-type]  # names and types are those of Updater

    def bundle(self, version: str, how: str = "well") -> Bundle:
        return Bundle(bundle_of(self.folder, version, program_files(version, how)), self.keys)

    def take(self, version: str, how: str = "well", **wishes: bool) -> object:
        return self.updater.take(self.bundle(version, how), Wishes(**wishes))

    def slots(self, component: Component = Component.PROGRAM) -> Slots:
        return Slots(self.root, component)

    def journal(self) -> Journal:
        return Journal.load(self.root)

    def runs(self) -> Path | None:
        """The program that the service runs."""
        return self.unit.until_ready().program

    def slot(self, name: str) -> Path:
        return self.slots().path(Slot(name))
