"""The models of this machine.

    models/
        lock
        names/NAME.json     what is known of a model; its writing makes a version the one in use
        objects/HASH        files, each once however many versions have it
        folders/…           what an opened model reads: links to objects
        work/               what is not whole yet; gone at the next start
        downloads/          what was begun and goes on

All that a record speaks of is on the disk before the record is. So whenever the power goes, the old record
is there, or the new one, and with it everything of which it speaks; what no record speaks of is swept away
at the next start.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from paige.models.errors import ModelUnusable, NoRoom, StoreFailed
from paige.models.lm.manifest import MANIFEST
from paige.models.lm.packed import PackedModel
from paige.models.store.arranging import arrange
from paige.models.store.disk import Objects, clear, free, locked, pin, put, sync
from paige.models.store.intake import check, check_names, read_manifest
from paige.models.store.listing import FileEntry
from paige.models.store.progress import Action, Progress, Told, nobody
from paige.models.store.record import KEPT, Record, Version
from paige.models.store.sources import Source

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_ENDING: Final = ".json"


class Store:
    """The models of a machine.

    Args:
        folder: Where they are; made when one is added.
        told: How far it is with what takes long.
    """

    def __init__(self, folder: Path, told: Told = nobody) -> None:
        self._folder = folder
        self._told = told
        self._names, self._folders = folder / "names", folder / "folders"
        self._work = folder / "work"
        self._objects = Objects(folder / "objects", self._work)
        self._pins: list[int] = []

    def records(self) -> tuple[Record, ...]:
        """All models, by name.

        Raises:
            StoreFailed: What is known of one cannot be read; the text names it.
        """
        with self._disk():
            found = sorted(self._names.glob(f"*{_ENDING}"))
        return tuple(self.record(file.name.removesuffix(_ENDING)) for file in found)

    def record(self, name: str) -> Record:
        """A model.

        Raises:
            StoreFailed: There is none of that name, or what is known of it cannot be read.
        """
        file = self._file(name)
        try:
            return Record.from_json(file.read_bytes())
        except FileNotFoundError:
            there = ", ".join(path.name.removesuffix(_ENDING) for path in sorted(self._names.glob("*.json")))
            raise StoreFailed(
                f"there is no model {name!r}; there {f'is {there}' if there else 'are none yet'}"
            ) from None
        except OSError as error:
            raise StoreFailed(f"{file}: this cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise StoreFailed(
                f"{file}: what is known of {name} is damaged: {error}; 'paige models remove {name}' takes it "
                "away, then add it again"
            ) from error

    def add(self, source: Source, name: str | None = None, *, lean: bool = False) -> Record:
        """Put a model into the store, and arrange it for this machine.

        Args:
            source: Where it comes from.
            name: What it is called; as the source says, if nobody says otherwise.
            lean: Keep only what is arranged.

        Raises:
            ModelUnusable: It is no model, or one of its files is missing, damaged or too many.
            NoRoom: There is not enough.
            StoreFailed: The name cannot be one, or the disk does not take it.
        """
        name = name or source.name
        file = self._file(name)
        with self._alone():
            before = self.record(name) if file.exists() else None
            text = read_manifest(source)
            manifest, listed = check(text, source.place(MANIFEST))
            check_names(source.names(), {*listed}, source.origin)
            files = {MANIFEST: FileEntry.of_bytes(text), **listed}
            self._copy(source, name, files)
            arranged = arrange(name, files, self._objects, self._folders, self._work, self._told)
            version = Version(
                id=files[MANIFEST].sha256,
                added=datetime.now(UTC).isoformat(timespec="seconds"),
                origin=source.origin,
                licence=manifest.licence,
                files={} if lean else files,
                arranged=arranged,
            )
            older = [] if before is None else [one for one in before.versions if one.id != version.id]
            return self._keep(Record(name, (version, *older)[:KEPT]))

    def remove(self, name: str) -> int:
        """Take a model away, and give the bytes that are free by that.

        Raises:
            StoreFailed: There is none of that name, or the disk does not take it.
        """
        file = self._file(name)
        if not file.exists():
            self.record(name)  # which says what there is
        with self._alone():
            before = free(self._folder)
            file.unlink(missing_ok=True)
            sync(self._names)
            self._sweep()
            return max(0, free(self._folder) - before)

    def rollback(self, name: str) -> Record:
        """Go back to the version before; once more, and it is the newer one again.

        Raises:
            StoreFailed: There is no model of that name, or only one version of it.
        """
        with self._alone():
            record = self.record(name)
            if len(record.versions) < KEPT:
                raise StoreFailed(f"of {name} there is no other version; nothing was changed")
            return self._keep(replace(record, versions=record.versions[::-1]))

    def open(self, name: str) -> PackedModel:
        """A model as this machine runs it; its files stay as long as this store is open.

        Where the runtime or the processor is another than when it was added, it is arranged again.

        Raises:
            ModelUnusable: Files are missing, or it must be arranged again and only what was arranged is kept.
            StoreFailed: There is no model of that name.
        """
        with self._disk():
            for _ in range(3):
                version = self.record(name).versions[0]
                if (pinned := pin(self._folders / version.arranged.folder)) is not None:
                    self._pins.append(pinned)
                    return PackedModel.load(self._folders / version.arranged.folder)
        raise ModelUnusable(f"{name}: its folder in {self._folders} is missing: add it again")

    def close(self) -> None:
        """Let files of opened models go."""
        while self._pins:
            os.close(self._pins.pop())

    def _copy(self, source: Source, name: str, files: Mapping[str, FileEntry]) -> None:
        """Put files into the store that are not in it."""
        missing = {file: entry for file, entry in files.items() if self._objects.fault(entry) is not None}
        total, done = sum(entry.size for entry in missing.values()), 0
        self._room(name, total)
        for file, entry in missing.items():
            self._told(Progress(Action.COPY, name, done, total))
            self._objects.take(source.place(file), source.pieces(file), entry)
            done += entry.size
        self._told(Progress(Action.COPY, name, done, total))
        sync(self._objects.folder)

    def _room(self, name: str, needed: int) -> None:
        there = free(self._folder)
        if needed > there:
            raise NoRoom(
                f"{name} needs {needed:,} bytes in {self._folder}, where {there:,} are free: "
                f"{needed - there:,} too few; nothing was changed"
            )

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise StoreFailed(
                f"{name!r} cannot be the name of a model: letters, digits, '.', '_' and '-' can, up to 63, and "
                "the first is a letter or a digit; give another with --name"
            )
        return self._names / f"{name}{_ENDING}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes the store meanwhile; what was left half done is swept away before and after."""
        with self._disk():
            for folder in (self._names, self._folders, self._work, self._objects.folder):
                folder.mkdir(parents=True, exist_ok=True)
            with locked(self._folder / "lock", self._told):
                self._sweep()
                try:
                    yield
                finally:
                    with suppress(OSError):  # what went wrong is told; this can wait for the next start
                        self._sweep()

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = f"{error.filename or self._folder}"
            raise StoreFailed(
                f"{where}: the disk does not take it: {error.strerror or error}; the models are as they were"
            ) from error

    def _sweep(self) -> None:
        """Take away what no record speaks of."""
        for left in self._work.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
        try:
            versions = [version for record in self.records() for version in record.versions]
        except StoreFailed:
            return  # what a record speaks of that cannot be read is not known
        self._objects.sweep({entry.sha256 for version in versions for entry in version.entries})
        folders = {version.arranged.folder for version in versions}
        for folder in self._folders.iterdir():
            if folder.name not in folders:
                clear(folder)

    def _keep(self, record: Record) -> Record:
        put(record.to_json(), self._file(record.name), self._work)
        return record
