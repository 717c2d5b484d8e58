"""Downloads that were begun: what of them is kept, and where."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paige.models.lm.manifest import MANIFEST
from paige.models.store.disk import Objects
from paige.models.store.listing import FileEntry, parsed

ORIGIN: Final = "origin"
"""The file that holds the address, without what may be secret in it."""
PART: Final = ".part"
"""How the name of a file ends that is not whole yet."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A download that was begun."""

    origin: str
    """Its address."""
    files: Mapping[str, FileEntry]
    """All that belongs to it; none where that is not known yet."""
    done: int
    """Bytes that are there."""
    total: int
    """Bytes of all; 0 where that is not known."""


def unfinished(downloads: Path, objects: Objects) -> tuple[Unfinished, ...]:
    """All of them.

    Args:
        downloads: The folder in which each has a folder.
        objects: Where files are that are whole.
    """
    try:
        folders = sorted(downloads.iterdir())
    except FileNotFoundError:  # any other error is no emptiness
        return ()
    return tuple(_one(folder, objects) for folder in folders if folder.is_dir())


def _one(folder: Path, objects: Objects) -> Unfinished:
    origin, files = "", dict[str, FileEntry]()
    with suppress(OSError):
        origin = (folder / ORIGIN).read_text(encoding="utf-8")
    # What cannot be read was not written to its end: it is fetched again.
    with suppress(OSError, ValueError, KeyError, TypeError):
        files = parsed(json.loads((folder / MANIFEST).read_bytes())["files"])
    done = sum(file.stat().st_size for file in folder.iterdir() if file.name not in (ORIGIN, MANIFEST))
    done += sum(entry.size for entry in {*files.values()} if objects.path(entry).exists())
    return Unfinished(origin, files, done, sum(entry.size for entry in files.values()))
