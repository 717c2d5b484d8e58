"""What is said of a time of day, and the moment that it means."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.iot.clock_time import WEEKDAYS, fits, moment, says_clock_time, shown
from paige.models.intent import Intent, SlotValue

HALF_PAST_TWO: dict[str, SlotValue] = {"at_hour": 2, "at_minute": 30, "at_half": "am"}


def intent(**slots: SlotValue) -> Intent:
    return Intent("HassStartTimer", slots, 1.0, "")


@pytest.mark.parametrize(
    ("now", "slots", "then"),
    [
        # 2026-02-13 is a Friday. Without a half of the day: whichever comes first.
        ("2026-02-13T20:00", {"at_hour": 10}, "2026-02-13T22:00"),
        ("2026-02-13T23:00", {"at_hour": 10}, "2026-02-14T10:00"),
        ("2026-02-13T10:00", {"at_hour": 10}, "2026-02-13T22:00"),
        ("2026-02-13T09:59", {"at_hour": 10}, "2026-02-13T10:00"),
        ("2026-02-13T20:00", {"at_hour": 10, "at_minute": 30}, "2026-02-13T22:30"),
        ("2026-02-13T20:00", {"at_hour": 8, "at_minute": -15}, "2026-02-14T07:45"),
        ("2026-02-13T20:00", {"at_hour": 12, "at_minute": -10}, "2026-02-13T23:50"),
        ("2026-02-13T20:00", {"at_hour": 12}, "2026-02-14T00:00"),
        ("2026-02-13T20:00", {"at_hour": 22, "at_minute": 5}, "2026-02-13T22:05"),
        ("2026-02-13T20:00", {"at_hour": 0, "at_minute": 5}, "2026-02-14T00:05"),
        ("2026-02-13T20:00", {"at_hour": 10, "at_half": "am"}, "2026-02-14T10:00"),
        ("2026-02-13T20:00", {"at_hour": 12, "at_half": "am"}, "2026-02-14T00:00"),
        ("2026-02-13T20:00", {"at_hour": 12, "at_half": "pm"}, "2026-02-14T12:00"),
        # A night has its late hours on one day and its small ones on the next.
        ("2026-02-13T20:00", {"at_hour": 11, "at_half": "night"}, "2026-02-13T23:00"),
        ("2026-02-13T20:00", {"at_hour": 1, "at_half": "night"}, "2026-02-14T01:00"),
        ("2026-02-14T00:30", {"at_hour": 1, "at_half": "night"}, "2026-02-14T01:00"),
        ("2026-02-13T20:00", {"at_hour": 1, "at_half": "night", "at_day": "today"}, "2026-02-14T01:00"),
        ("2026-02-13T20:00", {"at_named": "noon"}, "2026-02-14T12:00"),
        ("2026-02-13T20:00", {"at_named": "midnight"}, "2026-02-14T00:00"),
        ("2026-02-13T20:00", {"at_named": "noon", "at_day": "today"}, None),
        ("2026-02-13T20:00", {"at_hour": 7, "at_day": "today"}, None),
        ("2026-02-13T20:00", {"at_hour": 9, "at_day": "today"}, "2026-02-13T21:00"),
        ("2026-02-13T20:00", {"at_hour": 7, "at_day": "tomorrow"}, "2026-02-14T07:00"),
        ("2026-02-13T20:00", {"at_hour": 7, "at_half": "pm", "at_day": "tomorrow"}, "2026-02-14T19:00"),
        ("2026-02-13T20:00", {"at_hour": 7, "at_day": "monday"}, "2026-02-16T07:00"),
        ("2026-02-13T20:00", {"at_hour": 21, "at_day": "friday"}, "2026-02-13T21:00"),
        ("2026-02-13T20:00", {"at_hour": 7, "at_half": "am", "at_day": "friday"}, "2026-02-20T07:00"),
        ("2026-12-31T20:00", {"at_hour": 7, "at_half": "am"}, "2027-01-01T07:00"),
        # What is no time.
        ("2026-02-13T20:00", {"at_hour": 25}, None),
        ("2026-02-13T20:00", {"at_hour": "ten"}, None),
        ("2026-02-13T20:00", {"at_hour": float("nan")}, None),
        ("2026-02-13T20:00", {"at_hour": 10, "at_minute": 90}, None),
        ("2026-02-13T20:00", {"at_hour": 10, "at_day": "doomsday"}, None),
        ("2026-02-13T20:00", {"at_named": "teatime"}, None),
        ("2026-02-13T20:00", {}, None),
    ],
)
def test_a_time_of_day_means_the_next_moment_that_fits(
    now: str, slots: dict[str, SlotValue], then: str | None
) -> None:
    found = moment(intent(**slots), datetime.fromisoformat(now))
    assert found == (None if then is None else datetime.fromisoformat(then))


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """There, 2:00 becomes 3:00 on 2026-03-29, and 3:00 becomes 2:00 on 2026-10-25."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.skipif(
    not Path("/usr/share/zoneinfo/Europe/Berlin").exists(), reason="no time zones here (tzdata)"
)
@pytest.mark.parametrize(
    ("now", "slots", "then"),
    [
        # The offset is that of the moment that is meant, and not that of now.
        ("2026-03-28T22:00+01:00", {"at_hour": 7, "at_half": "am"}, "2026-03-29T07:00+02:00"),
        ("2026-10-24T22:00+02:00", {"at_hour": 7, "at_half": "am"}, "2026-10-25T07:00+01:00"),
        # There is no 2:30: as long after midnight as it says.
        ("2026-03-28T22:00+01:00", HALF_PAST_TWO, "2026-03-29T03:30+02:00"),
        # There are two: the next of them.
        ("2026-10-24T22:00+02:00", HALF_PAST_TWO, "2026-10-25T02:30+02:00"),
        ("2026-10-25T02:40+02:00", HALF_PAST_TWO, "2026-10-25T02:30+01:00"),
        ("2026-10-25T02:20+01:00", HALF_PAST_TWO, "2026-10-25T02:30+01:00"),
        ("2026-10-25T02:40+01:00", HALF_PAST_TWO, "2026-10-26T02:30+01:00"),
    ],
)
@pytest.mark.usefixtures("berlin")
def test_a_time_of_day_is_right_in_the_nights_in_which_the_clock_is_changed(
    now: str, slots: dict[str, SlotValue], then: str
) -> None:
    found = moment(intent(**slots), shown(datetime.fromisoformat(now).timestamp()))
    assert found is not None
    assert found.timestamp() == datetime.fromisoformat(then).timestamp()


