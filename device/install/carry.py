"""Does a plan, or undoes it, and turns what the system refuses into plain words."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from paige.device.errors import InstallFailed
from paige.device.install.services import Service
from paige.device.install.step import Plan, Step

Told = Callable[[str], None]
"""Is given what begins now, in plain words."""


def carry_out(plan: Plan, unfinished: Path, told: Told) -> None:
    """Do what is not done; the file `unfinished` is there meanwhile, and stays where it is not finished.

    Raises:
        InstallFailed: A step did not succeed.
    """
    steps = to_do(plan)
    if not steps:
        return
    _try(lambda: _mark(unfinished))
    for step in steps:
        told(step.doing)
        _try(step.do)
    unfinished.unlink()
    os.sync()  # who is told that it is done may pull the plug


def take_back(plan: Plan, told: Told) -> None:
    """Undo what is not undone, last things first.

    Raises:
        InstallFailed: A step did not succeed.
    """
    for step in to_undo(plan):
        told(step.undoing)
        _try(step.undo)
    os.sync()


def to_do(plan: Plan) -> list[Step]:
    """What of a plan is not there, and the start of what runs, where something else changes."""
    missing = [step for step in plan.steps if not step.done()]
    return [step for step in plan.steps if step in missing or (missing and isinstance(step, Service))]


def to_undo(plan: Plan) -> list[Step]:
    """What of a plan is there, in the order in which it is undone."""
    return [step for step in reversed(plan.steps) if not step.undone()]


def _mark(unfinished: Path) -> None:
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    unfinished.touch()


def _try(act: Callable[[], None]) -> None:
    """Do it; what the system says when it refuses becomes a text that says what to do."""
    try:
        act()
    except OSError as error:
        remedy = {
            errno.ENOSPC: "the disk is full: make room, and the same command again goes on from here",
            errno.EROFS: "the file system is read-only: 'mount -o remount,rw /' makes it writable",
            errno.EACCES: "put sudo before the command",
            errno.EPERM: "put sudo before the command",
        }.get(error.errno or 0, "the same command again goes on from here")
        where = f"{error.filename}: " if error.filename else ""
        raise InstallFailed(f"{where}{error.strerror or error}; {remedy}") from error
