"""The small language model that comes with Paige for a language."""

import hashlib
from pathlib import Path

from paige.models.errors import ModelUnusable
from paige.models.language_folder import language_folder, primary
from paige.models.lm.manifest import MANIFEST
from paige.models.lm.packed import PackedModel
from paige.models.store.sources import FolderSource
from paige.models.store.store import Store

_FOLDER = "lm"


def model_folder(language: str) -> Path | None:
    """Where it lies, as it came; None where none does."""
    folder = Path(str(language_folder(primary(language)))) / _FOLDER
    return folder if folder.is_dir() else None


def name_of(language: str) -> str:
    """What it is called in a store."""
    return f"paige-{primary(language)}"


def open_shipped(store: Store, language: str) -> PackedModel:
    """The model as this machine runs it; the first time it is added to the store, which takes some seconds.

    Another one, that came with another Paige, is added as another version.

    Args:
        store: Of this machine.
        language: Such as `en`.

    Raises:
        ModelUnusable: None comes for this language, or its files are damaged.
        NoRoom: The disk has not enough for it.
        StoreFailed: The disk does not take it.
    """
    folder = model_folder(language)
    if folder is None:
        raise ModelUnusable(f"no language model comes with Paige for {primary(language)!r}, only for 'en'")
    return open_from(store, folder, name_of(language))


def open_from(store: Store, folder: Path, name: str) -> PackedModel:
    """A model that lies somewhere as it came, as this machine runs it, added to the store if it must be.

    Args:
        store: Of this machine.
        folder: Where it lies.
        name: What it is called in the store.

    Raises:
        ModelUnusable: Its files are damaged.
        NoRoom: The disk has not enough for it.
        StoreFailed: The disk does not take it.
    """
    known = [version.id for version in store.record(name).versions] if name in store.names() else []
    # Another version that is known, such as the one before an update was taken back, is brought to the front.
    if known[:1] != [hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()]:
        store.add(FolderSource(folder), name)
    return store.open(name)
