"""A model folder of random weights, another version of it, and a store."""

import json
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import pytest
from tests.models.lm.conftest import GOLDEN

from paige.models.lm.manifest import MANIFEST
from paige.models.lm.quantization import Quantization
from paige.models.lm.shared_memory import SHARED_MEMORY
from paige.models.store.listing import listed
from paige.models.store.store import Store
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.convert import convert


@cache
def made(version: int) -> Path:
    """A model folder; versions differ in one layer."""
    folder = Path(mkdtemp(prefix="paige-store-")) / "model"
    if version == 1:
        convert(Checkpoint(GOLDEN / "llama"), Quantization(4, 32), folder, "Apache-2.0")
        return folder
    shutil.copytree(made(1), folder)
    layer = bytearray((folder / "layer-001").read_bytes())
    layer[:16] = bytes([version] * 16)
    (folder / "layer-001").write_bytes(layer)
    listed_anew(folder)
    return folder


def listed_anew(folder: Path) -> None:
    """Write what a folder has into its manifest."""
    data = json.loads((folder / MANIFEST).read_bytes())
    entries = listed(folder, besides=MANIFEST).items()
    data["files"] = {name: {"size": entry.size, "sha256": entry.sha256} for name, entry in entries}
    (folder / MANIFEST).write_text(json.dumps(data))


@pytest.fixture
def model() -> Path:
    """Not to be changed."""
    return made(1)


@pytest.fixture
def newer() -> Path:
    """Not to be changed."""
    return made(2)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A model folder that may be changed."""
    return Path(shutil.copytree(made(1), tmp_path / "copied"))


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder in memory: a disk takes 10 ms to say that something is on it, and is asked often."""
    with TemporaryDirectory(dir=SHARED_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def store(place: Path) -> Iterator[Store]:
    one = Store(place / "models")
    yield one
    one.close()


def everything(store: Store) -> set[str]:
    """All files of a store."""
    return {
        str(path.relative_to(store.folder))
        for path in store.folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def objects(store: Store) -> set[str]:
    """The hashes of all files of a store."""
    return {path.name for path in (store.folder / "objects").iterdir()}
