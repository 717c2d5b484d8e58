"""What a bundle says of itself: pure, and of a text nothing is believed before its signature was checked."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from paige.device.errors import BundleInvalid
from paige.models.store.listing import FileEntry

FORMAT: Final = 1
MOST_MANIFEST: Final = 4 << 20
"""Bytes; a program of 5,000 files has 0.6 MB."""
MOST_FILES: Final = 20_000
MOST_BYTES: Final = 8 << 30
"""Of all files together."""
_LONGEST_PATH: Final = 400
"""Characters."""
_VERSION: Final = re.compile(r"(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){0,3}")
_PYTHON: Final = re.compile(r"3\.[1-9][0-9]?")
_PROCESSOR: Final = re.compile(r"[a-z0-9_]{1,20}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_PART: Final = re.compile(r"[!-.0-\[\]-~]([ -.0-\[\]-~]{0,98}[!-.0-\[\]-~])?")
"""Of a path: what can be printed in ASCII, without / and \\, and no space at either end."""


class Component(StrEnum):
    """What is updated by itself."""

    PROGRAM = "program"
    MODELS = "models"
    SKILLS = "skills"
    """Folders of sentence files."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """One to four numbers, such as 0.2.0, compared as numbers, as the launcher does with `sort -V`."""

    numbers: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> "Version":
        """A version from its text.

        Raises:
            ValueError: It is none.
        """
        if not _VERSION.fullmatch(text):
            raise ValueError(f"{text[:40]!r} is no version: one to four numbers with dots are, such as 0.2.0")
        return cls(tuple(map(int, text.split("."))))

    def __str__(self) -> str:
        return ".".join(map(str, self.numbers))


@dataclass(frozen=True, slots=True)
class Made:
    """For which machines a program was made."""

    python: str
    """Such as `3.11`."""
    processor: str
    """As `uname -m` says it, such as `aarch64`."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of one component."""

    component: Component
    version: Version
    needs: Version
    """The least Paige that can take it."""
    files: Mapping[str, FileEntry]
    """By their paths in the slot."""
    made: Made | None = None
    """For which machines; None for what runs on all, and never for a program."""
    dated: date | None = None
    """When it was made, so that somebody who keeps newer ones back is noticed by its age; None where that is
    not said."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files.values())

    @property
    def comment(self) -> str:
        """What the signature's trusted comment must be: it can be read without the manifest."""
        return f"paige {self.component} {self.version}"

    @property
    def bundle_name(self) -> str:
        """What its bundle is called at an address, without an ending: the same for each version."""
        return bundle_name(self.component, self.made)

    def to_json(self) -> str:
        """The text that is signed."""
        data: dict[str, Any] = {
            "format": FORMAT,
            "component": str(self.component),
            "version": str(self.version),
            "needs": str(self.needs),
        }
        if self.dated is not None:
            data["date"] = self.dated.isoformat()
        if self.made is not None:
            data |= {"python": self.made.python, "processor": self.made.processor}
        data["files"] = {
            path: {"size": entry.size, "sha256": entry.sha256} for path, entry in self.files.items()
        }
        return json.dumps(data, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """A manifest from its text.

        Raises:
            BundleInvalid: It is none, or has something in it that no slot may have.
        """
        try:
            return _manifest(json.loads(text, object_pairs_hook=_once))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            why = f"{error} is missing" if isinstance(error, KeyError) else str(error)[:300]
            raise BundleInvalid(f"the manifest of this bundle cannot be used: {why}") from error


def bundle_name(component: Component, made: Made | None) -> str:
    """What a bundle is called at an address, without an ending."""
    return f"paige-{component}" + ("" if made is None else f"-{made.python}-{made.processor}")


def version_of_comment(component: Component, comment: str) -> Version | None:
    """The version that a trusted comment names; None where it is of another component, or none of ours."""
    begin = f"paige {component} "
    try:
        return Version.parse(comment.removeprefix(begin)) if comment.startswith(begin) else None
    except ValueError:
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("something is in it twice")
    return found


def _manifest(data: Any) -> Manifest:  # noqa: ANN401  # JSON
    if not isinstance(data, dict):
        raise ValueError("it is no object")
    if data["format"] != FORMAT or isinstance(data["format"], bool):
        raise ValueError(
            f"it has format {str(data['format'])[:20]}, and this Paige reads {FORMAT}: update Paige first"
        )
    component = Component(data["component"])
    made = _made(data) if component is Component.PROGRAM or "python" in data else None
    files = _files(data["files"])
    needs = Version.parse(_text(data["needs"]))
    dated = _date(data["date"]) if "date" in data else None
    return Manifest(component, Version.parse(_text(data["version"])), needs, files, made, dated)


def _date(value: Any) -> date:  # noqa: ANN401  # JSON
    text = _text(value)
    if not _DATE.fullmatch(text):  # Python reads more than this
        raise ValueError(f"{text[:40]!r} is no date such as 2026-11-23")
    return date.fromisoformat(text)


def _text(value: Any) -> str:  # noqa: ANN401  # JSON
    if not isinstance(value, str):
        raise ValueError(f"a text was expected, found {str(value)[:80]}")
    return value


def _made(data: Mapping[str, Any]) -> Made:
    python, processor = _text(data["python"]), _text(data["processor"])
    if not _PYTHON.fullmatch(python) or not _PROCESSOR.fullmatch(processor):
        raise ValueError(f"it is for Python {python[:20]!r} on {processor[:20]!r}, which cannot be")
    return Made(python, processor)


def _files(data: Any) -> dict[str, FileEntry]:  # noqa: ANN401  # JSON
    if not isinstance(data, dict) or not data:
        raise ValueError("it lists no files")
    if len(data) > MOST_FILES:
        raise ValueError(f"it lists {len(data):,} files, and {MOST_FILES:,} are the most")
    files = {check_path(path): _entry(path, entry) for path, entry in data.items()}
    if sum(entry.size for entry in files.values()) > MOST_BYTES:
        raise ValueError(f"its files have more than {MOST_BYTES:,} bytes together")
    sizes: dict[str, int] = {}
    for path, entry in files.items():
        if sizes.setdefault(entry.sha256, entry.size) != entry.size:
            raise ValueError(f"{path}: two files have one hash and two sizes")
        for above in _above(path):
            if above in files:
                raise ValueError(f"{above} is a file and a folder")
    return files


def check_path(path: str) -> str:
    """The path of a file in a slot, if it stays in it.

    Raises:
        ValueError: It could lead out of it, or is none that every system takes.
    """
    parts = path.split("/")
    if len(path) > _LONGEST_PATH or any(part in (".", "..") or not _PART.fullmatch(part) for part in parts):
        raise ValueError(f"{path[:120]!r} is no path of a file in an update")
    return path


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _entry(path: str, entry: Any) -> FileEntry:  # noqa: ANN401  # JSON
    match entry:
        case {"size": int(size), "sha256": str(sha256)} if (
            not isinstance(size, bool) and 0 <= size <= MOST_BYTES and _HASH.fullmatch(sha256)
        ):
            return FileEntry(size, sha256)
    raise ValueError(f"{path}: a size and a hash were expected, found {str(entry)[:120]}")
