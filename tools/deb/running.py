"""Runs the programs that make a package."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paige.models.store.disk import locked


class PackageNotMade(Exception):
    """The package could not be made; the text says why."""


def run(*words: str, folder: Path | None = None, environment: dict[str, str] | None = None) -> str:
    """What a program says.

    Raises:
        PackageNotMade: It is missing, or did not succeed.
    """
    try:
        ended = subprocess.run(  # noqa: S603 # our own words
            words, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise PackageNotMade(f"{words[0]} is missing; on Debian: apt-get install dpkg git") from error
    if ended.returncode:
        raise PackageNotMade(f"{' '.join(words[:6])} … did not succeed:\n{ended.stderr or ended.stdout}")
    return ended.stdout.strip()


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Whoever else wants to work in this folder waits meanwhile; the lock lies beside it, as FOLDER.lock."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f"{folder.name}.lock")
    with locked(
        lock, lambda _: print(f"another one is at work in {folder}; waiting for it", file=sys.stderr)
    ):
        yield
