"""What stays in memory is what saves the most reading."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.device.memory.plan import BudgetTooSmall, Kind, plan


def kind(name: str, size: int, count: int) -> Kind:
    return Kind(name, size, tuple(f"{name}-{number:03}" for number in range(count)))


KINDS = st.tuples(
    st.builds(kind, st.just("layer"), st.integers(1, 30), st.integers(1, 12)),
    st.builds(kind, st.just("head"), st.integers(1, 30), st.integers(1, 5)),
)


@given(KINDS, st.integers(0, 600))
def test_it_keeps_to_the_budget_and_no_other_choice_reads_less(kinds: tuple[Kind, Kind], budget: int) -> None:
    possible = [
        sum(kind.bytes * (len(kind.shards) - stays) for kind, stays in zip(kinds, stay, strict=True))
        for stay in product(*(range(len(kind.shards) + 1) for kind in kinds))
        if sum(kind.bytes * min(stays + 1, len(kind.shards)) for kind, stays in zip(kinds, stay, strict=True))
        <= budget
    ]
    if not possible:
        with pytest.raises(BudgetTooSmall, match=f"the least that does is {sum(k.bytes for k in kinds)}"):
            plan(kinds, budget)
        return
    made = plan(kinds, budget)
    assert made.streamed_bytes == min(possible)
    assert made.bytes <= budget
    shards = [shard for kind in kinds for shard in kind.shards]
    assert sorted([*made.resident, *made.streamed]) == sorted(shards)
    assert list(made.streamed) == [shard for shard in shards if shard in made.streamed]


def test_what_is_streamed_is_spread_over_the_pass() -> None:
    """While what stays is run, the next is read: runs of what stays are as long as each other."""
    made = plan((kind("layer", 10, 24), kind("head", 10, 1)), 190)
    at = [int(shard[-3:]) for shard in made.streamed if shard.startswith("layer")]
    assert len(at) == 7
    assert {later - sooner for sooner, later in pairwise(at)} <= {3, 4}


def test_all_stays_where_all_fits() -> None:
    made = plan((kind("layer", 10, 24), kind("head", 20, 2)), 280)
    assert made.streamed == ()
    assert (made.bytes, made.streamed_bytes) == (280, 0)
