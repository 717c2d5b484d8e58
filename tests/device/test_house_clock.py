"""Whether the machine knows what time it is."""

from datetime import timedelta
from pathlib import Path

import pytest

from paige.device.house_clock import RELEASED, is_wrong

LATER = RELEASED + timedelta(days=400)


@pytest.mark.parametrize(
    ("rtc", "timesyncd", "set_by_it", "wrong"),
    [
        (True, True, True, False),
        (True, True, False, False),  # its own clock may be right
        (False, True, False, True),
        (False, True, True, False),
        (False, False, False, False),  # set by somebody else, or not: nobody knows
    ],
)
def test_a_clock_that_nobody_kept_or_set_is_wrong(
    tmp_path: Path, rtc: bool, timesyncd: bool, set_by_it: bool, wrong: bool
) -> None:
    clocks, sync = tmp_path / "rtc", tmp_path / "timesync"
    if rtc:
        (clocks / "rtc0").mkdir(parents=True)
    if timesyncd:
        sync.mkdir()
    if set_by_it:
        (sync / "synchronized").touch()
    assert is_wrong(LATER, clocks, sync) is wrong


def test_a_clock_that_shows_a_time_before_paige_was_made_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "rtc0").mkdir()
    assert is_wrong(RELEASED - timedelta(seconds=1), tmp_path, tmp_path / "timesync")
    assert not is_wrong(RELEASED, tmp_path, tmp_path / "timesync")
