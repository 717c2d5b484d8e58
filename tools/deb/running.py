"""Runs the programs that make a package."""

import subprocess
from pathlib import Path


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
