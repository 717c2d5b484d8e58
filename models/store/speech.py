"""Models of the recognizer Vosk on this machine: folders, as they came, under the names that a user gave.

speech/
    .lock
    NAME            a link to the version in use; its change makes another version the one in use
    .NAME.NUMBER/   a model's folder, with paige.json: where it is from, and its files with their hashes
    .work/          what is not whole yet
"""

import errno
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from paige.models.errors import ModelUnusable, NoRoom, StoreFailed
from paige.models.recognizer.vosk_model import MARKS, check_folder, try_folder
from paige.models.store.disk import locked, sync
from paige.models.store.listing import FileEntry, check_model_name
from paige.models.store.progress import Progress, Told, nobody
from paige.models.store.sources import Source

SPEECH: Final = "speech"
"""The folder, among those of all models."""
_RECORD: Final = "paige.json"
_LOCK: Final = ".lock"
_FORMAT: Final = 1


def is_speech(source: Source) -> bool:
    """Whether it is a model of Vosk's that is to be added."""
    return not MARKS.isdisjoint(source.names())


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """A model that was added."""

    name: str
    added: str
    """When; ISO 8601."""
    origin: str
    """From where."""
    files: Mapping[str, FileEntry]
    """By their paths in its folder."""

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(entry.size for entry in self.files.values())


class SpeechModels:
    """The models of a machine.

    Args:
        folder: Where they are; made when one is added.
        told: How far it is with what takes long.
    """

    def __init__(self, folder: Path, told: Told = nobody) -> None:
        self._folder, self._told = folder, told
        self._work = folder / ".work"

    def names(self) -> tuple[str, ...]:
        """Of all models."""
        try:
            return tuple(sorted(one.name for one in self._folder.iterdir() if one.is_symlink()))
        except FileNotFoundError:
            return ()

    def folder(self, name: str) -> Path | None:
        """Where a model is, as its recognizer takes it; None where there is none of that name."""
        return (self._folder / name).resolve() if name in self.names() else None

    def record(self, name: str) -> SpeechModel:
        """What is known of a model.

        Raises:
            StoreFailed: There is none of that name, or what is known of it cannot be read.
        """
        folder = self.folder(name)
        if folder is None:
            raise StoreFailed(f"there is no model {name!r} of a recognizer")
        try:
            data: dict[str, Any] = json.loads((folder / _RECORD).read_bytes())
            if data.pop("format") != _FORMAT:
                raise ValueError(f"a record of format {_FORMAT} was expected")
            files = {path: FileEntry(**entry) for path, entry in data.pop("files").items()}
            return SpeechModel(name, files=files, **data)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreFailed(
                f"{folder / _RECORD}: what is known of {name} is damaged ({error}); take it away with "
                f"'paige models remove {name}' and add it again"
            ) from error

    def add(self, source: Source, name: str | None = None) -> SpeechModel:
        """Put a model there, in the place of one of the same name, if Vosk can use it.

        Raises:
            ModelUnusable: It cannot.
            NoRoom: The disk is full.
            StoreFailed: The name cannot be one, or the disk does not take it.
        """
        name = check_model_name(name or source.name)
        added = datetime.now(UTC).isoformat(timespec="seconds")
        with self._alone():
            fresh = self._work / name
            fresh.mkdir(parents=True)
            model = SpeechModel(name, added, source.origin, self._copied(source, fresh))
            check_folder(fresh)
            try_folder(fresh)
            self._use(model, fresh)
        source.forget()
        return model

    def remove(self, name: str) -> None:
        """Take a model away.

        Raises:
            StoreFailed: There is none of that name, or the disk does not take it.
        """
        if name not in self.names():
            self.record(name)  # which says so
        with self._alone():
            (self._folder / name).unlink(missing_ok=True)
            sync(self._folder)

    def faults(self, name: str) -> Iterator[tuple[str, str]]:
        """Files of a model that are not what they were, each with what is wrong, as a clause.

        Raises:
            StoreFailed: There is none of that name, or what is known of it cannot be read.
        """
        folder = self.folder(name)
        for path, entry in self.record(name).files.items():
            assert folder is not None, "it has a record"
            try:
                found = FileEntry.of(folder / path)
            except OSError as error:
                yield path, f"it cannot be read: {error.strerror}"
            else:
                if found != entry:
                    yield path, "it is damaged: its hash is another"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes the models meanwhile; what no name leads to is swept away before and after."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with locked(self._folder / _LOCK, self._told):
                self._sweep()
                try:
                    yield
                finally:
                    with suppress(OSError):  # what went wrong is told; this can wait for the next time
                        self._sweep()
        except OSError as error:
            kind = NoRoom if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreFailed
            raise kind(
                f"{error.filename or self._folder}: the disk does not take it: {error.strerror or error}; "
                "the models are as they were"
            ) from error

    def _copied(self, source: Source, to: Path) -> dict[str, FileEntry]:
        found = {}
        for path in sorted(source.names()):
            file = to / path
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with file.open("wb") as copy:
                    for piece in source.pieces(path):
                        copy.write(piece)
            except ModelUnusable:
                source.spoiled(path)
                raise
            sync(file)
            found[path] = FileEntry.of(file)
            self._told(Progress(source.action, to.name, sum(one.size for one in found.values())))
        return found

    def _use(self, model: SpeechModel, fresh: Path) -> None:
        """Makes it the one in use, in one step."""
        data = {"format": _FORMAT, **asdict(model)}
        del data["name"]
        text = json.dumps(data, indent=1)
        (fresh / _RECORD).write_text(f"{text}\n", encoding="utf-8")
        for folder in (fresh, *(one for one in fresh.rglob("*") if one.is_dir()), fresh / _RECORD):
            sync(folder)
        kept = self._folder / f".{model.name}.{time.time_ns():x}"
        fresh.rename(kept)
        link = self._work / "link"
        link.symlink_to(kept.name)
        sync(self._folder)
        link.rename(self._folder / model.name)
        sync(self._folder)

    def _sweep(self) -> None:
        """Takes away what no name leads to."""
        used = {(self._folder / name).readlink().name for name in self.names()}
        for folder in self._folder.iterdir():
            if folder.is_dir() and not folder.is_symlink() and folder.name not in used:
                shutil.rmtree(folder)


def named(models: Path, model: Path | None) -> Path | None:
    """The folder of the model that a user named: by its path, or by the name under which it was added.

    Args:
        models: Where the models of this machine are, see `Store.speech`.
        model: What is configured, where a name is a path in the configuration's folder; None for the
            recognizer's own.
    """
    if model is None or model.is_dir():
        return model
    return SpeechModels(models).folder(model.name) or model
