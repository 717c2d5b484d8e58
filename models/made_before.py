"""What takes long to make, kept in a folder, so that the next start need not make it again.

    13 bytes     `paige made 1` and the end of that line
    32 bytes     SHA-256 of all that it was made of
    4 bytes      CRC-32 of what follows, little-endian
    the rest     the thing, compressed by zlib

It is found by what it was made of, this program among that, so what has changed is not found. Nothing of it
is run: what is read are words and numbers. A file that was cut off, is damaged, or was put there by others is
not used, and whatever the disk refuses costs time at the start and nothing else.
"""

import logging
import os
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar

_log = logging.getLogger(__name__)

_MAGIC: Final = b"paige made 1\n"
_KEY_BYTES: Final = 32
_HEAD: Final = len(_MAGIC) + _KEY_BYTES + 4
_MOST_BYTES: Final = 1 << 26
"""More than this is not kept; a home of 5,000 names takes an eighth."""
_OF_A_KIND: Final = 3
"""So many of a kind are kept, the newest: a home that goes to and fro between two sets of names has both."""
_LEVEL: Final = 1
"""Of compression: more saves a tenth and takes five times as long."""

Thing = TypeVar("Thing")


class MadeBefore:
    """A folder of things that can be made again at any time.

    Args:
        folder: Ours alone; made with the first of them.
        program: The folder of the program and its data, which are part of what all of them are made of.
    """

    def __init__(self, folder: Path, program: Path = Path(__file__).parent) -> None:
        self._folder = folder
        self._root = program
        self._refused = False

    def key(self, *parts: str) -> bytes:
        """What says of a thing what it was made of: these parts, and this program."""
        told = sha256(self._program)
        for part in parts:
            data = part.encode(errors="surrogatepass")
            told.update(len(data).to_bytes(8, "little"))
            told.update(data)
        return told.digest()

    def get(
        self,
        kind: str,
        key: bytes,
        make: Callable[[], Thing],
        *,
        write: Callable[[Thing], bytes],
        read: Callable[[bytes], Thing],
    ) -> Thing:
        """A thing as it was made before, or else made now and kept.

        Args:
            kind: What it is, in letters.
            key: See `key`.
            make: Makes it.
            write: The thing in bytes.
            read: The thing from these; may raise anything where they are none.
        """
        data = self._find(kind, key)
        if data is not None:
            try:
                return read(data)
            except Exception as error:  # noqa: BLE001  # whatever was found, it can be made again
                _log.warning("%s: this is not used: %r", self._file(kind, key), error)
        made = make()
        self._keep(kind, key, write(made))
        return made

    @cached_property
    def _program(self) -> bytes:
        """Tells this program from any other by when its files were made and how large they are."""
        told = sha256()
        for parent, folders, files in os.walk(self._root):
            folders[:] = sorted(folder for folder in folders if folder != "__pycache__")
            for name in sorted(files):
                path = f"{parent}/{name}"
                found = os.stat(path)  # noqa: PTH116  # a Path for each of 200 takes longer than this
                times = f"{found.st_mtime_ns} {found.st_ctime_ns}"
                told.update(f"{path} {found.st_size} {found.st_ino} {times}\n".encode())
        return told.digest()

    def _file(self, kind: str, key: bytes) -> Path:
        return self._folder / f"{kind}-{key[:8].hex()}"

    def _find(self, kind: str, key: bytes) -> bytes | None:
        file = self._file(kind, key)
        try:
            with file.open("rb") as source:
                found = source.read(_MOST_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("%s: this cannot be read: %s", file, error.strerror)
            return None
        wrong = _wrong(found, key)
        if wrong is None:
            unpacker = zlib.decompressobj()
            try:
                data = unpacker.decompress(memoryview(found)[_HEAD:], _MOST_BYTES)
            except zlib.error as error:
                wrong = str(error)
            else:
                if unpacker.eof:
                    return data
                wrong = "it has no end"
        _log.warning("%s: this is not used: %s", file, wrong)
        return None

    def _keep(self, kind: str, key: bytes, data: bytes) -> None:
        packed = zlib.compress(data, _LEVEL)
        if self._refused or len(data) >= _MOST_BYTES or len(packed) + _HEAD >= _MOST_BYTES:
            return
        file = self._file(kind, key)
        fresh = file.with_name(f"{file.name}.new")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Not flushed to the disk: what is cut off there is seen, and made again.
            fresh.write_bytes(b"".join((_MAGIC, key, zlib.crc32(packed).to_bytes(4, "little"), packed)))
            fresh.replace(file)
            self._sweep(kind, file)
        except OSError as error:
            self._refused = True
            with suppress(OSError):
                fresh.unlink(missing_ok=True)  # what little the disk has left is for what people said
            _log.info("%s: each start takes longer than it needs to: %s", self._folder, error.strerror)

    def _sweep(self, kind: str, latest: Path) -> None:
        """Leave the newest of a kind, and `latest`, whatever the clock said."""
        others = [file for file in self._folder.glob(f"{kind}-*") if file != latest]
        for file in _newest_first(others)[_OF_A_KIND - 1 :]:
            file.unlink(missing_ok=True)


def _newest_first(files: Iterable[Path]) -> list[Path]:
    return sorted(files, key=lambda file: file.stat().st_mtime_ns, reverse=True)


def _wrong(found: bytes, key: bytes) -> str | None:
    """What is wrong with a file before it is unpacked; None where nothing is."""
    if len(found) < _HEAD or not found.startswith(_MAGIC):
        return "it is none of this Paige's"
    if found[len(_MAGIC) : len(_MAGIC) + _KEY_BYTES] != key:
        return "it was made of something else"
    if zlib.crc32(memoryview(found)[_HEAD:]) != int.from_bytes(found[_HEAD - 4 : _HEAD], "little"):
        return "it is damaged or was cut off"
    return None
