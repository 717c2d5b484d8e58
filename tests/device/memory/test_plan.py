"""A plan keeps to its budget, reads the least that can be read, and takes one shard after the other."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.device.memory.direct import PIECE
from paige.device.memory.plan import BudgetTooSmall, Planner

MODELS = st.lists(st.integers(1, 12 * PIECE), min_size=1, max_size=9).map(
    lambda sizes: {f"shard-{number}": size for number, size in enumerate(sizes)}
)
"""Bytes of some shards."""


@given(MODELS, st.floats(0, 1.2))
def test_it_keeps_to_the_budget_and_accounts_for_all_bytes(shards: dict[str, int], part: float) -> None:
    planner = Planner(shards)
    budget = planner.least + int(part * (planner.whole - planner.least))
    plan = planner.within(budget)
    assert plan.bytes <= budget
    assert plan.read_bytes == planner.whole - plan.resident_bytes - plan.beginning_bytes
    assert plan.resident_bytes == sum(size for shard, size in shards.items() if shard not in plan.streamed)
    assert plan.transit_bytes == max((shards[shard] for shard in plan.streamed), default=0)


@given(MODELS, st.floats(0, 1), st.floats(0, 1))
def test_with_less_memory_more_leaves_and_nothing_comes_back(
    shards: dict[str, int], one: float, other: float
) -> None:
    planner = Planner(shards)
    less, more = (
        planner.within(planner.least + int(part * (planner.whole - planner.least)))
        for part in sorted((one, other))
    )
    assert more.streamed == less.streamed[: len(more.streamed)]


@given(st.integers(2, 9), st.floats(0, 1))
def test_of_shards_that_are_alike_it_reads_the_least_but_for_a_piece(count: int, part: float) -> None:
    size = 5 * PIECE + 7
    planner = Planner({f"layer-{number}": size for number in range(count)})
    budget = planner.least + int(part * (planner.whole - planner.least))
    kept = max(
        (number * size for number in range(count + 1) for _ in combinations(range(count), number)),
        key=lambda bytes_: bytes_ if bytes_ + size * (bytes_ < planner.whole) <= budget else -1,
    )
    left = budget - kept - size if kept < planner.whole else 0
    assert planner.within(budget).read_bytes <= planner.whole - kept - left + PIECE


def test_those_that_leave_are_far_from_each_other() -> None:
    planner = Planner({f"layer-{number:02}": PIECE for number in range(24)})
    streamed = sorted(planner.within(21 * PIECE).streamed)
    assert streamed == ["layer-00", "layer-06", "layer-12", "layer-18"]


def test_a_large_shard_leaves_last() -> None:
    planner = Planner({"layer-0": PIECE, "layer-1": PIECE, "head-0": 3 * PIECE})
    assert planner.within(4 * PIECE).streamed == ("layer-0", "layer-1")
    assert planner.within(3 * PIECE).streamed == ("layer-0", "layer-1", "head-0")


@given(MODELS)
def test_less_than_the_largest_shard_is_refused(shards: dict[str, int]) -> None:
    planner = Planner(shards)
    planner.within(planner.least)
    with pytest.raises(BudgetTooSmall, match="the least that does is"):
        planner.within(planner.least - 1)
