"""Shards of one model within a budget: some stay, the rest are read ahead of the pass that needs them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from paige.device.memory.direct import DirectReader
from paige.device.memory.plan import Kind, plan
from paige.models.errors import ModelUnusable
from paige.models.lm.packed import PackedGraph, PackedModel
from paige.models.lm.slot import Slot


@dataclass(slots=True)
class _Lane:
    """The slot through which the streamed shards of a kind pass."""

    slot: Slot
    order: tuple[str, ...]
    target: str
    """What it holds, or is to hold."""
    ready: bool = False
    leased: bool = False


class Pager:
    """Leases shards.

    Args:
        model: With a file for each shard.
        budget: Bytes for all slots.
        threads: Processor threads that run a shard.

    Raises:
        BudgetTooSmall: Not even one shard of each kind fits.
        DeviceError: A shard cannot be read.
        ModelUnusable: A shard has not the bytes that it should have.
    """

    def __init__(self, model: PackedModel, budget: int, threads: int) -> None:
        self._folder = model.folder
        self._reader = DirectReader()
        kinds = kinds_of(model)
        self.plan = plan(kinds, budget)
        self._position = {shard: at for at, shard in enumerate(model.manifest.shards)}
        self._resident: dict[str, Slot] = {}
        self._lanes: dict[str, _Lane] = {}
        # All slots first: to open one takes memory for a moment, which is there as long as they are empty.
        for kind in kinds:
            graph = model.graphs[kind.name]
            self._check(graph, kind.shards[0])
            streamed = tuple(shard for shard in kind.shards if shard not in self.plan.resident)
            stays = [shard for shard in kind.shards if shard in self.plan.resident]
            self._resident |= {shard: Slot(graph, threads) for shard in stays}
            if streamed:
                lane = _Lane(Slot(graph, threads), streamed, streamed[0])
                self._lanes |= dict.fromkeys(streamed, lane)
        for shard, slot in self._resident.items():
            self._fill(slot, shard)
        self._changed = threading.Condition()
        self._now = 0
        """Where in a pass the last lease was."""
        self._error: Exception | None = None
        self._closed = False
        self._loader = threading.Thread(target=self._load, name="shards", daemon=True)
        self._loader.start()

    @contextmanager
    def lease(self, shard: str) -> Iterator[Slot]:
        """A slot with this shard, which stays in it until the lease ends.

        Raises:
            DeviceError: It cannot be read.
            ModelUnusable: It has not the bytes that it should have.
        """
        if shard in self._resident:
            yield self._resident[shard]
            return
        lane = self._lanes[shard]
        self._await(lane, shard)
        try:
            yield lane.slot
        finally:
            with self._changed:
                after = lane.order.index(shard) + 1
                lane.leased, lane.ready = False, False
                lane.target = lane.order[after % len(lane.order)]
                self._changed.notify_all()

    def close(self) -> None:
        """Give all memory back."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._loader.join()
        for slot in {*self._resident.values(), *(lane.slot for lane in self._lanes.values())}:
            slot.close()

    def _await(self, lane: _Lane, shard: str) -> None:
        with self._changed:
            self._now = self._position[shard]
            if lane.target != shard:  # a pass was broken off, or begins elsewhere
                lane.target, lane.ready = shard, False
                self._changed.notify_all()
            self._changed.wait_for(lambda: lane.ready or self._error is not None)
            if self._error is not None:
                raise self._error
            lane.leased = True

    def _load(self) -> None:
        """What the thread does that reads ahead."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._next() is not None)
                lane = self._next()
                if self._closed or lane is None:
                    return
                shard = lane.target
            try:
                self._fill(lane.slot, shard)
            except Exception as error:  # noqa: BLE001  # told to whoever waits for the shard
                with self._changed:
                    self._error = error
                    self._changed.notify_all()
                return
            with self._changed:
                lane.ready = lane.target == shard
                self._changed.notify_all()

    def _next(self) -> _Lane | None:
        """The lane whose shard is needed first, of those that are free."""
        lanes = {id(lane): lane for lane in self._lanes.values()}.values()
        free = [lane for lane in lanes if not (lane.ready or lane.leased)]
        count = len(self._position)
        return min(free, key=lambda lane: (self._position[lane.target] - self._now) % count, default=None)

    def _check(self, graph: PackedGraph, first: str) -> None:
        slot = Slot(graph, 1)
        self._fill(slot, first)
        slot.check()
        slot.close()

    def _fill(self, slot: Slot, shard: str) -> None:
        file = self._folder / shard
        try:
            slot.fill(self._reader.pieces(file))
        except ModelUnusable as error:
            raise ModelUnusable(f"{file}: {error}") from error


def kinds_of(model: PackedModel) -> tuple[Kind, ...]:
    """The kinds of a model's shards, in the order of a pass."""
    return tuple(
        Kind(name, graph.shard_bytes, model.manifest.of_kind(name)) for name, graph in model.graphs.items()
    )
