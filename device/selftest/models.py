"""Whether models of an update can be used: each is a folder, under the name by which it is configured."""

from pathlib import Path

from paige.device.errors import SelfTestFailed
from paige.models.recognizer.vosk_model import MARKS, check_folder, try_folder
from paige.models.store.intake import check, check_names, read_manifest
from paige.models.store.sources import FolderSource


def try_models(folder: Path) -> tuple[str, ...]:
    """Look at each model of a folder; gives their names.

    Raises:
        SelfTestFailed: There are none.
        ModelError: One cannot be used.
    """
    names = []
    for model in sorted(folder.iterdir()):
        if any((model / mark).is_file() for mark in MARKS):
            check_folder(model)
            try_folder(model)
        else:
            source = FolderSource(model)
            _, files = check(read_manifest(source), source.place("manifest.json"))
            check_names(source.names(), {*files}, source.origin)
        names.append(model.name)
    if not names:
        raise SelfTestFailed(f"{folder}: there are no models in it")
    return tuple(names)
