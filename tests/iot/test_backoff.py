from hypothesis import given
from hypothesis import strategies as st

from paige.iot.backoff import Backoff

CHANCES = st.floats(0, 1)


@given(st.integers(1, 100_000), CHANCES)
def test_every_wait_is_between_half_the_first_and_the_ceiling(failures: int, chance: float) -> None:
    delay = Backoff(first=1.0, ceiling=60.0).delay(failures, chance)
    assert 0.5 <= delay <= 60.0


@given(st.integers(1, 20), CHANCES)
def test_the_same_luck_waits_twice_as_long_until_the_ceiling(failures: int, chance: float) -> None:
    backoff = Backoff(first=1.0, ceiling=60.0)
    expected = min(60.0 * (1 + chance) / 2, 2 * backoff.delay(failures, chance))
    assert abs(backoff.delay(failures + 1, chance) - expected) < 1e-9


def test_two_who_fail_together_do_not_return_together() -> None:
    assert Backoff().delay(3, 0.0) == 2.0
    assert Backoff().delay(3, 1.0) == 4.0
