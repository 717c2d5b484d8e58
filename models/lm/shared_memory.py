"""Folders for a moment among files in memory, of which nothing is left, whoever is killed."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from paige.models.errors import ModelUnusable

SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # memory that is a file, as every Linux has it
_PREFIX: Final = "paige-"


@contextmanager
def momentary(folder: Path) -> Iterator[Path]:
    """A folder that is gone afterwards.

    What a process that was killed has left would be memory that nobody has, so it goes first. Whoever has
    such a folder shares a lock; who gets it alone knows that nobody does.

    Args:
        folder: On a file system that is memory.

    Raises:
        ModelUnusable: There is none, or it cannot be written to.
    """
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        _sweep(folder, lock)
        fcntl.flock(lock, fcntl.LOCK_SH)
        made = _made(folder)
        try:
            yield made
        finally:
            shutil.rmtree(made)
    finally:
        os.close(lock)


def _made(folder: Path) -> Path:
    try:
        return Path(mkdtemp(prefix=_PREFIX, dir=folder))
    except OSError as error:
        raise _unusable(folder, error) from error


def _sweep(folder: Path, lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return  # somebody has one
    for left in folder.glob(f"{_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)  # another user's stays


def _unusable(folder: Path, error: OSError) -> ModelUnusable:
    return ModelUnusable(f"{folder}: a model is run from files in memory there: {error.strerror}")
