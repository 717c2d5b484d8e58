"""Under pressure memory is given back at once, and taken again little by little; the clock is the test's."""

from hypothesis import given
from hypothesis import strategies as st

from paige.device.memory.pressure import CALM_SECONDS, Allowance, Moment

MOMENTS = st.lists(st.tuples(st.floats(0, 5), st.one_of(st.none(), st.floats(0, 1)), st.floats(0, 1)))
"""Seconds that pass, of which some are stalled, and what is available."""


@given(MOMENTS)
def test_it_stays_between_nothing_and_the_budget_and_comes_back(
    moments: list[tuple[float, float | None, float]],
) -> None:
    allowance, at, stalled = Allowance(1_000_000), 0.0, 0.0
    for seconds, part, available in moments:
        at += seconds
        stalled += seconds * (part or 0)
        found = allowance.observe(Moment(at, None if part is None else stalled, available))
        assert 0 <= found <= 1_000_000
    for _ in range(200):
        at += 1
        allowance.observe(Moment(at, stalled, 0.5))
    assert allowance.bytes == 1_000_000


def test_it_gives_within_a_moment_and_waits_before_it_takes() -> None:
    allowance = Allowance(100)
    allowance.observe(Moment(0.0, 0.0, 0.5))
    assert allowance.observe(Moment(0.25, 0.1, 0.5)) == 75
    assert allowance.observe(Moment(0.5, 0.1, 0.5)) == 75
    assert allowance.observe(Moment(0.25 + CALM_SECONDS, 0.1, 0.5)) > 75


def test_reading_that_stalls_nobody_is_no_pressure() -> None:
    allowance = Allowance(100)
    for second in range(50):
        assert allowance.observe(Moment(float(second), 0.001 * second, 0.1)) == 100
