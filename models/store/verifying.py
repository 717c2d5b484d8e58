"""Whether what was added is what it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paige.models.store.disk import Objects
from paige.models.store.listing import FileEntry
from paige.models.store.progress import Action, Progress, Told
from paige.models.store.record import Record


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that is not what it was when it was added."""

    name: str
    """The model."""
    file: str
    version: str
    """Its id."""
    arranged: bool
    """Of what is run; otherwise of what the model came as."""
    why: str
    """A clause."""


def faults(record: Record, objects: Objects, folders: Path, told: Told) -> Iterator[Fault]:
    """Files of a model, in all its versions, that are not what they were.

    Args:
        record: Of the model.
        objects: Its files.
        folders: Where what is opened lies.
        told: How far it is.
    """
    seen: dict[FileEntry, str | None] = {}
    done = 0
    for version in record.versions:
        folder = folders / version.arranged.folder
        for files, arranged in ((version.files, False), (version.arranged.files, True)):
            for file, entry in files.items():
                told(Progress(Action.CHECK, record.name, done, record.size))
                if entry not in seen:
                    seen[entry] = objects.fault(entry)
                    done += entry.size
                why = seen[entry] or (unlinked(folder / file, entry, objects) if arranged else None)
                if why is not None:
                    yield Fault(record.name, file, version.id, arranged, why)
    told(Progress(Action.CHECK, record.name, done, record.size))


def unlinked(link: Path, entry: FileEntry, objects: Objects) -> str | None:
    """Whether what is opened is another file than the one that is checked, as a clause."""
    try:
        return None if link.samefile(objects.path(entry)) else "what is opened is another file"
    except OSError as error:
        return f"what is opened is missing: {error.strerror}"
