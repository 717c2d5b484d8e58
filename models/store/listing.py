"""Files with their sizes and hashes, as a manifest lists them.

Hashes are imported where they are needed: they bring 3 MB of OpenSSL into memory, and to open a model needs
none.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paige.models.errors import StoreFailed

PIECE: Final = 1 << 20
"""Bytes that are in memory at once."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MODEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What a file must be."""

    size: int
    """Bytes."""
    sha256: str
    """In hexadecimal."""

    @classmethod
    def of(cls, file: Path) -> "FileEntry":
        """What a file is."""
        import hashlib

        found, size = hashlib.sha256(), 0
        with file.open("rb") as source:
            for piece in pieces(source):
                found.update(piece)
                size += len(piece)
        return cls(size, found.hexdigest())

    @classmethod
    def of_bytes(cls, data: bytes) -> "FileEntry":
        """What a file of these bytes is."""
        import hashlib

        return cls(len(data), hashlib.sha256(data).hexdigest())


def pieces(source: Any) -> Iterator[bytes]:  # noqa: ANN401  # anything that is read from; `Protocol` has no less
    """What is left in a file, a piece at a time."""
    return iter(lambda: source.read(PIECE), b"")


def listed(folder: Path, *, besides: str) -> dict[str, FileEntry]:
    """The files of a folder, by name.

    Args:
        folder: Without folders in it.
        besides: The file that is to hold the list.
    """
    return {file.name: FileEntry.of(file) for file in sorted(folder.iterdir()) if file.name != besides}


def parsed(data: Mapping[str, Any]) -> dict[str, FileEntry]:
    """A list of files from JSON.

    Raises:
        ValueError: It is none, or has a name that could lead out of a folder.
    """
    if not isinstance(data, dict):
        raise ValueError(f"a list of files was expected, found {type(data).__name__}")
    return {check_name(name): _entry(name, entry) for name, entry in data.items()}


def check_model_name(name: str) -> str:
    """What a model is called here, if it can be called so.

    Raises:
        StoreFailed: It cannot.
    """
    if not _MODEL.fullmatch(name):
        raise StoreFailed(
            f"{name[:80]!r} cannot be the name of a model: letters, digits, '.', '_' and '-' can, up to 63, "
            "and the first is a letter or a digit; give another with --name"
        )
    return name


def check_name(name: str) -> str:
    """The name of a file, if it can be one in any folder.

    Raises:
        ValueError: It could lead out of it, or be hidden.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:120]!r} is no name of a file of a model")
    return name


def check_path(path: str) -> str:
    """The path of a file in a model's folder, if it stays in it.

    Raises:
        ValueError: It could lead out of it, or a part of it be hidden.
    """
    for part in path.split("/"):
        check_name(part)
    return path


def _entry(name: str, entry: Any) -> FileEntry:  # noqa: ANN401  # JSON
    match entry:
        case {"size": int(size), "sha256": str(sha256)} if size >= 0 and _HASH.fullmatch(sha256):
            return FileEntry(size, sha256)
    raise ValueError(f"{name}: a size and a hash were expected, found {str(entry)[:120]}")