@pytest.mark.parametrize(
    ("slots", "then", "does"),
    [
        ({"at_hour": 7}, "2026-02-14T07:00:12", True),
        ({"at_hour": 7}, "2026-02-18T19:00", True),
        ({"at_hour": 7, "at_half": "am"}, "2026-02-18T19:00", False),
        ({"at_hour": 7}, "2026-02-14T07:30", False),
        ({"at_hour": 7, "at_day": "tomorrow"}, "2026-02-14T07:00", True),
        ({"at_hour": 7, "at_day": "tomorrow"}, "2026-02-15T07:00", False),
        ({"at_named": "midnight"}, "2026-02-14T00:00", True),
        ({"at_day": "tomorrow"}, "2026-02-14T07:00", True),
        ({"at_day": "saturday"}, "2026-02-14T07:00", True),
        ({"at_day": "sunday"}, "2026-02-14T07:00", False),
        ({"at_day": "tomorrow", "at_half": "am"}, "2026-02-14T13:00", False),
        ({"at_half": "night"}, "2026-02-13T23:00", True),
        ({"at_half": "night"}, "2026-02-14T13:00", False),
        ({"at_hour": 25}, "2026-02-14T01:00", False),
        ({"at_day": "doomsday"}, "2026-02-14T01:00", False),
        ({}, "2026-02-14T01:00", True),
    ],
)
def test_a_moment_fits_what_is_said_of_it(slots: dict[str, SlotValue], then: str, does: bool) -> None:
    friday = datetime.fromisoformat("2026-02-13T20:00")
    assert fits(intent(**slots), datetime.fromisoformat(then), friday) is does


def test_only_an_hour_or_its_name_says_a_time_of_day() -> None:
    assert says_clock_time(intent(at_hour=10))
    assert says_clock_time(intent(at_named="noon"))
    assert not says_clock_time(intent(minutes=10))


@given(
    st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2100-01-01")),
    st.integers(0, 23),
    st.integers(-29, 59),
    st.sampled_from([None, "am", "pm", "night"]),
    st.sampled_from([None, "tomorrow", *WEEKDAYS]),
)
def test_it_is_never_in_the_past_and_never_beyond_a_week_and_a_day(
    now: datetime, hour: int, minute: int, half: str | None, day: str | None
) -> None:
    said = {"at_hour": hour, "at_minute": minute, "at_half": half, "at_day": day}
    found = moment(intent(**{key: value for key, value in said.items() if value is not None}), now)
    if found is not None:
        ahead = timedelta(seconds=found.timestamp() - now.timestamp())
        assert timedelta() < ahead <= timedelta(days=8, hours=1)  # a week may have an hour more
        assert found.minute == minute % 60
