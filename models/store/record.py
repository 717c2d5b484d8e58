"""What is known of a model that was added: the one file whose writing makes a version the one in use."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from paige.models.store.listing import FileEntry, check_name, parsed

FORMAT: Final = 1
KEPT: Final = 2
"""Versions of a model: the one in use, and the one before it."""


@dataclass(frozen=True, slots=True)
class Arranged:
    """A version as this machine runs it."""

    folder: str
    """Its name; each arranging makes a new one."""
    runtime: str
    """The version of ONNX Runtime that arranged it."""
    processor: str
    """For which; see `machine.processor`."""
    files: Mapping[str, FileEntry]
    arrangement: int = 1
    """How it is written; see `packed.ARRANGEMENT`."""

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(entry.size for entry in self.files.values())


@dataclass(frozen=True, slots=True)
class Version:
    """A model as it came."""

    id: str
    """The hash of its manifest, and so of all that the manifest lists."""
    added: str
    """When; ISO 8601."""
    origin: str
    """From where."""
    licence: str
    """Of the weights."""
    files: Mapping[str, FileEntry]
    """As it came; none where only what is arranged was kept."""
    arranged: Arranged

    @property
    def entries(self) -> tuple[FileEntry, ...]:
        """All files of it."""
        return (*self.files.values(), *self.arranged.files.values())


@dataclass(frozen=True, slots=True)
class Record:
    """A model with its versions."""

    name: str
    versions: tuple[Version, ...]
    """The first is in use; the second, if there is one, comes back by a rollback."""

    @property
    def entries(self) -> tuple[FileEntry, ...]:
        """All files of all versions."""
        return tuple(entry for version in self.versions for entry in version.entries)

    @property
    def size(self) -> int:
        """Bytes that it takes on flash; what several versions have is counted once."""
        return sum(entry.size for entry in set(self.entries))

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Record":
        """As it was kept.

        Raises:
            ValueError: It is no record, or one of another format.
        """
        data = json.loads(text)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError(f"a record of format {FORMAT} was expected")
        try:
            versions = tuple(_version(one) for one in data["versions"])
            if not 0 < len(versions) <= KEPT:
                raise ValueError(f"it has {len(versions)} versions")
            return cls(str(data["name"]), versions)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{error!r}") from error


def _version(data: Mapping[str, Any]) -> Version:
    arranged = data["arranged"]
    for told in (data, arranged):
        for key, value in told.items():
            if not isinstance(value, {"arrangement": int}.get(key, str)) and key not in ("files", "arranged"):
                raise ValueError(f"{key} is {value!r}")
    check_name(arranged["folder"])
    made = Arranged(**{**arranged, "files": parsed(arranged["files"])})
    return Version(**{**data, "files": parsed(data["files"]), "arranged": made})
