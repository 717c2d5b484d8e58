"""A small Debian in a folder, booted by systemd-nspawn in namespaces of its own: nothing of it stays."""

import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGES = (
    "systemd-sysv",
    "dbus",
    "libnss-systemd",
    "ca-certificates",
    "python3",
    "mosquitto",
    "mosquitto-clients",
)
PACKAGES_OF_PAIGE = ("libportaudio2", "libatomic1")
BOOT_SECONDS = 60.0


def unpack_debian(suite: str, cache: Path, root: Path) -> None:
    """Lay a fresh system into `root`; the packed one is kept in `cache`.

    Raises:
        subprocess.CalledProcessError: It cannot be made here; mmdebstrap has said why.
    """
    packed = cache / f"{suite}.tar"
    if not packed.exists():
        cache.mkdir(parents=True, exist_ok=True)
        new = cache / f"{uuid.uuid4()}.tar"
        wanted = ",".join((*PACKAGES, *PACKAGES_OF_PAIGE))
        run(
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            f"--include={wanted}",
            "--format=tar",
            suite,
            str(new),
        )
        new.rename(packed)
    run("tar", "-xf", str(packed), "-C", str(root), "--exclude=./dev/*")  # systemd-nspawn makes its own
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    # Without a number the machine is new, and Debian then switches every service on that there is.
    (root / "etc/machine-id").write_text(uuid.uuid4().hex + "\n")


def run(*command: str) -> str:
    """What a command of this machine writes to its output."""
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 # our own words
    return ended.stdout


class Machine:
    """A booted system.

    Args:
        pid: The process that is its first.
    """

    def __init__(self, pid: int) -> None:
        self._enter = ("nsenter", "--target", str(pid), "--all", "--")

    def ask(self, *command: str, seconds: float = 60.0) -> str:
        """What a command in it writes, whatever its status."""
        result = subprocess.run(  # noqa: S603 # our own words
            [*self._enter, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return (result.stdout + result.stderr).strip()

    def property(self, unit: str, name: str) -> str:
        """What its systemd says of a unit, such as ActiveState."""
        return self.ask("systemctl", "show", "--value", f"--property={name}", unit)

    def until(self, unit: str, name: str, value: str, seconds: float) -> float | None:
        """Seconds until a unit's property has this value; None where it does not in time."""
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            if self.property(unit, name) == value:
                return passed
            time.sleep(0.1)
        return None


@contextmanager
def booted(root: Path, console: Path) -> Iterator[Machine]:
    """Boot what lies in a folder; its console goes to a file.

    Raises:
        RuntimeError: It does not boot; the console says why.
    """
    nspawn = ("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--private-network")
    away = ("unshare", "--mount", "--mount-proc", "--pid", "--fork", "--kill-child")
    with console.open("w") as log:
        process = subprocess.Popen(  # noqa: S603 # our own words
            [*away, *nspawn, "--console=read-only", "--link-journal=no", f"--directory={root}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield _wait(process, console)
        finally:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", console: Path) -> Machine:
    end = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < end and process.poll() is None:
        first = _first_of(process.pid)
        if first is not None:
            machine = Machine(first)
            if machine.ask("systemctl", "is-system-running") in ("starting", "running", "degraded"):
                return machine
        time.sleep(0.1)
    raise RuntimeError(f"it did not boot within {BOOT_SECONDS:g} s; its console:\n{console.read_text()}")


def _first_of(pid: int) -> int | None:
    """The first process of the container that a process below `pid` made, once there is one."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for child in map(int, children.read_text().split() if children.exists() else ()):
        numbers = _numbers(child)
        # One namespace is unshare's, the next the container's.
        if len(numbers) == len(_numbers(os.getpid())) + 2 and numbers[-1] == 1:
            return child
        if (found := _first_of(child)) is not None:
            return found
    return None


def _numbers(pid: int) -> list[int]:
    """What a process is called in each namespace of processes, ours first; none where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return []
    line = next(line for line in status.splitlines() if line.startswith("NSpid:"))
    return [int(number) for number in line.split()[1:]]
