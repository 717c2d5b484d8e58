"""Timers: several at a time, told apart by name, room or length, and not lost on a restart."""

import difflib
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

from paige.iot.clock_time import fits, moment, says_clock_time, shown
from paige.iot.naming import canonical
from paige.iot.resolution import Reason, Refused
from paige.models.intent import Intent

LONGEST: Final = 7 * 24 * 3600.0
"""Seconds."""
SAME_NAME: Final = 0.8
"""How alike two names must be to count as the same, misheard, as difflib counts."""
RUNG_LATELY: Final = 120.0
"""Seconds after its end in which "turn off the alarm" means the one that rang, and not the next."""
CLOCK_JUMP: Final = 2.0
"""Seconds by which the wall clock must have been set to make what is stored wrong."""
CLOCK_WRONG: Final = 60.0
"""Seconds by which it must have been set to show that it was wrong when a time of day was said."""


def since_boot() -> float:
    """Seconds since the machine was switched on; those in which it slept count (clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer as it is at a moment."""

    id: int
    seconds: float
    """The length it was started with."""
    seconds_left: float
    """Below zero for one that ended while nobody could ring."""
    paused: bool = False
    name: str | None = None
    area: str | None = None
    """Main name of the area in which it was started."""
    command: str | None = None
    """A sentence to be carried out when it ends."""
    at: float | None = None
    """The moment it ends at, in seconds since 1970, where a time of day was said: it follows the clock."""
    alarm: bool = False
    """Whether it was called an alarm: then it is asked for and cancelled as one, and not as a timer."""


@dataclass(frozen=True, slots=True)
class StoredTimer:
    """One timer as it is written down."""

    timer: Timer
    """As it was when it was written."""
    ends: float | None
    """When it ends, in seconds since 1970; None while it is paused."""


@dataclass(frozen=True, slots=True)
class Several:
    """An intent that is about one timer fits all of these: nothing is done before it is clear which."""

    timers: tuple[Timer, ...]
    """The next to end first."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A time of day, as it was said."""

    intent: Intent
    when: float
    """In seconds of the monotonic clock."""
    ahead: float
    """Seconds by which the wall clock was ahead of that one."""
    put_off: float = 0.0
    """Seconds that were added since."""


@dataclass(slots=True)
class _Running:
    timer: Timer
    ends: float
    """In seconds of the monotonic clock; counts only while the timer is not paused."""
    said: _Said | None = None
    """For one that ends at a time of day, and was started since Paige was."""


