"""A model's files as this machine's runtime wants them, put into the store."""

import os
from collections.abc import Mapping
from pathlib import Path

from paige.models.lm.packing import pack
from paige.models.onnx import onnxruntime
from paige.models.store.disk import Objects, sync
from paige.models.store.listing import FileEntry
from paige.models.store.machine import processor
from paige.models.store.progress import Action, Progress, Told
from paige.models.store.record import Arranged


def arrange(
    name: str, files: Mapping[str, FileEntry], objects: Objects, folders: Path, work: Path, told: Told
) -> Arranged:
    """Arrange a model whose files are in the store, and make the folder that it is opened from.

    Args:
        name: Of the model.
        files: As it came.
        objects: Where they are, and where what is made is put.
        folders: Where the folder is made.
        work: An empty place on the same file system.
        told: How far it is.

    Raises:
        ModelUnusable: A file is damaged, or not for this version of the runtime.
        OSError: The disk does not take it.
    """
    given, made = work / "given", work / "made"
    objects.link(files.items(), given)
    for done, total in pack(given, made):
        told(Progress(Action.ARRANGE, name, done, total, in_bytes=False))
    found = {file.name: FileEntry.of(file) for file in sorted(made.iterdir())}
    for file, entry in found.items():
        objects.adopt(made / file, entry)
    sync(objects.folder)
    folder = os.urandom(8).hex()
    objects.link(found.items(), folders / folder)
    sync(folders / folder)
    sync(folders)
    return Arranged(folder, onnxruntime.__version__, processor(), found)
