"""A folder, packed and signed as one file that `paige update` takes."""

import gzip
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Final

from minisign import SecretKey

from paige.device.updates.bundle import MANIFEST, PACKED, SIGNATURE
from paige.device.updates.manifest import Component, Made, Manifest, Version, check_path
from paige.models.store.listing import FileEntry
from paige.tools.update_bundle.errors import BundleNotMade

ENDING: Final = ".update"
HINT: Final = ".minisig"
_LEFT_OUT: Final = frozenset({"__pycache__", ".git"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made of a folder."""

    folder: Path
    component: Component
    version: Version
    needs: Version
    made: Made | None = None
    """For which machines; None for all."""
    dated: date | None = None
    """When it was made."""

    def manifest(self) -> Manifest:
        """Of the folder as it is now.

        Raises:
            BundleNotMade: Something in it cannot be in a bundle.
        """
        if self.component is Component.PROGRAM:
            self._check_program()
        files = {path: FileEntry.of(file) for path, file in sorted(self._files())}
        if not files:
            raise BundleNotMade(f"{self.folder}: there are no files in it")
        return Manifest(self.component, self.version, self.needs, files, self.made, self.dated)

    def _check_program(self) -> None:
        """See that the launcher finds in the folder what the manifest says."""
        notes = [note.name for note in self.folder.glob("paige-*.dist-info")]
        if notes != [f"paige-{self.version}.dist-info"]:
            found = ", ".join(notes) or "none"
            raise BundleNotMade(
                f"{self.folder}: paige-{self.version}.dist-info was expected in this program, found {found}"
            )
        python = self.folder / "PYTHON"
        if self.made is None or not python.is_file() or python.read_text().strip() != self.made.python:
            raise BundleNotMade(f"{python}: this file must say for which Python the program is, such as 3.11")

    def _files(self) -> Iterator[tuple[str, Path]]:
        for file in self.folder.rglob("*"):
            path = file.relative_to(self.folder)
            if not _LEFT_OUT.isdisjoint(path.parts) or file.is_dir():
                continue
            if file.is_symlink() or not file.is_file():
                raise BundleNotMade(f"{file}: this is no file, but a link or a device; take it out")
            try:
                yield check_path(path.as_posix()), file
            except ValueError as error:
                raise BundleNotMade(f"{file}: {error}; give it another name") from error


def write(wanted: Wanted, key: SecretKey, out: Path) -> Path:
    """Make the bundle, and beside it the signature alone, which says what there is at an address.

    Args:
        wanted: What it is to be made of.
        key: Signs it; decrypted.
        out: The folder where it is put.

    Raises:
        BundleNotMade: Something in the folder cannot be in a bundle.
    """
    manifest = wanted.manifest()
    text = manifest.to_json().encode()
    signature = bytes(key.sign(text, trusted_comment=manifest.comment)) + b"\n"
    out.mkdir(parents=True, exist_ok=True)
    bundle = out / f"{manifest.bundle_name}{ENDING}"
    with bundle.open("wb") as file:
        write_bundle(file, manifest, text, signature, wanted.folder)
    (out / f"{manifest.bundle_name}{HINT}").write_bytes(signature)
    return bundle


def write_bundle(to: IO[bytes], manifest: Manifest, text: bytes, signature: bytes, folder: Path) -> None:
    """Write a bundle whose manifest was signed already; the same folder gives the same bytes."""
    with tarfile.open(fileobj=to, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        _add(archive, SIGNATURE, signature)
        _add(archive, MANIFEST, text)
        written = set()
        for path, entry in manifest.files.items():
            if entry not in written:
                written.add(entry)
                packed = gzip.compress((folder / path).read_bytes(), mtime=0)
                _add(archive, f"{entry.sha256}{PACKED}", packed)


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o644
    archive.addfile(member, io.BytesIO(data))
