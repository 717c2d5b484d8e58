"""One version of a component in one file: a tar archive that is read from its beginning to its end.

    manifest.json.minisig   the signature of the next, by `minisign`
    manifest.json
    HASH.gz …               each file once, in the order of the manifest, by the SHA-256 of what is in it

Nothing but these names can be in it, each as the manifest that was signed says: so no path of a bundle leads
anywhere. Headers are POSIX ustar, and every other program for tar reads them, too.
"""

import hashlib
import os
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from paige.device.errors import BundleInvalid
from paige.device.updates.manifest import MOST_MANIFEST, Manifest
from paige.device.updates.trust import MOST_SIGNATURE, TrustedKeys
from paige.models.store.listing import PIECE, FileEntry

SIGNATURE: Final = "manifest.json.minisig"
MANIFEST: Final = "manifest.json"
PACKED: Final = ".gz"
BLOCK: Final = tarfile.BLOCKSIZE
_GZIP: Final = 16 + zlib.MAX_WBITS
_PACKED_MORE: Final = 1 << 16
"""Bytes that a packed file may have more than what is in it, with a thousandth; deflate needs fewer."""

Advance = Callable[[int], None]
"""Is told how many bytes have been unpacked by now."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A manifest that somebody who is trusted has signed, as it was signed."""

    manifest: Manifest
    text: bytes
    signature: bytes


class Bundle:
    """A bundle whose signature counts; its files are checked when they are unpacked.

    Args:
        file: The bundle; a plain file, and no link to one.
        keys: Whose signatures count.
        owner: The number of the user whose file it must be; None where that does not matter.

    Raises:
        BundleInvalid: It is none, or nobody who is trusted has signed it.
    """

    def __init__(self, file: Path, keys: TrustedKeys, owner: int | None = None) -> None:
        self._file, self._owner = file, owner
        try:
            with _opened(file, owner) as source:
                signature = _small(source, SIGNATURE, MOST_SIGNATURE)
                text = _small(source, MANIFEST, MOST_MANIFEST)
                self._begin = source.tell()
        except (tarfile.HeaderError, EOFError) as error:
            raise BundleInvalid(f"{file}: this is no bundle of an update: {error}") from error
        self.signed = check(text, signature, keys, str(file))

    @property
    def manifest(self) -> Manifest:
        """What it says of itself."""
        return self.signed.manifest

    def unpack(self, folder: Path, advance: Advance = lambda _: None) -> None:
        """Write all files into a folder that is empty; nothing is on the disk for sure before it is synced.

        Raises:
            BundleInvalid: A file is not what was signed.
            OSError: The disk does not take it.
        """
        paths: dict[FileEntry, list[Path]] = {}
        for path, entry in self.manifest.files.items():
            paths.setdefault(entry, []).append(folder / path)
        done = 0
        try:
            with _opened(self._file, self._owner) as source:
                source.seek(self._begin)
                for entry, places in paths.items():
                    for place in places:
                        place.parent.mkdir(parents=True, exist_ok=True)
                    _take(source, entry, places)
                    done += entry.size * len(places)
                    advance(done)
        except (tarfile.HeaderError, zlib.error, EOFError) as error:
            raise BundleInvalid(f"{self._file}: it is damaged: {error}") from error


def check(text: bytes, signature: bytes, keys: TrustedKeys, what: str) -> Signed:
    """A manifest, if somebody who is trusted has signed it.

    Raises:
        BundleInvalid: Nobody has, or it cannot be used.
    """
    comment = keys.check(text, signature, what)
    manifest = Manifest.from_json(text)
    if comment != manifest.comment:
        raise BundleInvalid(
            f"{what}: it was signed as {comment[:80]!r}, and its manifest is {manifest.comment!r}"
        )
    return Signed(manifest, text, signature)


def _opened(file: Path, owner: int | None) -> IO[bytes]:
    """Open a plain file, and nothing else.

    Whoever wrote the folder may have fewer rights than who reads it: a link would lead to what only the
    latter may read, whose beginning an error would tell, and a pipe would wait for ever.

    Raises:
        BundleInvalid: It is something else, or somebody else's.
    """
    how = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    try:
        source = os.fdopen(os.open(file, how), "rb")
    except OSError as error:
        raise BundleInvalid(f"{file}: this cannot be read: {error.strerror}") from error
    found = os.fstat(source.fileno())
    if stat.S_ISREG(found.st_mode) and owner in (None, found.st_uid):
        return source
    source.close()
    raise BundleInvalid(f"{file}: this is no plain file of whoever put it there")


def _small(source: IO[bytes], name: str, most: int) -> bytes:
    data = source.read(_header(source, name, most))
    _skip_padding(source, len(data))
    return data


def _take(source: IO[bytes], entry: FileEntry, places: list[Path]) -> None:
    """Write the next file to all of its places, if it is what it should be."""
    name = f"{entry.sha256}{PACKED}"
    packed = _header(source, name, entry.size + entry.size // 1000 + _PACKED_MORE)
    digest, size = hashlib.sha256(), 0
    first, *others = places
    with first.open("xb") as file:
        for piece in _unpacked(source, packed, entry.size):
            digest.update(piece)
            size += len(piece)
            file.write(piece)
    if (size, digest.hexdigest()) != (entry.size, entry.sha256):
        raise BundleInvalid(f"{first.name}: it is damaged: what was signed has another hash; get it anew")
    for other in others:
        other.write_bytes(first.read_bytes())
    _skip_padding(source, packed)


def _unpacked(source: IO[bytes], packed: int, size: int) -> Iterator[bytes]:
    """What is in a packed file, piece by piece, and one byte more than there should be at the most."""
    unpacking, left, room = zlib.decompressobj(_GZIP), packed, size + 1
    while left and room:
        data = source.read(min(left, PIECE))
        if not data:
            raise EOFError("it ends too early")
        left -= len(data)
        while data and room:
            piece = unpacking.decompress(data, min(room, PIECE))
            data = unpacking.unconsumed_tail
            room -= len(piece)
            if piece:
                yield piece
            elif unpacking.eof:
                break
        if unpacking.eof:
            break
    if left or unpacking.unused_data or not unpacking.eof:
        raise BundleInvalid("a file of it has another length than what was signed; get it anew")


def _header(source: IO[bytes], name: str, most: int) -> int:
    """Read the header of a member, which must be a plain file of that name; give its size.

    Raises:
        tarfile.HeaderError, EOFError, BundleInvalid: It is not.
    """
    block = source.read(BLOCK)
    if len(block) < BLOCK:
        raise EOFError("it ends too early")
    found = tarfile.TarInfo.frombuf(block, "ascii", "backslashreplace")
    if found.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or found.name != name:
        raise BundleInvalid(f"{name} was expected in this bundle, found {found.name[:80]!r}: this is none")
    if not 0 <= found.size <= most:
        raise BundleInvalid(f"{name} has {found.size:,} bytes in this bundle, and {most:,} are the most")
    return found.size


def _skip_padding(source: IO[bytes], size: int) -> None:
    source.read(-size % BLOCK)
