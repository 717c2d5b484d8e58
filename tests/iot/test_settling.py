from hypothesis import given
from hypothesis import strategies as st

from paige.iot.settling import Settling


def test_it_is_settled_after_a_quiet_while() -> None:
    settling = Settling(100.0, quiet=0.3, longest=10.0)
    assert abs(settling.remaining(100.1) - 0.2) < 1e-9
    settling.note(100.2)
    assert abs(settling.remaining(100.3) - 0.2) < 1e-9
    assert settling.remaining(100.5) == 0.0


@given(st.lists(st.floats(0, 0.25), min_size=60, max_size=60))
def test_a_home_that_never_falls_quiet_is_not_waited_for_forever(pauses: list[float]) -> None:
    settling = Settling(0.0, quiet=0.3, longest=5.0)
    now = 0.0
    for pause in pauses:
        now += pause
        settling.note(now)
        assert settling.remaining(now) == max(0.0, min(now + 0.3, 5.0) - now)
    settling.note(5.0)
    assert settling.remaining(5.0) == 0.0
