"""Takes an update again and again, and each time the power goes at a later system call.

    python interruption.py HOW EVERY

HOW is `passes`, `fails` (after the switch) or `recovers` (of one that was cut off, and fails then). Each
EVERYth call is tried, and all while a version is on trial. After each cut the machine boots: the real
launcher says what it starts, then what paige-recover.service does is done, then recovery runs once more.
Writes a line of JSON for each.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from tests.device.updates.scene import (
    HERE,
    LAUNCHER,
    bundle_of,
    program_files,
    put_files,
    quick_folder,
    trust,
)

from paige.device.errors import UpdateFailed
from paige.device.updates.bundle import Bundle
from paige.device.updates.journal import Journal
from paige.device.updates.judging import Wishes
from paige.device.updates.manifest import Component
from paige.device.updates.slots import Slots
from paige.device.updates.unit import State
from paige.device.updates.updating import Updater

RECOVER = LAUNCHER.parents[1] / "systemd" / "paige-recover.service"
CALLS = ("os.rename", "os.link", "os.symlink", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.utime")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Service:
    """Runs what the launcher starts, as far as the updater can see."""

    def state(self) -> State:
        return State(running=True)

    def restart(self) -> None:
        """See above."""


def interpose(point: Callable[[], None]) -> None:
    """See each system call that may change a file before it happens."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CALLS or (event == "open" and (arguments[2] or 0) & WRITES):
            point()

    sync = os.fsync

    def fsync(descriptor: int) -> None:
        point()
        sync(descriptor)

    setattr(os, "fsync", fsync)  # noqa: B010  # its type is narrower than it has to be
    sys.addaudithook(hook)


def machine(folder: Path, *, passes: bool) -> Updater:
    return Updater(
        folder / "updates",
        HERE,
        Service(),
        lambda component, slot: None,
        lambda unit, program: None if passes else "it does not do",  # type: ignore[arg-type]  # called alike
        patience=0.0,
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
    )


def cut(work: Callable[[], object], at: int) -> bool:
    """Do something in a process of its own that is killed before its call number `at`; give if it was."""
    child = os.fork()
    if child == 0:
        count = 0

        def point() -> None:
            nonlocal count
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)

        status = 1
        try:
            interpose(point)
            work()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "it failed by itself"
    return os.WIFSIGNALED(status)


def boots(folder: Path) -> str:
    """The version that the launcher starts."""
    launcher = folder / "paige"
    if not launcher.exists():
        text = LAUNCHER.read_text().replace("/usr/lib/paige/program", str(folder / "installed"))
        launcher.write_text(text.replace("/var/lib/paige-updates", str(folder / "updates")))
        python = put_files(folder, {f"bin/python{HERE.made.python}": '#!/bin/sh\necho "$PYTHONPATH"\n'})
        (python / "bin" / f"python{HERE.made.python}").chmod(0o755)
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    started = subprocess.run(
        ["sh", str(launcher)], env={"PATH": path}, capture_output=True, text=True, check=True
    )
    (note,) = Path(started.stdout.strip()).glob("paige-*.dist-info")
    return note.name.removeprefix("paige-").removesuffix(".dist-info")


def is_on_trial(folder: Path) -> bool:
    """Whether paige-recover.service starts, by the command in it that decides that."""
    journal = folder / "updates/journal.json"
    if not journal.exists():  # ConditionPathExists=
        return False
    (command,) = re.findall(r"(?m)^ExecCondition=(.+)$", RECOVER.read_text())
    words = shlex.split(command.replace("/var/lib/paige-updates", str(folder / "updates")))
    return subprocess.run(words, check=False).returncode == 0


def state(folder: Path) -> dict[str, Any]:
    """What is there."""
    root = folder / "updates"
    slots = Slots(root, Component.PROGRAM)
    journal = Journal.load(root)
    used = slots.current
    left = [path.name for path in (root / "work").iterdir()] if (root / "work").exists() else []
    return {
        "boots": boots(folder),
        "trial": None if journal.trial is None else str(journal.trial.version),
        "failed": [str(one.version) for one in journal.of(Component.PROGRAM).failures],
        "highest": str(journal.of(Component.PROGRAM).highest),
        "faults": [] if used is None else [*slots.faults(used)],
        "left": left,
    }


def cut_off(one: Updater, bundle: Bundle) -> None:
    """Leave a version on trial."""
    child = os.fork()
    if child == 0:
        gone = replace(one, watch=lambda *_: os._exit(0))  # type: ignore[arg-type]  # called alike
        gone.take(bundle, Wishes())
    os.waitpid(child, 0)


def main(how: str, every: int) -> None:
    with quick_folder() as base:
        keys = trust(base / "keys")
        bundles = {
            version: Bundle(bundle_of(base, version, program_files(version)), keys)
            for version in ("0.2.0", "0.3.0", "0.4.0")
        }
        before = base / "before"
        put_files(before / "installed", program_files("0.1.0"))
        for version in ("0.2.0", "0.3.0"):
            machine(before, passes=True).take(bundles[version], Wishes())
        if how == "recovers":
            cut_off(machine(before, passes=True), bundles["0.4.0"])
        at = 1
        while True:
            folder = base / "now"
            shutil.copytree(before, folder, symlinks=True)
            one = machine(folder, passes=how == "passes")
            take = partial(one.take, bundles["0.4.0"], Wishes())
            was_cut = cut(one.recover if how == "recovers" else take, at)
            told: dict[str, Any] = {"at": at, "cut": was_cut, "after_cut": state(folder)}
            try:
                if is_on_trial(folder):
                    one.recover()
                told["booted"] = state(folder)
                one.recover()
            except UpdateFailed as error:
                told["error"] = str(error)
            told["recovered"] = state(folder)
            take()
            told["next"] = state(folder)
            sys.stdout.write(json.dumps(told) + "\n")
            shutil.rmtree(folder)
            if not was_cut:
                return
            at += every if told["after_cut"]["trial"] is None else 1


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
