"""A card whose writes are recorded: ext4 on a loop device on a file that QEMU's storage daemon shows."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

OPTIONS: Final = "loop,noatime"
"""As Raspberry Pi OS mounts its card (/etc/fstab), besides ext4's own."""
_WAIT: Final = 20.0
"""Seconds for the daemon to come up."""
_APART: Final = 0.003
"""Seconds between two syncs of the neighbour."""
_sync: Final = os.fsync
"""The system's own, whatever becomes of that."""
_PROGRAMS: Final = {
    "qemu-storage-daemon": "qemu-system-common in 12, qemu-utils in 13",
    "mkfs.ext4": "e2fsprogs",
    "e2fsck": "e2fsprogs",
    "mount": "mount",
    "unshare": "util-linux",
}


class CardFailed(Exception):  # of a tool at the desk, which has no tree of its own
    """There is no such card on this machine, or it broke."""


def lacking() -> str | None:
    """What this machine lacks, as a clause; None where it has all."""
    if os.geteuid() != 0:
        return "only root mounts file systems; run this with sudo"
    for program, package in _PROGRAMS.items():
        if shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
            return f"there is no {program} here (Debian's {package})"
    for device in ("/dev/fuse", "/dev/loop-control"):
        try:
            os.close(os.open(device, os.O_RDWR))
        except OSError as error:
            return f"{device} cannot be opened: {error.strerror}"
    return None


@dataclass(frozen=True, slots=True)
class Card:
    """A card that is mounted."""

    folder: Path
    """Where."""
    log: Path
    """What it was given."""

    @property
    def given(self) -> int:
        """How long the log is."""
        return self.log.stat().st_size


def formatted(image: Path, megabytes: int) -> None:
    """Make an image of an empty card."""
    image.touch()
    os.truncate(image, megabytes << 20)
    extended = "nodiscard,lazy_itable_init=0,lazy_journal_init=0"
    run("mkfs.ext4", "-q", "-b", "4096", "-J", "size=4", "-E", extended, str(image))


@contextmanager
def recorded(image: Path, work: Path) -> Iterator[Card]:
    """A card that is written to and recorded; the image changes.

    Raises:
        CardFailed: The daemon does not come up, or the file system cannot be mounted.
    """
    log, shown = work / "log", work / "shown"
    log.touch()
    shown.touch()
    file = "driver=file,cache.no-flush=on,node-name"
    daemon = subprocess.Popen(  # noqa: S603 # our own words
        [
            *("qemu-storage-daemon", "--blockdev", f"{file}=disk,filename={image}"),
            *("--blockdev", f"{file}=log,filename={log}"),
            *("--blockdev", "driver=blklogwrites,node-name=card,file=disk,log=log,log-sector-size=512"),
            *("--export", f"type=fuse,id=shown,node-name=card,mountpoint={shown},writable=on"),
        ],
        stdin=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + _WAIT
        while shown.stat().st_size == 0:
            if daemon.poll() is not None or time.monotonic() > until:
                raise CardFailed("qemu-storage-daemon does not show the card (does it know FUSE?)")
            time.sleep(0.01)
        with mounted(shown, work / "card") as folder:
            yield Card(folder, log)
    finally:
        daemon.terminate()
        daemon.wait()


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """A card as a board mounts it at its start: what its journal has is done.

    Raises:
        CardFailed: It cannot be mounted.
    """
    folder.mkdir(exist_ok=True)
    run("mount", "-t", "ext4", "-o", OPTIONS, str(image), str(folder))
    try:
        yield folder
    finally:
        run("umount", str(folder))


def check(image: Path) -> None:
    """See that a file system is whole.

    Raises:
        CardFailed: It is not.
    """
    run("e2fsck", "-fn", str(image))


class Neighbour:
    """Another program that has its own file synced again and again.

    With it the file system writes down what all others have done to names by then, but not what they have
    written into files: so does Linux by itself after some seconds, at any moment.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "neighbour"
        self._ended = Event()
        self._quiet = Lock()
        self._thread = Thread(target=self._run, name="neighbour")

    @contextmanager
    def busy(self) -> Iterator[None]:
        """It is there meanwhile."""
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """It does nothing meanwhile."""
        with self._quiet:
            yield

    def once(self) -> None:
        """Once more."""
        with self._quiet, self._file.open("ab") as file:
            file.write(b".")
            file.flush()
            _sync(file.fileno())

    def _run(self) -> None:
        while not self._ended.wait(_APART):
            self.once()


def run(program: str, *arguments: str) -> None:
    """Run a program.

    Raises:
        CardFailed: It fails; what it says stands in that.
    """
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    ended = subprocess.run(  # noqa: S603 # our own words
        [program, *arguments],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if ended.returncode:
        said = " ".join((ended.stdout + ended.stderr).split())
        raise CardFailed(f"{program} {' '.join(arguments)}: {said[-500:]}")
