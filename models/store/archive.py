"""A model in a zip file, of which nothing is believed."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Final

from paige.models.errors import ModelUnusable
from paige.models.recognizer.vosk_model import MARKS
from paige.models.store.listing import FileEntry, check_name, check_path, pieces
from paige.models.store.progress import Action
from paige.models.store.sources import Advance, not_at_all

_ENCRYPTED: Final = 1
_KINDS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
"""Of the record at the end (APPNOTE.TXT, 4.3.16), behind which there may be a comment."""
_COMMENT: Final = 0xFFFF
_MOST: Final = 1 << 20
"""Bytes of the list of files, which is read whole: one of 10,000 files has that."""


class ZipSource:
    """A zip file with the files of a model, in a folder or not.

    Args:
        file: The zip file.
        origin: Where it is from, if it was fetched.
        name: What the model is called; as the file by default.

    Raises:
        ModelUnusable: It is no zip file, or has something in it that a model has not.
    """

    action = Action.COPY

    def __init__(self, file: Path, origin: str | None = None, name: str | None = None) -> None:
        self._file = file
        self.origin, self.name = origin or str(file.resolve()), name or file.stem
        try:
            _check_end(file)
            with zipfile.ZipFile(file) as archive:
                self._members = self._checked(archive.infolist())
        except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError) as error:
            raise ModelUnusable(f"{self.origin}: this is no zip file, or it is cut off: {error}") from error
        except OSError as error:
            raise ModelUnusable(f"{self.origin}: this cannot be read: {error.strerror or error}") from error

    def names(self) -> Set[str]:
        """Of all that is in it."""
        return {*self._members}

    def pieces(
        self, name: str, entry: FileEntry | None = None, advance: Advance = not_at_all
    ) -> Iterator[bytes]:
        """A file, piece by piece."""
        if name not in self._members:
            raise ModelUnusable(f"{self.origin}: there is no {name} in it, which a model has")
        done = 0
        try:
            with zipfile.ZipFile(self._file) as archive, archive.open(self._members[name]) as source:
                for piece in pieces(source):
                    yield piece
                    done += len(piece)
                    advance(done)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise ModelUnusable(f"{self.place(name)}: it is damaged: {error}") from error

    def place(self, name: str) -> str:
        """The zip file, and what in it."""
        return f"{self.origin}: {name}"

    def spoiled(self, name: str) -> None:
        """Nothing was fetched."""

    def forget(self) -> None:
        """Nothing was fetched."""

    def _checked(self, members: list[zipfile.ZipInfo]) -> dict[str, str]:
        """The names of files without a folder around them, with the members' own."""
        files = [member for member in members if not member.filename.endswith("/")]
        for member in files:
            if why := _refused(member):
                raise ModelUnusable(f"{self.origin}: {member.filename[:120]!r} {why}")
        parts = {member.orig_filename: member.orig_filename.split("/") for member in files}
        around = {names[0] for names in parts.values() if len(names) > 1}
        strip = 1 if len(around) == 1 and all(len(names) > 1 for names in parts.values()) else 0
        stripped = {path: "/".join(names[strip:]) for path, names in parts.items()}
        # Only Vosk's models have folders in them.
        checked = check_name if MARKS.isdisjoint(stripped.values()) else check_path
        found: dict[str, str] = {}
        for path, name in stripped.items():
            try:
                checked(name)
            except ValueError as error:
                raise ModelUnusable(f"{self.origin}: {error}") from error
            found[name] = path
        if len(found) != len(files):
            raise ModelUnusable(f"{self.origin}: it has two files of the same name")
        return found


def _refused(member: zipfile.ZipInfo) -> str | None:
    """Why a member cannot be of a model, as a clause."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "is no file, but a link or a device"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if member.compress_type not in _KINDS:
        return "is compressed in a way that is not known here; store it, or deflate it"
    return None


def _check_end(file: Path) -> None:
    """See whether the list of files is small enough to be read.

    Raises:
        ValueError: It is not, or there is none.
    """
    with file.open("rb") as source:
        size = source.seek(0, 2)
        source.seek(max(0, size - _END_BYTES - _COMMENT))
        end = source.read()
    at = end.rfind(_END)
    if at < 0:
        raise ValueError("its end is missing")
    (listed,) = struct.unpack_from("<L", end, at + 12)
    if listed > _MOST:
        raise ValueError(f"its list of files has {listed:,} bytes, which is more than a model's has")
