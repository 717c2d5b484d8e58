"""One budget for several models and the rest of the process."""

import threading
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.device.memory.fakes import Memory

from paige.device.memory.allotment import Claim, allot
from paige.device.memory.budget import Budget
from paige.device.memory.kernel import ProcessMemory
from paige.device.memory.manager import CODE, HEADROOM, MemoryManager
from paige.device.memory.plan import BudgetTooSmall
from paige.device.memory.pressure import CALM_SECONDS, Moment

MB = 1_000_000
WAIT = 20.0
"""Seconds after which what has not come will not come."""


@dataclass
class Machine:
    """A kernel that says what the test wants it to."""

    besides: int = 40 * MB
    stalled: float | None = 0.0
    available: float = 0.5
    now: float = 100.0
    models: MemoryManager | None = None

    def process(self) -> ProcessMemory:
        return ProcessMemory(self.besides + self.kept() - CODE, CODE, 0)

    def kept(self) -> int:
        """Beginnings of shards are memory as any other."""
        return 0 if self.models is None else self.models.kept_bytes

    def moment(self, at: float) -> Moment:
        return Moment(at, self.stalled, self.available)


def memory(layers: int, size: int = 10 * MB) -> Memory:
    return Memory({f"layer-{number}": size for number in range(layers)}, budget=1 << 60)


def manager(budget: int, machine: Machine) -> MemoryManager:
    machine.models = MemoryManager(Budget(budget, "of the test"), machine, lambda: machine.now)
    return machine.models


def passed(models: MemoryManager, name: str, supply: Memory, times: int = 1) -> None:
    with models.using(name):
        for _ in range(times):
            models.room(0)
            for shard in supply.shards:
                with models.pager(name).lease(shard) as slot:
                    assert slot.shard == shard


def total(*supplies: Memory) -> int:
    return sum(slot.bytes for supply in supplies for slot in supply.slots)


def test_slots_get_what_the_rest_of_the_process_leaves() -> None:
    machine, supply = Machine(besides=40 * MB), memory(10)
    models = manager(100 * MB + HEADROOM, machine)
    models.open("lm", supply)
    passed(models, "lm", supply)
    assert models.statistics().allowed == 60 * MB
    assert total(supply) == 60 * MB
    machine.besides = 63 * MB
    models.room(2 * MB)
    assert total(supply) <= 35 * MB
    models.end()


def test_a_budget_too_small_says_which_would_do() -> None:
    models = manager(48 * MB + HEADROOM, Machine(besides=40 * MB))
    with pytest.raises(BudgetTooSmall, match=r"lm: 52 MB of memory leave 8.0 MB .* that does is 54 MB"):
        models.open("lm", memory(3))


def test_of_two_models_the_one_in_use_gets_more() -> None:
    one, other = memory(8), memory(8)
    models = manager(100 * MB + HEADROOM, Machine(besides=0))
    models.open("one", one, priority=1)
    models.open("other", other)
    passed(models, "one", one)
    assert total(one) == 80 * MB
    with models.using("other"):
        models.room(0)
        for shard in other.shards:
            with models.pager("other").lease(shard):
                pass
        assert total(other) == 80 * MB
        assert total(one) <= 20 * MB
    models.end()
    assert total(one, other) == 0


def test_what_is_pinned_stays() -> None:
    one, other = memory(5), memory(8)
    models = manager(80 * MB + HEADROOM, Machine(besides=0))
    models.open("one", one, pinned=True)
    passed(models, "one", one)
    models.open("other", other, priority=9)
    passed(models, "one", one)
    passed(models, "other", other)
    assert total(one) == 50 * MB
    models.end()


def test_who_comes_when_there_is_no_room_waits_and_is_served() -> None:
    one, other = memory(4), memory(4)
    models = manager(15 * MB + HEADROOM, Machine(besides=0))
    models.open("one", one)
    models.open("other", other)
    workers = [
        threading.Thread(target=passed, args=(models, name, supply, 3), daemon=True)
        for _ in range(4)
        for name, supply in (("one", one), ("other", other))
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(WAIT)
    assert not any(worker.is_alive() for worker in workers)
    assert total(one, other) <= 15 * MB
    models.end()


def test_under_pressure_memory_is_given_back_at_once_and_taken_again_later() -> None:
    machine, supply = Machine(besides=0), memory(10)
    models = manager(100 * MB + HEADROOM, machine)
    models.open("lm", supply)
    passed(models, "lm", supply)
    assert total(supply) == 100 * MB
    models.watch()
    machine.now, machine.stalled = machine.now + 0.25, 0.2
    models.watch()
    assert total(supply) <= 75 * MB
    while machine.now < 200:
        machine.now += 0.25
        models.watch()
        if machine.now < 100 + CALM_SECONDS:
            assert total(supply) <= 75 * MB
    passed(models, "lm", supply)
    assert total(supply) == 100 * MB
    models.end()


def test_where_stalls_are_not_counted_what_is_available_tells() -> None:
    machine, supply = Machine(besides=0, stalled=None), memory(10)
    models = manager(100 * MB + HEADROOM, machine)
    models.open("lm", supply)
    passed(models, "lm", supply)
    models.watch()
    assert total(supply) == 100 * MB
    machine.available = 0.01
    for _ in range(40):
        machine.now += 0.25
        models.watch()
    assert total(supply) == 0  # it is not in use
    machine.available = 0.5
    passed(models, "lm", supply)  # and yet it goes on, as small as can be
    models.end()


CLAIMS = st.lists(
    st.tuples(st.integers(1, 50), st.integers(0, 200), st.integers(0, 3), st.booleans(), st.booleans()),
    max_size=5,
).map(
    lambda all_: [
        Claim(f"model-{at}", least, least + more, priority, in_use=in_use, pinned=pinned)
        for at, (least, more, priority, in_use, pinned) in enumerate(all_)
    ]
)


@given(st.integers(0, 400), CLAIMS)
def test_no_more_is_given_than_there_is_and_to_each_enough_or_nothing(
    there: int, claims: list[Claim]
) -> None:
    given_ = allot(there, claims)
    assert sum(given_.values()) <= there
    for claim in claims:
        assert given_[claim.name] == 0 or claim.least <= given_[claim.name] <= claim.whole
    if sum(claim.whole for claim in claims) <= there:
        assert given_ == {claim.name: claim.whole for claim in claims}


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 2), st.integers(20, 60), st.floats(0, 0.4)), max_size=8),
)
def test_whatever_happens_the_budget_is_kept(sizes: list[int], happens: list[tuple[int, int, float]]) -> None:
    machine = Machine(besides=20 * MB)
    models = manager(100 * MB, machine)
    supplies = [memory(size) for size in sizes]
    for at, supply in enumerate(supplies):
        models.open(f"model-{at}", supply, priority=at)
    for who, besides, stalled in happens:
        at = who % len(supplies)
        machine.besides = besides * MB
        machine.now += 0.25
        machine.stalled = (machine.stalled or 0) + 0.25 * stalled
        models.watch()
        passed(models, f"model-{at}", supplies[at])
        assert total(*supplies) + machine.besides + machine.kept() <= models.budget.bytes
    models.end()
    assert total(*supplies) == 0
