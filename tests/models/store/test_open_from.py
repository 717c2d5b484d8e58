"""A model that lies somewhere, such as in an update, is what is opened, whichever came before."""

import hashlib
from pathlib import Path

from paige.models.lm.manifest import MANIFEST
from paige.models.lm.shipped import open_from
from paige.models.store.store import Store


def opened(store: Store, folder: Path) -> str:
    """The version that is opened, and that it is the one of the folder."""
    open_from(store, folder, "m")
    version = store.record("m").versions[0]
    assert version.id == hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    return version.arranged.folder


def test_a_newer_one_is_added_and_taken_back_without_arranging_it_again(
    store: Store, model: Path, newer: Path
) -> None:
    first = opened(store, model)
    assert opened(store, model) == first
    assert opened(store, newer) != first
    assert opened(store, model) == first
    assert len(store.record("m").versions) == 2
