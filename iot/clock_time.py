"""From what people say of a time of day to the moment they mean: "at half past ten", "tomorrow at 7"."""

import math
from datetime import datetime, time, timedelta
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
    """
    minutes = _minutes(intent)
    day = intent.slots.get("at_day")
    days: tuple[int, ...]
    if day is None:
        days = (-1, 0, 1)  # an hour of this night may belong to the evening before
    elif day in (TODAY, TOMORROW):
        days = (int(day == TOMORROW),)
    elif day in WEEKDAYS:
        ahead = (WEEKDAYS.index(str(day)) - now.weekday()) % 7
        days = (ahead, ahead + 7)
    else:
        return None
    midnight = datetime.combine(now.date(), time())
    found = [midnight + timedelta(days=ahead, minutes=one) for ahead in days for one in minutes]
    return min((one for one in found if one > now), default=None)


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
