"""Run inside the unit: what its program may and may not do, as JSON. It uses nothing but Python itself."""

import ctypes
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWUSER = 0x10000000


def _call(name: str, *arguments: object) -> None:
    if getattr(_LIBC, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


def _sees_others() -> None:
    if not any(entry.name.isdigit() and entry.stat().st_uid != os.getuid() for entry in os.scandir("/proc")):
        raise OSError("none seen")


def _write(path: str) -> None:
    Path(path).write_text("probe")
    Path(path).unlink()


def _make_privileged() -> None:
    own = Path(os.environ["STATE_DIRECTORY"], "setuid")
    own.write_text("")
    try:
        own.chmod(0o4755)
    finally:
        own.unlink()


FORBIDDEN: dict[str, Callable[[], object]] = {
    "mount a file system": lambda: _call("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "make a namespace": lambda: _call("unshare", _CLONE_NEWUSER),
    "name the machine": lambda: socket.sethostname(socket.gethostname()),
    "look into another process": lambda: Path("/proc/1/environ").read_bytes(),
    "see others' processes": _sees_others,
    "read passwords": lambda: Path("/etc/shadow").read_text(),
    "read homes": lambda: list(os.scandir("/home/someone")),
    "change programs": lambda: _write("/usr/bin/probe"),
    "change its configuration": lambda: _write("/etc/paige/probe"),
    "send raw packets": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
    "ask for a real-time priority": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "make a privileged program": _make_privileged,
    "become root": lambda: os.setuid(0),
}
ALLOWED: dict[str, Callable[[], object]] = {
    "read its configuration": lambda: Path("/etc/paige/paige.yaml").read_text(),
    "keep its state": lambda: _write(os.environ["STATE_DIRECTORY"] + "/probe"),
    "speak to the network": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
}


def _can(what: Callable[[], object]) -> bool:
    """Whether it works, in a process of its own: some of it would change what the next may do."""
    child = os.fork()
    if child == 0:
        try:
            what()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


if __name__ == "__main__":
    print(json.dumps({name: _can(what) for name, what in {**ALLOWED, **FORBIDDEN}.items()}))
