"""Models made of the checkpoints in `golden`, arranged for this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from paige.models.lm.packed import PackedModel
from paige.models.lm.packing import pack
from paige.models.lm.quantization import Quantization
from paige.models.lm.slot import Slot
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.convert import convert

GOLDEN = Path(__file__).with_name("golden")


class Resident:
    """All shards, each in a slot of its own."""

    def __init__(self, model: PackedModel) -> None:
        self._slots = {}
        for shard in model.manifest.shards:
            slot = self._slots[shard] = Slot(model.graph(shard), 1)
            slot.fill([memoryview((model.folder / shard).read_bytes())])

    @contextmanager
    def lease(self, shard: str) -> Iterator[Slot]:
        yield self._slots[shard]


@cache
def _packed(family: str, bits: int) -> PackedModel:
    folder = Path(mkdtemp(prefix="paige-lm-"))
    convert(Checkpoint(GOLDEN / family), Quantization(bits, 32), folder / "model", "none")
    for _ in pack(folder / "model", folder / "packed"):
        pass
    return PackedModel.load(folder / "packed")


@pytest.fixture
def packed() -> Callable[[str, int], PackedModel]:
    """A model by its family and the bits of its weights."""
    return _packed
