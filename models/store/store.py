"""The models of this machine.

    models/
        lock
        names/NAME.json     what is known of a model; its writing makes a version the one in use
        objects/HASH        files, each once however many versions have it
        folders/…           what an opened model reads: links to objects
        downloads/…         what was begun and goes on
        work/               what is not whole yet; gone at the next start

All that a record speaks of is on the disk before the record is. So whenever the power goes, the old record
is there, or the new one, and with it everything of which it speaks; what no record speaks of is swept away
at the next start.
"""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from paige.models.errors import ModelUnusable, NoRoom, StoreFailed
from paige.models.lm.manifest import MANIFEST, Manifest
from paige.models.lm.packed import PackedModel
from paige.models.store.arranging import Arranger, fits
from paige.models.store.disk import Objects, clear, free, locked, pin, put, sync
from paige.models.store.intake import check, check_names, read_manifest
from paige.models.store.listing import FileEntry, check_model_name
from paige.models.store.machine import processor
from paige.models.store.progress import Progress, Told, nobody
from paige.models.store.record import KEPT, Arranged, Record, Version
from paige.models.store.sources import Source
from paige.models.store.speech import SPEECH
from paige.models.store.unfinished import Unfinished, unfinished
from paige.models.store.verifying import Fault, faults, unlinked

_ENDING: Final = ".json"
_SCRATCH: Final = 3
"""Shards that arranging has beside what is done: as it came, as the runtime writes it, and as it is kept."""


