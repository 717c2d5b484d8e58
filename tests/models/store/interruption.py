"""Runs one action on a store again and again, and each time breaks it off at a later system call.

    python interruption.py STORE NEWER ACTION HOW EVERY

STORE is a store with a model `m` in it, which is copied before each attempt; NEWER is the folder of another
version. ACTION is `add`, `remove` or `rollback`. HOW is `kill`, and the process ends by SIGKILL, or `fail`,
and the call gives an error. Each EVERYth call is tried. Writes a line of JSON for each attempt.
"""

import faulthandler
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paige.models.errors import ModelError
from paige.models.store.sources import FolderSource
from paige.models.store.store import Store

CALLS = ("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.listdir", "os.scandir")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def interpose(point: Callable[[str, Any], None], made: Path) -> None:
    """See each system call that may change a file before it happens, but those of the runtime's own code.

    Args:
        point: Called before each.
        made: A file to which is added which temporary folders are made, for whoever clears up.
    """

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "tempfile.mkdtemp":
            with made.open("a") as file:
                file.write(f"{arguments[0]}\n")
        elif event == "open" and (arguments[0] == made or not (arguments[2] or 0) & WRITES):
            return  # nothing is written, or only what is told here
        elif event == "open" or event in CALLS:
            point(event, arguments)

    sync = os.fsync

    def fsync(descriptor: int) -> None:
        point("os.fsync", (descriptor,))
        sync(descriptor)

    setattr(os, "fsync", fsync)  # noqa: B010  # its type is narrower than it has to be
    sys.addaudithook(hook)


def action(store: Store, what: str, newer: Path) -> None:
    if what == "add":
        store.add(FolderSource(newer), "m")
    elif what == "rollback":
        store.rollback("m")
    else:
        store.remove("m")


def alone() -> None:
    """Wait for threads that have ended: the kernel lists them for a moment after they were joined."""
    until = time.monotonic() + 5
    while len([*Path("/proc/self/task").iterdir()]) > 1:
        assert time.monotonic() < until, "a process with threads cannot be copied"
        time.sleep(0.001)


def attempt(folder: Path, newer: Path, what: str, how: str, at: int) -> str:
    """In a process of its own. Gives `done` where the action ended before it was broken off."""
    alone()
    made = folder.with_name("made")
    made.touch()
    child = os.fork()
    if child == 0:
        faulthandler.dump_traceback_later(20, exit=True)
        count = 0

        def point(event: str, arguments: Any) -> None:
            nonlocal count
            count += 1
            if count != at:
                return
            if how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(5, "Input/output error", str(arguments[0]))

        status = 0
        try:
            store = Store(
                folder, lambda progress: point("told", (progress.subject,)) if how == "kill" else None
            )
            interpose(point, made)
            action(store, what, newer)
            status = 0 if count < at else 3
        except ModelError:
            status = 1
        except BaseException:  # noqa: BLE001  # it must not leave this process
            traceback.print_exc()
            status = 2
        finally:
            sys.stderr.flush()
            os._exit(status)
    _, status = os.waitpid(child, 0)
    for left in made.read_text().splitlines():
        shutil.rmtree(left, ignore_errors=True)  # a slot's folder in memory outlives a killed process
    made.unlink()
    if os.WIFSIGNALED(status):
        return "killed"
    return {0: "done", 1: "refused", 3: "done in spite of it"}.get(os.WEXITSTATUS(status), "broken")


def state(folder: Path) -> dict[str, Any]:
    """What a user finds, and what lies about after the next start."""
    store = Store(folder)
    versions = [version.id for name in store.names() for version in store.record(name).versions]
    faults = [fault.why for name in store.names() for fault in store.verify(name)]
    for name in store.names():
        store.open(name)
    store.close()
    store.remove_unfinished()  # changes nothing, but is a start
    wanted = {entry.sha256 for name in store.names() for entry in store.record(name).entries}
    left = sorted({path.name for path in (folder / "objects").iterdir()} ^ wanted)
    left += [path.name for path in (folder / "work").iterdir()]
    folders = {version.arranged.folder for name in store.names() for version in store.record(name).versions}
    left += sorted({path.name for path in (folder / "folders").iterdir()} ^ folders)
    return {"versions": versions, "faults": faults, "left": left}


def main(base: Path, newer: Path, what: str, how: str, every: int) -> None:
    at = 1
    while True:
        folder = base.with_name("attempt")
        subprocess.run(["cp", "-a", str(base), str(folder)], check=True)  # links stay links
        ended = attempt(folder, newer, what, how, at)
        sys.stdout.write(json.dumps({"at": at, "ended": ended, **state(folder)}) + "\n")
        shutil.rmtree(folder)
        if ended == "done":
            return
        at += every


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]))
