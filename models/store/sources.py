"""Where a model may come from: here a folder, in the neighbours a zip file and the network."""

from collections.abc import Callable, Iterator, Set
from pathlib import Path
from typing import Protocol

from paige.models.errors import ModelUnusable
from paige.models.lm.manifest import MANIFEST
from paige.models.store.listing import FileEntry, check_path, pieces
from paige.models.store.progress import Action

Advance = Callable[[int], None]
"""Is told how many bytes of a file there are by now."""


def not_at_all(_: int) -> None:
    """Nobody is told."""


class Source(Protocol):
    """Files of a model that is to be added."""

    origin: str
    """For people."""
    name: str
    """What it is called, if nobody says otherwise."""
    action: Action
    """What it is to get a file from it."""

    def names(self) -> Set[str]:
        """Of all files, apart from those of which nobody can know."""

    def pieces(
        self, name: str, entry: FileEntry | None = None, advance: Advance = not_at_all
    ) -> Iterator[bytes]:
        """A file, piece by piece.

        Args:
            name: Of the file.
            entry: What it should be, where that is known.
            advance: Told how far it is.

        Raises:
            ModelUnusable: There is no such file, or it is damaged.
        """

    def place(self, name: str) -> str:
        """How an error names a file."""

    def spoiled(self, name: str) -> None:
        """A file is not what it should be: what was fetched of it is good for nothing."""

    def forget(self) -> None:
        """The model is in the store: what was fetched of it is needed no more."""


class FolderSource:
    """A folder.

    Raises:
        ModelUnusable: It is none, or has no manifest.
    """

    action = Action.COPY

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ModelUnusable(f"{folder}: there is no such folder")
        self._folder = folder.resolve()
        self.origin, self.name = str(self._folder), self._folder.name
        if not (folder / MANIFEST).is_file():
            raise ModelUnusable(f"{folder}: a model folder has a file {MANIFEST}; this one has none")

    def names(self) -> Set[str]:
        """Of all that lies in it."""
        return {path.name for path in self._folder.iterdir()}

    def pieces(
        self, name: str, entry: FileEntry | None = None, advance: Advance = not_at_all
    ) -> Iterator[bytes]:
        """A file, piece by piece."""
        yield from read(self._folder / name, advance)

    def place(self, name: str) -> str:
        """Its path."""
        return str(self._folder / name)

    def spoiled(self, name: str) -> None:
        """Nothing was fetched."""

    def forget(self) -> None:
        """Nothing was fetched."""


class TreeSource:
    """A folder with folders in it, as models of other engines come.

    Raises:
        ModelUnusable: A name in it could lead out of a folder, or is that of no file.
    """

    action = Action.COPY

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self.origin, self.name = str(self._folder), self._folder.name
        self._names = frozenset(self._path(file) for file in self._folder.rglob("*") if not file.is_dir())

    def _path(self, file: Path) -> str:
        path = file.relative_to(self._folder).as_posix()
        try:
            check_path(path)
        except ValueError as error:
            raise ModelUnusable(f"{self.origin}: {error}; take it out") from error
        return path

    def names(self) -> Set[str]:
        """Paths of all files in it."""
        return self._names

    def pieces(
        self, name: str, entry: FileEntry | None = None, advance: Advance = not_at_all
    ) -> Iterator[bytes]:
        """A file, piece by piece."""
        yield from read(self._folder / name, advance)

    def place(self, name: str) -> str:
        """Its path."""
        return str(self._folder / name)

    def spoiled(self, name: str) -> None:
        """Nothing was fetched."""

    def forget(self) -> None:
        """Nothing was fetched."""


def read(file: Path, advance: Advance = not_at_all) -> Iterator[bytes]:
    """A file, piece by piece.

    Raises:
        ModelUnusable: It cannot be read.
    """
    done = 0
    try:
        with file.open("rb") as source:
            for piece in pieces(source):
                yield piece
                done += len(piece)
                advance(done)
    except OSError as error:
        raise ModelUnusable(f"{file}: this cannot be read: {error.strerror}") from error
