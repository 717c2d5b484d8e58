"""Steps that put files of text into place."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paige.models.store.disk import put

_READABLE: Final = 0o644
"""By all: the service has a user of its own that exists only while it runs."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file that says exactly this: the command, or one of systemd's units."""

    what: str
    """In plain words, such as `the command`."""
    path: Path
    text: str
    mode: int = _READABLE

    @property
    def doing(self) -> str:
        """See `Step`."""
        return f"put {self.what} at {self.path}"

    @property
    def undoing(self) -> str:
        """See `Step`."""
        return f"remove {self.what} {self.path}"

    def done(self) -> bool:
        """See `Step`."""
        try:
            return self.path.read_bytes() == self.text.encode() and mode_of(self.path) == self.mode
        except OSError:
            return False

    def undone(self) -> bool:
        """See `Step`."""
        return not self.path.exists()

    def do(self) -> None:
        """See `Step`."""
        write(self.path, self.text, self.mode)

    def undo(self) -> None:
        """See `Step`."""
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Example:
    """A configuration to begin with, where there is none; it belongs to its reader from then on."""

    path: Path
    text: str

    @property
    def doing(self) -> str:
        """See `Step`."""
        return f"put an example of a configuration at {self.path}"

    @property
    def undoing(self) -> str:
        """See `Step`."""
        return f"leave {self.path}, which is its owner's"

    def done(self) -> bool:
        """See `Step`."""
        return self.path.exists()

    def undone(self) -> bool:
        """See `Step`."""
        return True

    def do(self) -> None:
        """See `Step`."""
        write(self.path, self.text, _READABLE)

    def undo(self) -> None:
        """See `Step`."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is written while Paige runs; an installation makes none of it."""

    what: str
    """In plain words, such as `what Paige has written`."""
    paths: tuple[Path, ...]
    """Files, folders, and links to folders."""

    @property
    def doing(self) -> str:
        """See `Step`."""
        return f"leave {self.what} where it is"

    @property
    def undoing(self) -> str:
        """See `Step`."""
        return f"remove {self.what}: {', '.join(str(path) for path in self._there())}"

    def done(self) -> bool:
        """See `Step`."""
        return True

    def undone(self) -> bool:
        """See `Step`."""
        return not self._there()

    def do(self) -> None:
        """See `Step`."""

    def undo(self) -> None:
        """See `Step`."""
        for path in self._there():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _there(self) -> list[Path]:
        return [path for path in self.paths if path.exists() or path.is_symlink()]


def write(path: Path, text: str, mode: int) -> None:
    """Put a text into a file at once: whenever the power goes, the file is as before or as wanted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    put(text, path, path.with_name(f".{path.name}.new"), mode)


def mode_of(path: Path) -> int:
    """Who may read, write and run a file."""
    return path.stat().st_mode & 0o777