class Store:
    """The models of a machine.

    Args:
        folder: Where they are; made when one is added.
        told: How far it is with what takes long.
    """

    def __init__(self, folder: Path, told: Told = nobody) -> None:
        self.folder = folder
        self.downloads = folder / "downloads"
        self.speech = folder / SPEECH
        """Where models of recognizers are; see `SpeechModels`."""
        self._told = told
        self._lock = folder / "lock"
        self._names, self._folders, self._work = folder / "names", folder / "folders", folder / "work"
        self._objects = Objects(folder / "objects", self._work)
        self._arranger = Arranger(self._objects, self._folders, self._work, told, self._room)
        self._pins: list[int] = []

    def names(self) -> tuple[str, ...]:
        """Of all models."""
        with self._disk():
            # Not by `glob`, for which a folder that cannot be read is empty (since Python 3.13 whatever the
            # error): the sweep would take all models away.
            try:
                files = [file.name for file in self._names.iterdir()]
            except FileNotFoundError:
                return ()
            return tuple(sorted(name.removesuffix(_ENDING) for name in files if name.endswith(_ENDING)))

    def record(self, name: str) -> Record:
        """What is known of a model.

        Raises:
            StoreFailed: There is none of that name, or what is known of it cannot be read.
        """
        file = self._file(name)
        try:
            found = Record.from_json(file.read_bytes())
            if found.name != name:
                raise ValueError(f"it is of {found.name!r}")
            return found
        except FileNotFoundError:
            there = ", ".join(self.names())
            raise StoreFailed(
                f"there is no model {name!r}; there {f'is {there}' if there else 'are none yet'}"
            ) from None
        except OSError as error:
            raise StoreFailed(f"{file}: this cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise StoreFailed(
                f"{file}: what is known of {name} is damaged ({error}); take it away with "
                f"'paige models remove {name}' and add it again"
            ) from error

    def graphs(self, name: str) -> Mapping[str, bytes]:
        """What each kind of a model's shards calculates, by its file: ONNX, without the weights.

        Raises:
            StoreFailed: There is no model of that name, or its files cannot be read.
        """
        arranged = self.record(name).versions[0].arranged
        folder = self._folders / arranged.folder
        try:
            return {file: (folder / file).read_bytes() for file in arranged.files if file.endswith(".onnx")}
        except OSError as error:
            raise StoreFailed(f"{error.filename}: this cannot be read: {error.strerror}") from error

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Downloads that were begun and go on when the same is added again."""
        return unfinished(self.downloads, self._objects)

    def add(self, source: Source, name: str | None = None, *, lean: bool = False) -> Record:
        """Put a model into the store, and arrange it for this machine.

        Args:
            source: Where it comes from.
            name: What it is called; as the source says, if nobody says otherwise.
            lean: Keep only what is arranged. It takes half the room, and is added again where the runtime or
                the processor becomes another.

        Raises:
            ModelUnusable: It is no model, or one of its files is missing, damaged or too many.
            NoRoom: There is not enough.
            StoreFailed: The name cannot be one, or the disk does not take it.
        """
        name = name or source.name
        self._file(name)  # which says whether it can be one
        with self._alone():
            before = self.record(name).versions if name in self.names() else ()
            try:
                manifest, files = self._files(source)
            except ModelUnusable:
                source.spoiled(MANIFEST)
                raise
            missing = {file: entry for file, entry in files.items() if self._objects.fault(entry) is not None}
            known = files[MANIFEST].sha256 in {version.id for version in before}
            self._room(name, _needed(missing, {} if known else {one: files[one] for one in manifest.shards}))
            self._copy(source, name, missing)
            version = Version(
                id=files[MANIFEST].sha256,
                added=datetime.now(UTC).isoformat(timespec="seconds"),
                origin=source.origin,
                licence=manifest.licence,
                files={} if lean else files,
                arranged=self._as_before(files, before) or self._arranger.arrange(name, files),
            )
            older = [one for one in before if one.id != version.id]
            record = self._keep(Record(name, (version, *older)[:KEPT]))
            source.forget()
            return record

    def remove(self, name: str) -> None:
        """Take a model away.

        Raises:
            StoreFailed: There is none of that name, or the disk does not take it.
        """
        file = self._file(name)
        if not file.exists():
            self.record(name)  # which says what there is
        with self._alone():
            file.unlink(missing_ok=True)
            sync(self._names)

    def remove_unfinished(self) -> None:
        """Take away what was fetched of models that are not whole.

        Raises:
            StoreFailed: The disk does not take it.
        """
        with self._alone():
            shutil.rmtree(self.downloads, ignore_errors=True)

    def rollback(self, name: str) -> Record:
        """Go back to the version before; once more, and it is the newer one again.

        Raises:
            StoreFailed: There is no model of that name, or only one version of it.
        """
        self.record(name)
        with self._alone():
            record = self.record(name)
            if len(record.versions) < KEPT:
                raise StoreFailed(f"of {name} there is no other version; nothing was changed")
            return self._keep(replace(record, versions=record.versions[::-1]))

    def verify(self, name: str) -> Iterator[Fault]:
        """Files of a model, in all its versions, that are not what they were; nobody changes them meanwhile.

        Raises:
            StoreFailed: There is none of that name, or what is known of it cannot be read.
        """
        self.record(name)
        with self._disk(), locked(self._lock, self._told, alone=False):
            yield from faults(self.record(name), self._objects, self._folders, self._told)

    def open(self, name: str) -> PackedModel:
        """A model as this machine runs it; its files stay as long as this store is open.

        Where the runtime or the processor is another than when it was added, it is arranged again.

        Raises:
            ModelUnusable: It cannot be arranged again, as files are missing or were not kept.
            StoreFailed: There is no model of that name, or the disk does not take it.
        """
        arranged = self.record(name).versions[0].arranged
        if not self._pinned(arranged) or not fits(self._folders / arranged.folder, arranged):
            arranged = self._again(name)
        elif arranged.processor != processor():  # the same, by another text: not to be looked at again
            with suppress(StoreFailed):  # nothing is lost where somebody else owns the store
                self._changed(name, replace(arranged, processor=processor()))
        return PackedModel.load(self._folders / arranged.folder)

    def close(self) -> None:
        """Let files of opened models go."""
        while self._pins:
            os.close(self._pins.pop())

    def _again(self, name: str) -> Arranged:
        with self._alone():
            version = self.record(name).versions[0]  # perhaps somebody else has done it meanwhile
            if self._pinned(version.arranged) and fits(
                self._folders / version.arranged.folder, version.arranged
            ):
                return version.arranged
            if not version.files:
                raise ModelUnusable(
                    f"{name} was arranged for another processor or another version of ONNX Runtime, and only "
                    f"that was kept: add it again, 'paige models add {version.origin} --name {name}'"
                )
            arranged = self._arranger.arrange(name, version.files)
            self._change(name, version.arranged, arranged)
            assert self._pinned(arranged), "nobody else clears folders away while we are alone"
            return arranged

    def _changed(self, name: str, arranged: Arranged) -> None:
        with self._alone():
            self._change(name, arranged, arranged)

    def _change(self, name: str, old: Arranged, new: Arranged) -> None:
        """Keep what is arranged anew, in the place of what was."""
        record = self.record(name)
        versions = tuple(
            replace(version, arranged=new) if version.arranged.folder == old.folder else version
            for version in record.versions
        )
        self._keep(replace(record, versions=versions))

    def _pinned(self, arranged: Arranged) -> bool:
        pinned = pin(self._folders / arranged.folder)
        if pinned is not None:
            self._pins.append(pinned)
        return pinned is not None

    def _files(self, source: Source) -> tuple[Manifest, Mapping[str, FileEntry]]:
        """What a model says of itself, and what it must have by that."""
        text = read_manifest(source)
        manifest, listed = check(text, source.place(MANIFEST))
        check_names(source.names(), {*listed}, source.origin)
        return manifest, {MANIFEST: FileEntry.of_bytes(text), **listed}

    def _copy(self, source: Source, name: str, missing: Mapping[str, FileEntry]) -> None:
        """Put files into the store that are not in it."""
        total, done = sum(entry.size for entry in missing.values()), 0
        for file, entry in missing.items():

            def advance(count: int, done: int = done) -> None:
                self._told(Progress(source.action, name, done + count, total))

            try:
                self._objects.take(source.place(file), source.pieces(file, entry, advance), entry)
            except ModelUnusable:
                source.spoiled(file)
                raise
            done += entry.size
        sync(self._objects.folder)

    def _as_before(self, files: Mapping[str, FileEntry], before: tuple[Version, ...]) -> Arranged | None:
        """What was arranged of the same files, if it is whole and good for this machine."""
        for version in before:
            made = version.arranged
            if version.id != files[MANIFEST].sha256 or not fits(self._folders / made.folder, made):
                continue
            if not any(
                self._objects.fault(entry)
                or unlinked(self._folders / made.folder / file, entry, self._objects)
                for file, entry in made.files.items()
            ):
                return made
        return None

    def _room(self, name: str, needed: int) -> None:
        there = free(self.folder)
        if needed > there:
            raise NoRoom(
                f"{name} needs {needed:,} bytes more in {self.folder}, where {there:,} are free: "
                f"{needed - there:,} too few; nothing was changed"
            )

    def _file(self, name: str) -> Path:
        return self._names / f"{check_model_name(name)}{_ENDING}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes the store meanwhile; what was left half done is swept away before and after."""
        with self._disk():
            self._make_folders()
            with locked(self._lock, self._told):
                self._sweep()
                try:
                    yield
                finally:
                    with suppress(OSError):  # what went wrong is told; this can wait for the next start
                        self._sweep()

    def _make_folders(self) -> None:
        parts = (self._names, self._folders, self._work, self._objects.folder)
        if all(part.is_dir() for part in parts):
            return
        for part in parts:
            part.mkdir(parents=True, exist_ok=True)
        for folder in (self.folder, *self.folder.parents):
            with suppress(PermissionError):  # what others own was there before
                sync(folder)

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            kind = NoRoom if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreFailed
            raise kind(
                f"{error.filename or self.folder}: the disk does not take it: {error.strerror or error}; the "
                "models are as they were"
            ) from error

    def _sweep(self) -> None:
        """Take away what no record speaks of."""
        for left in self._work.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
        try:
            versions = [version for name in self.names() for version in self.record(name).versions]
        except StoreFailed:
            return  # what a record speaks of that cannot be read is not known
        wanted = {entry.sha256 for version in versions for entry in version.entries}
        wanted |= {entry.sha256 for one in self.unfinished() for entry in one.files.values()}
        self._objects.sweep(wanted)
        folders = {version.arranged.folder for version in versions}
        for folder in self._folders.iterdir():
            if folder.name not in folders:
                clear(folder)

    def _keep(self, record: Record) -> Record:
        file = self._file(record.name)
        put(record.to_json(), file, self._work / file.name)
        return record


def _needed(missing: Mapping[str, FileEntry], shards: Mapping[str, FileEntry]) -> int:
    """Bytes of files that are missing, and of shards that are to be arranged, about as large as they came."""
    sizes = [shard.size for shard in shards.values()]
    return sum(entry.size for entry in missing.values()) + sum(sizes) + _SCRATCH * max(sizes, default=0)
