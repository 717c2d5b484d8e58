"""A model's files as this machine's runtime wants them, put into the store."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from paige.models.errors import ModelUnusable
from paige.models.lm.manifest import Manifest
from paige.models.lm.packed import ARRANGEMENT, PackedModel
from paige.models.lm.packing import pack
from paige.models.lm.slot import Slot
from paige.models.onnx import onnxruntime
from paige.models.store.disk import Objects, sync
from paige.models.store.listing import FileEntry
from paige.models.store.machine import processor
from paige.models.store.progress import Action, Progress, Told
from paige.models.store.record import Arranged
from paige.models.store.sources import read


@dataclass(frozen=True, slots=True)
class Arranger:
    """Arranges models whose files are in the store, and makes the folders that they are opened from."""

    objects: Objects
    """Where they are, and where what is made is put."""
    folders: Path
    """Where folders are made."""
    work: Path
    """A place on the same file system, of which nobody else takes anything."""
    told: Told
    room: Callable[[str, int], None]
    """Raises where there is not so much."""

    def arrange(self, name: str, files: Mapping[str, FileEntry]) -> Arranged:
        """Arrange a model.

        Args:
            name: Of the model.
            files: As it came.

        Raises:
            ModelUnusable: A file is damaged, or not for this version of the runtime.
            NoRoom: There is not enough.
            OSError: The disk does not take it.
        """
        given, made = self.work / "given", self.work / "made"
        self.objects.link(files.items(), given)
        shards = {shard: files[shard].size for shard in Manifest.load(given).shards}
        for done, total in pack(given, made):
            self.told(Progress(Action.ARRANGE, name, done, total, in_bytes=False))
            self.room(name, _rest(shards, made))
        found = {file.name: FileEntry.of(file) for file in sorted(made.iterdir())}
        for file, entry in found.items():
            self.objects.adopt(made / file, entry)
        sync(self.objects.folder)
        return Arranged(self._folder(found), onnxruntime.__version__, processor(), found, ARRANGEMENT)

    def _folder(self, files: Mapping[str, FileEntry]) -> str:
        name = os.urandom(8).hex()
        self.objects.link(files.items(), self.folders / name)
        sync(self.folders / name)
        sync(self.folders)
        return name


def fits(folder: Path, arranged: Arranged) -> bool:
    """Whether what was arranged is good for this Paige, this runtime and this processor.

    A processor that tells otherwise of itself than it did may have had a new kernel, and no more: then the
    first shard of each kind must do what it did.
    """
    if (arranged.runtime, arranged.arrangement) != (onnxruntime.__version__, ARRANGEMENT):
        return False
    return arranged.processor == processor() or _does_the_same(folder)


def _does_the_same(folder: Path) -> bool:
    try:
        model = PackedModel.load(folder)
        for kind in model.manifest.kinds:
            slot = Slot(model.graphs[kind], 1)
            try:
                slot.fill(map(memoryview, read(folder / model.manifest.of_kind(kind)[0])))
                slot.check()
            finally:
                slot.close()
    except ModelUnusable:
        return False
    return True


def _rest(shards: Mapping[str, int], folder: Path) -> int:
    """Bytes that are still to be written, if the rest grows as what is there did: some kernels want more."""
    made = {file.name: file.stat().st_size for file in folder.iterdir() if file.name in shards}
    came = sum(shards[name] for name in made)
    left = sum(shards.values()) - came
    return left * sum(made.values()) // came if came else left
