"""One budget for everything: what slots may take is what the rest of the process leaves."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from paige.device.memory.allotment import Claim, allot
from paige.device.memory.budget import Budget
from paige.device.memory.code import forget_code
from paige.device.memory.kernel import ProcessMemory
from paige.device.memory.pager import Pager
from paige.device.memory.plan import BudgetTooSmall
from paige.device.memory.pressure import Allowance, Moment
from paige.device.memory.size import show_size
from paige.device.memory.supply import Supply

HEADROOM: Final = 4_000_000
"""Bytes that stay free: for what Python and the runtime take within a pass, and the kernel for its tables."""
CODE: Final = 18_000_000
"""Bytes of code that passes use; it comes into memory little by little, and a place is kept for it."""
WATCH_SECONDS: Final = 0.25
_log: Final = logging.getLogger(__name__)


class Machine(Protocol):
    """What the kernel says."""

    def process(self) -> ProcessMemory:
        """Of this process."""

    def moment(self, at: float) -> Moment:
        """How hard memory is to come by."""


@dataclass(slots=True)
class _Model:
    """A model that is open."""

    pager: Pager[Any]
    claim: Claim


@dataclass(frozen=True, slots=True)
class Statistics:
    """Where the memory is, in bytes."""

    budget: int
    besides: int
    """All that the process has besides shards."""
    shards: int
    """That slots have, as the kernel counts."""
    allowed: int
    """That slots may have."""


class MemoryManager:
    """Gives models their memory, takes it back, and never more than the budget.

    Args:
        budget: Of the whole process.
        machine: What the kernel says.
        clock: Seconds; never goes back.
    """

    def __init__(self, budget: Budget, machine: Machine, clock: Callable[[], float] = time.monotonic) -> None:
        self.budget = budget
        self._machine = machine
        self._clock = clock
        self._allowance = Allowance(budget.bytes)
        self._models: dict[str, _Model] = {}
        self._waiting: list[str] = []
        """Who waits to be used, the first first."""
        self._promised = 0
        """Bytes besides shards that a pass has announced."""
        self._changed = threading.Condition(threading.RLock())
        self._ended = threading.Event()

    def open(self, name: str, supply: Supply[Any], *, priority: int = 0, pinned: bool = False) -> Pager[Any]:
        """A model's shards, within what is left.

        Raises:
            BudgetTooSmall: Not even the least fits; the text says how large a budget would do.
            DeviceError, ModelUnusable: Its shards cannot be read.
        """
        with self._changed:
            # Opened with the least, as slots that are open and empty take some memory themselves.
            least = max(supply.shards.values())
            left = self._for_slots() - sum(model.claim.least for model in self._in_use())
            if least > left:
                raise BudgetTooSmall(
                    f"{name}: {show_size(self.budget.bytes)} of memory leave {show_size(max(0, left))} for "
                    f"the model; the least budget that does is {show_size(self.budget.bytes + least - left)}"
                )
            for model in self._models.values():
                if not model.claim.in_use:
                    model.pager.suspend()
            supply.check()
            pager = Pager(supply, max(least, min(left, sum(supply.shards.values()))))
            whole = pager.planner.whole
            self._models[name] = _Model(pager, Claim(name, least, whole, priority, pinned=pinned))
            forget_code()
            self._share()
            return pager

    def pager(self, name: str) -> Pager[Any]:
        """Of a model that is open."""
        return self._models[name].pager

    def close(self, name: str) -> None:
        """Give a model's memory to others."""
        with self._changed:
            self._models.pop(name).pager.close()
            self._share()
            self._changed.notify_all()

    @contextmanager
    def using(self, name: str) -> Iterator[None]:
        """A time in which a model has at least what it needs; who comes when there is none waits, in turn."""
        with self._changed:
            self._waiting.append(name)
            self._changed.wait_for(lambda: self._waiting[0] == name and self._fits(name))
            self._waiting.pop(0)
            self._use(name, in_use=True)
        try:
            yield
        finally:
            with self._changed:
                self._use(name, in_use=False)

    def room(self, more: int) -> None:
        """Make room for what is taken besides shards: keys and values, what is between matrices."""
        with self._changed:
            self._promised = more
            self._share()
            self._promised = 0

    def watch(self) -> None:
        """Look how hard memory is to come by, and give it back or take it again."""
        with self._changed:
            before = self._allowance.bytes
            after = self._allowance.observe(self._machine.moment(self._clock()))
            if after != before:
                _log.info("memory for models: %s of %s", show_size(after), self.budget)
                self._share()

    def keep_watch(self) -> None:
        """Watch from now on, until `end`, in a thread of its own."""
        threading.Thread(target=self._watch, name="memory", daemon=True).start()

    def end(self) -> None:
        """Close all models."""
        self._ended.set()
        for name in [*self._models]:
            self.close(name)

    @property
    def kept_bytes(self) -> int:
        """Of shards that are not in slots."""
        return sum(model.pager.kept_bytes for model in self._models.values())

    def statistics(self) -> Statistics:
        """Where the memory is now."""
        with self._changed:
            taken = sum(model.pager.taken for model in self._models.values())
            return Statistics(self.budget.bytes, self._besides(), taken, self._for_slots())

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            self.watch()

    def _in_use(self) -> list[_Model]:
        return [model for model in self._models.values() if model.claim.in_use]

    def _for_slots(self) -> int:
        """Bytes that slots may take now."""
        return self._allowance.bytes - self._besides() - HEADROOM - self._promised

    def _besides(self) -> int:
        """Bytes that the process has besides shards."""
        process = self._machine.process()
        return process.anonymous + max(process.file, CODE) - self.kept_bytes

    def _fits(self, name: str) -> bool:
        others = sum(model.claim.least for model in self._in_use())
        return not others or self._models[name].claim.least + others <= self._for_slots()

    def _use(self, name: str, *, in_use: bool) -> None:
        model = self._models.get(name)
        if model is not None:  # it may have been closed meanwhile
            model.claim = replace(model.claim, in_use=in_use)
        self._share()
        self._changed.notify_all()

    def _share(self) -> None:
        """Give each model its part; those that get less first."""
        claims = [model.claim for model in self._models.values()]
        parts = allot(max(0, self._for_slots()), claims)
        for name, part in sorted(
            parts.items(), key=lambda one: one[1] - self._models[one[0]].pager.plan.bytes
        ):
            model = self._models[name]
            if part:
                model.pager.resize(part)
            elif model.claim.in_use:
                model.pager.resize(model.claim.least)  # what goes on is finished, as small as can be
            else:
                model.pager.suspend()
