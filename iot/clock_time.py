"""From what people say of a time of day to the moment they mean: "at half past ten", "tomorrow at 7".

All moments are those of the house's clock, in its time zone as the C library knows it.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from time import tzset
from typing import Final

from paige.models.intent import Intent

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TODAY, TOMORROW = "today", "tomorrow"
MORNING, AFTERNOON = "am", "pm"
"""Of `at_half`; besides, `night`, which begins on one day and ends on the next."""
NAMED: Final = {"noon": 12 * 60, "midnight": 24 * 60}
"""Minutes after the midnight that a day begins with: "Monday at midnight" is where Monday ends."""

_SLOTS: Final = frozenset({"at_hour", "at_named"})
_DAY: Final = 24 * 60
"""Minutes."""


def shown(moment: float) -> datetime:
    """What the house's clock shows at a moment, in seconds since 1970; without a zone.

    The zone is asked for anew: on a board it is often set when Paige runs already.
    """
    tzset()
    return datetime.fromtimestamp(moment)  # noqa: DTZ006 # as it is said


def says_clock_time(intent: Intent) -> bool:
    """Whether an intent says a time of day."""
    return bool(_SLOTS & intent.slots.keys())


def moment(intent: Intent, now: datetime) -> datetime | None:
    """The next moment that an intent's time of day can mean; None where it has passed, or there is none such.

    Of "at ten", that is the next of ten in the morning and ten in the evening.

    Args:
        intent: With the slots `at_hour` and perhaps `at_minute`, or `at_named`, and perhaps `at_half` and
            `at_day`.
        now: The time of the house, without a zone.

    Returns:
        Without a zone; `fold` tells of two moments with one name. What the clock is set over ("2:30" in the
        night in which summer begins) is as long after midnight as it says.
    """
    found = (moment for named in _named(intent, now) for moment in _moments(named))
    after = now.timestamp()
    return min(
        (one for one in found if one.timestamp() > after), key=lambda one: one.timestamp(), default=None
    )


def fits(intent: Intent, then: datetime, now: datetime) -> bool:
    """Whether a moment may be the one that an intent says, as far as it says one.

    Args:
        intent: As for `moment`; it may also say a day or a half of the day alone.
        then: The moment, on the house's clock, without a zone.
        now: The time of the house, without a zone.
    """
    if says_clock_time(intent):
        wanted = then.replace(second=0, microsecond=0, fold=0)
        if "at_day" in intent.slots:
            return wanted in _named(intent, now)
        return (wanted.hour * 60 + wanted.minute) in {one % _DAY for one in _minutes(intent)}
    days = _days(intent, now)
    on_day = "at_day" not in intent.slots or (then.date() - now.date()).days in days
    match intent.slots.get("at_half"):
        case None:
            return on_day
        case half if half in (MORNING, AFTERNOON):
            return on_day and (then.hour < 12) == (half == MORNING)
        case _:
            return on_day and not 6 <= then.hour < 18


def _named(intent: Intent, now: datetime) -> Sequence[datetime]:
    """What a clock shows at the moments that an intent may mean, on the days around now."""
    midnight = datetime.combine(now.date(), time())
    minutes = _minutes(intent)
    return [midnight + timedelta(days=ahead, minutes=one) for ahead in _days(intent, now) for one in minutes]


def _days(intent: Intent, now: datetime) -> tuple[int, ...]:
    """The days that an intent may mean, counted from today."""
    day = intent.slots.get("at_day")
    if day is None:
        return (-1, 0, 1)  # an hour of this night may belong to the evening before
    if day in (TODAY, TOMORROW):
        return (int(day == TOMORROW),)
    if day in WEEKDAYS:
        ahead = (WEEKDAYS.index(str(day)) - now.weekday()) % 7
        return (ahead, ahead + 7)
    return ()


def _moments(shown: datetime) -> Iterator[datetime]:
    """When a clock shows this: twice where it is set back over it."""
    yield shown
    again = shown.replace(fold=1)
    if again.timestamp() > shown.timestamp():
        yield again


def _minutes(intent: Intent) -> tuple[int, ...]:
    """The minutes after midnight that a time of day may be."""
    named = NAMED.get(str(intent.slots.get("at_named")))
    if named is not None:
        return (named,)
    hour, minute = _whole(intent, "at_hour"), _whole(intent, "at_minute", 0)
    if hour is None or not 0 <= hour <= 24 or minute is None or not -60 < minute < 60:
        return ()
    said = hour * 60 + minute
    if hour == 0 or hour > 12:
        return (said,)
    early = said - 12 * 60 if hour == 12 else said
    match half := intent.slots.get("at_half"):
        case None:
            return (early, early + 12 * 60)
        case _ if half == MORNING:
            return (early,)
        case _ if half == AFTERNOON:
            return (early + 12 * 60,)
        case _:  # at night: eleven is of the evening, one of the day after
            return (early + _DAY,) if early < 6 * 60 else (early + 12 * 60,)


def _whole(intent: Intent, slot: str, default: int | None = None) -> int | None:
    if slot not in intent.slots:
        return default
    try:
        value = float(intent.slots[slot])
    except ValueError:
        return None
    return int(value) if math.isfinite(value) else None