class Timers:
    """All timers of a home, without any I/O.

    While Paige runs, the monotonic clock decides, so that a board which learns the time from the network does
    not ring at once. A time of day that was said before that is then understood anew: "at ten" is the
    next ten after it was said, by the right clock. What is stored is the time of day, because nothing else
    lasts through a restart.

    Args:
        stored: Timers of an earlier run.
        monotonic: Seconds that only go forward.
        wall: Seconds since 1970.
    """

    def __init__(
        self,
        stored: Iterable[StoredTimer] = (),
        *,
        monotonic: Callable[[], float] = since_boot,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._monotonic = monotonic
        self._wall = wall
        self._running: dict[int, _Running] = {}
        self._last_id = 0
        self._version = 0
        self._rang: tuple[Timer, float] | None = None
        """The latest alarm to ring, and when by the monotonic clock."""
        self._offset = self._ahead()
        for one in stored:
            left = one.timer.seconds_left if one.ends is None else one.ends - wall()
            if one.timer.at is None:
                # A clock that was set back must not make a timer longer than it was.
                left = min(left, max(one.timer.seconds_left, 0.0))
            self._keep(replace(one.timer, seconds_left=left))

    @property
    def all(self) -> tuple[Timer, ...]:
        """Every timer as it is now, the next to end first."""
        return tuple(sorted(map(self._now, self._running.values()), key=lambda timer: timer.seconds_left))

    @property
    def wait(self) -> float | None:
        """Seconds until the next one ends; None where none is running."""
        return min((max(timer.seconds_left, 0.0) for timer in self.all if not timer.paused), default=None)

    @property
    def version(self) -> int:
        """Counts up when a timer is started, changed or gone; time that passes does not count."""
        return self._version

    def stored(self) -> tuple[StoredTimer, ...]:
        """What to write down, after each change and whenever `clock_was_set`."""
        self._offset = self._ahead()
        return tuple(
            StoredTimer(timer, None if timer.paused else self._wall() + timer.seconds_left)
            for timer in sorted(self.all, key=lambda timer: timer.id)
        )

    def clock_was_set(self) -> bool:
        """Whether the time of day has been changed since `stored`, so that what was written is wrong."""
        return abs(self._ahead() - self._offset) > CLOCK_JUMP

    def ended(self) -> tuple[Timer, ...]:
        """Those that have come to their end, earliest first; they are timers no more."""
        ended = self._drop(tuple(timer for timer in self.all if not timer.paused and timer.seconds_left <= 0))
        for timer in ended:
            if timer.alarm:
                self._rang = timer, self._monotonic()
        return ended

    def handle(
        self, intent: Intent, here: str | None = None, chosen: Collection[int] = ()
    ) -> tuple[Timer, ...] | Several | Refused:
        """Carry out an intent about timers.

        Args:
            intent: One of those that `resolve` leaves to `Keeper.TIMERS`.
            here: Main name of the area in which the speaker is.
            chosen: Ids of those that are meant, where the same intent fitted `Several` before.

        Returns:
            The timers concerned, as they are afterwards, or for those cancelled as they were; none where all
            were asked for and there are none.
        """
        if intent.name == "HassStartTimer":
            return self._start(intent, here)
        if intent.name == "HassTimerStatus":
            found = self._selected(intent)
            return found if found or not _tells(intent) else Refused(Reason.TIMER_NOT_FOUND)
        if intent.name == "HassCancelAllTimers":
            return self._drop(self._selected(intent))
        found = (
            tuple(timer for timer in self.all if timer.id in chosen)
            if chosen
            else self._narrowed(intent, here)
        )
        rang = () if chosen else self._just_rang(intent)
        if rang:
            return rang
        if not found:
            return Refused(Reason.TIMER_NOT_FOUND)
        if len(found) > 1 and not chosen:
            return Several(found)
        return self._change(intent, found)

    def _start(self, intent: Intent, here: str | None) -> tuple[Timer, ...] | Refused:
        if "repeat" in intent.slots:
            return Refused(Reason.TIMER_REPEATED)
        at = said = None
        if says_clock_time(intent):
            at = _moment(intent, self._wall())
            if at is None:
                return Refused(Reason.TIMER_PASSED)
            said = _Said(intent, self._monotonic(), self._ahead())
        seconds = _length(intent) if at is None else at - self._wall()
        if seconds is None:
            return Refused(Reason.NOT_SUPPORTED)
        if at is None and seconds > LONGEST:
            return Refused(Reason.TIMER_TOO_LONG)
        timer = Timer(
            id=self._last_id + 1,
            seconds=seconds,
            seconds_left=seconds,
            name=_text(intent, "name"),
            area=here,
            command=_text(intent, "conversation_command"),
            at=at,
            alarm=_is_alarm(intent),
        )
        return (self._keep(timer, said),)

    def _change(self, intent: Intent, timers: tuple[Timer, ...]) -> tuple[Timer, ...] | Refused:
        match intent.name:
            case "HassCancelTimer":
                return self._drop(timers)
            case "HassPauseTimer":
                return tuple(self._keep(replace(timer, paused=True, at=None)) for timer in timers)
            case "HassUnpauseTimer":
                return tuple(self._keep(replace(timer, paused=False)) for timer in timers)
            case "HassIncreaseTimer" | "HassDecreaseTimer":
                seconds = _length(intent)
                if seconds is None:
                    return Refused(Reason.NOT_SUPPORTED)
                more = seconds if intent.name == "HassIncreaseTimer" else -seconds
                if any(timer.seconds_left + more > LONGEST for timer in timers):
                    return Refused(Reason.TIMER_TOO_LONG)
                return tuple(self._put_off(timer, more) for timer in timers)
            case _:
                return Refused(Reason.NOT_SUPPORTED)

    def _put_off(self, timer: Timer, seconds: float) -> Timer:
        left = max(timer.seconds_left + seconds, 0.0)
        if timer.at is None:
            return self._keep(replace(timer, seconds_left=left))
        said = self._running[timer.id].said
        said = None if said is None else replace(said, put_off=said.put_off + seconds)
        return self._keep(replace(timer, seconds_left=left, at=timer.at + seconds), said)

    def _narrowed(self, intent: Intent, here: str | None) -> tuple[Timer, ...]:
        """The timers an intent can be about; each narrowing counts only where it leaves something."""
        found = self._selected(intent)
        for narrows in (
            lambda timer: timer.paused == (intent.name == "HassUnpauseTimer"),
            lambda timer: here is not None and timer.area == here,
        ):
            if len(found) > 1:
                found = tuple(filter(narrows, found)) or found
        return found

    def _selected(self, intent: Intent) -> tuple[Timer, ...]:
        """The timers that fit what an intent says of their kind, name, area, length and time of day."""
        found = tuple(timer for timer in self.all if timer.alarm == _is_alarm(intent))
        length = _length(intent, "start_")
        if length is not None:
            found = tuple(timer for timer in found if timer.seconds == length)
        if any(slot.startswith("at_") for slot in intent.slots):
            now = shown(self._wall())
            found = tuple(one for one in found if one.at is not None and fits(intent, shown(one.at), now))
        for slot in ("name", "area"):
            said = _text(intent, slot)
            if said is not None:
                found = _called(said, found)
        return found

    def _just_rang(self, intent: Intent) -> tuple[Timer, ...]:
        """The alarm that rang just now, where it is to be turned off and nothing else is said of it."""
        if self._rang is None or intent.name != "HassCancelTimer" or intent.slots.keys() != {"kind"}:
            return ()
        (timer, when), self._rang = self._rang, None
        return (timer,) if self._monotonic() - when <= RUNG_LATELY else ()

    def _drop(self, timers: tuple[Timer, ...]) -> tuple[Timer, ...]:
        for timer in timers:
            del self._running[timer.id]
            self._version += 1
        return timers

    def _keep(self, timer: Timer, said: _Said | None = None) -> Timer:
        self._last_id = max(self._last_id, timer.id)  # no id is given twice: a question may be open about it
        self._version += 1
        self._running[timer.id] = _Running(timer, self._monotonic() + timer.seconds_left, said)
        return timer

    def _now(self, running: _Running) -> Timer:
        if running.timer.paused:
            return running.timer
        at = self._at(running)
        left = running.ends - self._monotonic() if at is None else at - self._wall()
        return replace(running.timer, seconds_left=left, at=at)

    def _at(self, running: _Running) -> float | None:
        """The moment at which it ends, where a time of day was said, by the clock as it is now."""
        at, said, ahead = running.timer.at, running.said, self._ahead()
        if at is None or said is None or abs(ahead - said.ahead) <= CLOCK_WRONG:
            return at
        meant = _moment(said.intent, said.when + ahead)
        return at if meant is None else meant + said.put_off

    def _ahead(self) -> float:
        """Seconds by which the wall clock is ahead of the monotonic one."""
        return self._wall() - self._monotonic()


def _moment(intent: Intent, now: float) -> float | None:
    """The next moment that a time of day can mean, in seconds since 1970; None where it has passed."""
    then = moment(intent, shown(now))
    return None if then is None else then.timestamp()


def _is_alarm(intent: Intent) -> bool:
    return intent.slots.get("kind") == "alarm"


def _called(said: str, timers: tuple[Timer, ...]) -> tuple[Timer, ...]:
    """Those called so, or started in the area called so: a kitchen timer may be either."""
    words = canonical(said)
    labels = {timer.id: [canonical(one) for one in (timer.name, timer.area) if one] for timer in timers}
    exact = tuple(timer for timer in timers if words in labels[timer.id])
    if exact:
        return exact
    every = {label for of_one in labels.values() for label in of_one}
    near = difflib.get_close_matches(words, every, n=1, cutoff=SAME_NAME)
    return tuple(timer for timer in timers if near and near[0] in labels[timer.id])


def _tells(intent: Intent) -> bool:
    return bool(intent.slots.keys() & {"name", "area", "start_hours", "start_minutes", "start_seconds"})


def _length(intent: Intent, prefix: str = "") -> float | None:
    """The length of time that an intent's slots add up to, in seconds; None where they say none."""
    total = 0.0
    for unit, seconds in (("hours", 3600), ("minutes", 60), ("seconds", 1)):
        try:
            total += float(intent.slots.get(prefix + unit, 0)) * seconds
        except ValueError:
            return None
    return total if 0 < total < float("inf") else None


def _text(intent: Intent, slot: str) -> str | None:
    return " ".join(str(intent.slots.get(slot, "")).split()) or None
