"""Shards of one model within a budget: some stay, the rest are read ahead of the pass that needs them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Generic

from paige.device.memory.direct import PIECE
from paige.device.memory.plan import Plan, Planner
from paige.device.memory.supply import Beginning, S, Supply

_NOTHING: Final = Plan((), 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is being read."""

    shard: str
    stays: bool
    """Whether it goes into a slot of its own."""
    beginning: Beginning


class Pager(Generic[S]):
    """Leases shards.

    Nothing is read before it is needed: the first pass reads every shard once, each into the slot where it
    stays, or into the one of its kind through which those pass that do not stay.

    Args:
        supply: Where shards come from.
        budget: Bytes for all slots.

    Raises:
        BudgetTooSmall: The largest shard does not fit.
    """

    def __init__(self, supply: Supply[S], budget: int) -> None:
        self._supply = supply
        self._order = tuple(supply.shards)
        self._place = {shard: at for at, shard in enumerate(self._order)}
        self.planner = Planner(supply.shards)
        self.plan = self.planner.within(budget)
        self.last_used = self.plan
        """The plan when a shard was last leased; what is in no use may have given all back since."""
        self.read_bytes = 0
        """Of flash, so far."""
        # To open a slot takes a shard's memory for a moment, which is there as long as all are empty.
        self._transit = {kind: supply.open(kind) for kind in dict.fromkeys(map(supply.kind, self._order))}
        """Of each kind, the slot through which shards pass; no more than one of them is not empty."""
        self._own = {shard: supply.open(supply.kind(shard)) for shard in self._order if self._may_stay(shard)}
        """Of shards that stay, or have stayed; of those that may not now, they are empty."""
        self._held: set[str] = set()
        """Shards that are in slots of their own."""
        self._passing: str | None = None
        """The shard that is in a slot through which shards pass."""
        self._beginning, self._begins = Beginning(), ""
        self._leased: str | None = None
        self._reading: _Reading | None = None
        self._now = 0
        """Where in a pass the next lease is, as far as is known."""
        self._changed = threading.Condition()
        self._error: Exception | None = None
        self._closed = False
        with self._changed:
            self._follow(self.plan)
        self._loader = threading.Thread(target=self._load, name="shards", daemon=True)
        self._loader.start()

    @property
    def taken(self) -> int:
        """Bytes that it has, as the kernel counts."""
        with self._changed:
            slots = (*self._own.values(), *self._transit.values())
            return sum(map(self._supply.taken, slots)) + self._beginning.bytes

    @property
    def kept_bytes(self) -> int:
        """Of beginnings of shards, which are not in slots."""
        return self._beginning.bytes

    def resize(self, budget: int) -> None:
        """Take no more than so many bytes from now on; what is leased goes when its lease ends.

        Raises:
            BudgetTooSmall: The largest shard does not fit; nothing is changed.
        """
        plan = self.planner.within(budget)
        with self._changed:
            if plan != self.plan:
                self._follow(plan)
                self._changed.wait_for(self._nothing_too_much_is_read)

    def suspend(self) -> None:
        """Give all memory back, until it is resized; whoever leases a shard before then waits."""
        with self._changed:
            self._follow(_NOTHING)
            self._changed.wait_for(self._nothing_too_much_is_read)

    @contextmanager
    def lease(self, shard: str) -> Iterator[S]:
        """A slot with this shard, which stays in it until the lease ends. One is leased at a time.

        Raises:
            DeviceError: It cannot be read.
            ModelUnusable: It is damaged.
        """
        with self._changed:
            self._now = self._place[shard]
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._has(shard) or self._error is not None or self._closed)
            if self._error is not None:
                raise self._error
            if self._closed:
                raise ValueError("this pager is closed")
            self._leased, self.last_used = shard, self.plan
            slot = self._own[shard] if shard in self._held else self._transit[self._supply.kind(shard)]
        try:
            yield slot
        finally:
            with self._changed:
                self._leased = None
                self._now = (self._place[shard] + 1) % len(self._order)
                self._evict()
                self._changed.notify_all()

    def close(self) -> None:
        """Give all memory back, for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._loader.join()
        for slot in (*self._own.values(), *self._transit.values()):
            self._supply.close(slot)
        self._own.clear()
        self._transit.clear()

    def _has(self, shard: str) -> bool:
        return shard in self._held or shard == self._passing

    def _may_stay(self, shard: str) -> bool:
        return self.plan is not _NOTHING and shard not in self.plan.streamed

    def _nothing_too_much_is_read(self) -> bool:
        """Whether what is being read, which nobody stops, still has the place that it is read into."""
        reading = self._reading
        return reading is None or (
            self._may_stay(reading.shard) if reading.stays else reading.shard in self.plan.streamed
        )

    def _follow(self, plan: Plan) -> None:
        """Keep to a plan from now on."""
        self.plan = plan
        last = plan.streamed[-1] if plan.streamed else ""
        if last != self._begins:
            self._beginning.resize(0)  # it may be read into
            self._beginning, self._begins = Beginning(), last
        self._beginning.resize(plan.beginning_bytes // PIECE)
        self._evict()
        self._changed.notify_all()

    def _evict(self) -> None:
        """Empty what has no place any more, but for what is leased."""
        for shard in [one for one in self._held if not self._may_stay(one) and one != self._leased]:
            self._held.discard(shard)
            self._supply.empty(self._own[shard])
        passing = self._passing
        if passing is not None and passing not in self.plan.streamed and passing != self._leased:
            self._empty_transit()

    def _empty_transit(self) -> None:
        self._passing = None
        for slot in self._transit.values():
            self._supply.empty(slot)

    def _load(self) -> None:
        """What the thread does that reads ahead."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._next() is not None)
                if self._closed:
                    return
                reading = self._begin()
            try:
                self._supply.fill(self._slot(reading), reading.shard, reading.beginning)
            except Exception as error:  # noqa: BLE001  # told to whoever waits for the shard
                self._error = error
            with self._changed:
                self._end(reading)
                if self._error is not None:
                    return

    def _begin(self) -> _Reading:
        """Make a place for what is read next."""
        shard = self._next()
        assert shard is not None  # who calls has seen it
        stays = self._may_stay(shard)
        if not stays or shard not in self._own:
            self._passing = None
        for kind, slot in self._transit.items():
            if self._passing is None and (stays or kind != self._supply.kind(shard)):
                self._supply.empty(slot)
        beginning = self._beginning if shard == self._begins else Beginning()
        self.read_bytes += self._supply.shards[shard] - beginning.bytes
        self._reading = _Reading(shard, stays, beginning)
        return self._reading

    def _slot(self, reading: _Reading) -> S:
        kind = self._supply.kind(reading.shard)
        if not reading.stays:
            return self._transit[kind]
        if reading.shard not in self._own:
            slot = self._supply.open(kind)
            with self._changed:
                self._own[reading.shard] = slot
        return self._own[reading.shard]

    def _end(self, reading: _Reading) -> None:
        self._reading = None
        if self._error is None and reading.stays:
            self._held.add(reading.shard)
        elif self._error is None:
            self._passing = reading.shard
        self._evict()
        self._changed.notify_all()

    def _next(self) -> str | None:
        """The shard that is needed first, of those for which there is a place now."""
        if self.plan is _NOTHING or (self._passing is not None and self._passing not in self.plan.streamed):
            return None
        free = True  # where shards pass
        for step in range(len(self._order)):
            shard = self._order[(self._now + step) % len(self._order)]
            if shard == self._passing:
                free = False  # it is leased, or needed before those behind it
            elif shard not in self._held and (free or (shard in self._own and self._may_stay(shard))):
                return shard
        return None
