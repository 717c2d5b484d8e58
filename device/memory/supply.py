"""Where shards come from: the files of a model, read past the page cache, into slots of their kinds."""

import mmap
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Protocol, TypeVar

from paige.device.memory.direct import PIECE, DirectReader
from paige.models.errors import ModelUnusable
from paige.models.lm.packed import PackedModel
from paige.models.lm.slot import Slot

S = TypeVar("S")
POOLED: Final = 96
"""Threads that wait for work, of all slots of a model: each has its own, one less than run a shard. Where the
system allows no more threads (TasksMax of paige.service is 128), the runtime waits for ever
(docs/decisions/0030)."""


class Supply(Protocol[S]):
    """Slots for shards of several kinds, and what fills them."""

    @property
    def shards(self) -> Mapping[str, int]:
        """Bytes of each, in the order of a pass."""

    def kind(self, shard: str) -> str:
        """A slot of the same kind can hold it."""

    def check(self) -> None:
        """See whether the model does here what it should; takes the memory of a shard for a while."""

    def open(self, kind: str) -> S:
        """An empty slot."""

    def fill(self, slot: S, shard: str, beginning: "Beginning") -> None:
        """Read a shard into a slot; of what `beginning` has, nothing is read."""

    def empty(self, slot: S) -> None:
        """Give a slot's memory back."""

    def close(self, slot: S) -> None:
        """Give it back for good."""

    def taken(self, slot: S) -> int:
        """Bytes of memory that it has, as the kernel counts."""


class Beginning:
    """The first bytes of a shard, which stay in memory in pieces.

    Args:
        most: Pieces that are kept of what passes.
    """

    def __init__(self, most: int = 0) -> None:
        self.most = most
        self._pieces: list[mmap.mmap] = []

    @property
    def bytes(self) -> int:
        """That it has."""
        return len(self._pieces) * PIECE

    def resize(self, most: int) -> None:
        """Keep no more than so many pieces."""
        self.most = most
        del self._pieces[most:]

    def before(self, rest: Callable[[int], Iterator[memoryview]]) -> Iterator[memoryview]:
        """All pieces of a shard: those that it has, and the rest, of which it keeps what it may.

        Args:
            rest: Gives what comes behind so many bytes.
        """
        known = tuple(self._pieces)  # it may be resized meanwhile
        for piece in known:
            yield memoryview(piece)
        for number, read in enumerate(rest(len(known) * PIECE), len(known)):
            if number == len(self._pieces) < self.most and len(read) == PIECE:
                # Memory of its own, which goes back to the system at once.
                kept = mmap.mmap(-1, PIECE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
                kept.write(read)
                self._pieces.append(kept)
            yield read


class ModelFiles:
    """The files of one model on this machine.

    Args:
        model: With a file for each shard.
        threads: Processor threads that run a shard; fewer where all its slots would have more than `POOLED`.
    """

    def __init__(self, model: PackedModel, threads: int) -> None:
        self._model = model
        slots = len(model.manifest.shards) + len(model.manifest.kinds)
        self._threads = min(threads, 1 + POOLED // slots)
        self._reader = DirectReader()
        self._unchecked = {*model.manifest.shards}
        self.shards = {shard: model.graph(shard).shard_bytes for shard in model.manifest.shards}

    def check(self) -> None:
        """See whether the model does here what it did when it was arranged.

        Raises:
            DeviceError: A shard cannot be read.
            ModelUnusable: It does not, or a shard is damaged.
        """
        for kind, graph in self._model.graphs.items():
            slot = Slot(graph, 1)
            try:
                self.fill(slot, self._model.manifest.of_kind(kind)[0], Beginning())
                slot.check()
            finally:
                slot.close()

    def kind(self, shard: str) -> str:
        """The name of its graph."""
        return self._model.manifest.shards[shard]

    def open(self, kind: str) -> Slot:
        """An empty slot."""
        return Slot(self._model.graphs[kind], self._threads)

    def fill(self, slot: Slot, shard: str, beginning: Beginning) -> None:
        """Read a shard into a slot; when it is read for the first time, see whether it is as it was written.

        Raises:
            DeviceError: It cannot be read.
            ModelUnusable: It is not what was written; the text names it.
        """
        file = self._model.folder / shard
        pieces = beginning.before(lambda start: self._reader.pieces(file, start))
        try:
            if shard in self._unchecked:
                pieces = self._checked(shard, pieces)
            slot.fill(pieces)
        except ModelUnusable as error:
            raise ModelUnusable(f"{file}: {error}") from error

    def empty(self, slot: Slot) -> None:
        """Give a slot's memory back."""
        slot.empty()

    def close(self, slot: Slot) -> None:
        """Give it back for good."""
        slot.close()

    def taken(self, slot: Slot) -> int:
        """Bytes of memory that it has, as the kernel counts."""
        return slot.taken()

    def _checked(self, shard: str, pieces: Iterable[memoryview]) -> Iterator[memoryview]:
        found, length = 0, 0
        for piece in pieces:
            found, length = zlib.crc32(piece, found), length + len(piece)
            yield piece
        expected = self._model.checksums[shard]
        if length == self.shards[shard] and f"{found:08x}" != expected:  # the slot tells of another length
            raise ModelUnusable(
                f"this shard is damaged: its checksum is {found:08x}, {expected} was written; "
                "add the model again with `paige models add`"
            )
        self._unchecked.discard(shard)
