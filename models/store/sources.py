"""Where a model may come from, apart from the network."""

from collections.abc import Iterator, Set
from pathlib import Path
from typing import Protocol

from paige.models.errors import ModelUnusable
from paige.models.lm.manifest import MANIFEST
from paige.models.store.listing import pieces


class Source(Protocol):
    """Files of a model that is to be added."""

    origin: str
    """For people."""
    name: str
    """What it is called, if nobody says otherwise."""

    def names(self) -> Set[str]:
        """Of all files."""

    def pieces(self, name: str) -> Iterator[bytes]:
        """A file, piece by piece."""

    def place(self, name: str) -> str:
        """How an error names a file."""


class FolderSource:
    """A folder.

    Raises:
        ModelUnusable: It is none, or has no manifest.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ModelUnusable(f"{folder}: there is no such folder")
        if not (folder / MANIFEST).is_file():
            raise ModelUnusable(f"{folder}: a model folder has a file {MANIFEST}; this one has none")
        self._folder = folder.resolve()
        self.origin, self.name = str(self._folder), self._folder.name

    def names(self) -> Set[str]:
        """Of all that lies in it."""
        return {path.name for path in self._folder.iterdir()}

    def pieces(self, name: str) -> Iterator[bytes]:
        """A file, piece by piece."""
        with (self._folder / name).open("rb") as source:
            yield from pieces(source)

    def place(self, name: str) -> str:
        """Its path."""
        return str(self._folder / name)
