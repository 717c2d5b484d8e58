"""Leased, resized and suspended in whatever order: never over the budget, no wrong shard, no deadlock."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.device.memory.fakes import Memory, Slot

from paige.device.errors import DeviceError
from paige.device.memory.direct import PIECE
from paige.device.memory.pager import Pager

WAIT = 20.0
"""Seconds after which what has not come will not come."""

SIZES = st.integers(1, 5 * PIECE)
MODELS = st.builds(
    lambda layer, head, layers, heads: {
        **{f"layer-{number}": layer for number in range(layers)},
        **{f"head-{number}": head for number in range(heads)},
    },
    SIZES,
    SIZES,
    st.integers(1, 8),
    st.integers(1, 3),
)
DONE = st.one_of(
    st.tuples(st.just("pass"), st.floats(0, 1)),  # as far as this part of it
    st.tuples(st.just("resize"), st.floats(0, 1)),
    st.tuples(st.just("shake"), st.floats(0, 1)),  # resized by another thread during a pass
    st.tuples(st.just("suspend"), st.floats(0, 1)),
)


def passed(pager: Pager[Slot], shards: list[str]) -> None:
    for shard in shards:
        with pager.lease(shard) as slot:
            assert slot.shard == shard


@settings(max_examples=150)
@given(MODELS, st.lists(DONE, max_size=8))
def test_never_over_the_budget_never_a_wrong_shard_never_stuck(
    shards: dict[str, int], done: list[tuple[str, float]]
) -> None:
    memory = Memory(shards, budget=max(shards.values()))
    pager = Pager(memory, memory.budget)
    found: list[BaseException] = []

    def resized(part: float) -> None:
        budget = pager.planner.least + int(part * (pager.planner.whole - pager.planner.least))
        memory.budget = max(memory.budget, budget)  # while it changes, the larger of both holds
        pager.resize(budget)
        memory.budget = budget

    def work() -> None:
        try:
            for what, part in done:
                if what == "pass":
                    passed(pager, [*shards][: 1 + int(part * len(shards))])
                elif what == "resize":
                    resized(part)
                    memory.look()
                elif what == "shake":
                    other = threading.Thread(target=resized, args=(part,))
                    memory.budget = pager.planner.whole
                    other.start()
                    passed(pager, [*shards])
                    other.join(WAIT)
                    assert not other.is_alive()
                else:
                    pager.suspend()
                    assert pager.taken == 0
                    resized(part)
            passed(pager, [*shards])
        except BaseException as error:  # noqa: BLE001  # told by the test's own thread
            found.append(error)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(WAIT)
    assert not worker.is_alive(), f"stuck: {pager.plan}"
    pager.close()
    assert not found, found
    assert memory.most_over <= 0


def test_with_room_for_all_nothing_is_read_twice() -> None:
    shards = {f"layer-{number}": PIECE for number in range(6)}
    memory = Memory(shards, budget=6 * PIECE)
    pager = Pager(memory, 6 * PIECE)
    for _ in range(3):
        passed(pager, [*shards])
    assert pager.read_bytes == 6 * PIECE
    pager.close()


@pytest.mark.parametrize("room", [2, 3, 5])
def test_in_each_pass_it_reads_what_the_plan_says(room: int) -> None:
    shards = {f"layer-{number}": 4 * PIECE for number in range(6)}
    budget = 4 * PIECE * room + 3 * PIECE
    memory = Memory(shards, budget=budget)
    pager = Pager(memory, budget)
    reads = []
    for _ in range(5):
        before = pager.read_bytes
        passed(pager, [*shards])
        reads.append(pager.read_bytes - before)
    pager.close()
    # What is read ahead at the end of a pass counts for the next.
    assert sum(reads[2:]) <= 3 * pager.plan.read_bytes + 4 * PIECE
    assert pager.plan.read_bytes == 6 * 4 * PIECE - budget + 4 * PIECE


def test_what_cannot_be_read_is_told_to_whoever_waits() -> None:
    shards = {f"layer-{number}": PIECE for number in range(3)}
    pager = Pager(Memory(shards, budget=PIECE, broken="layer-1"), PIECE)
    with pytest.raises(DeviceError, match="layer-1: it cannot be read"):
        passed(pager, [*shards])
    pager.close()


def test_after_it_is_suspended_a_lease_waits_until_there_is_room() -> None:
    shards = {"layer-0": PIECE, "layer-1": PIECE}
    memory = Memory(shards, budget=PIECE)
    pager = Pager(memory, PIECE)
    pager.suspend()
    worker = threading.Thread(target=passed, args=(pager, [*shards]), daemon=True)
    worker.start()
    worker.join(0.05)
    assert worker.is_alive()
    pager.resize(PIECE)
    worker.join(WAIT)
    assert not worker.is_alive()
    pager.close()
