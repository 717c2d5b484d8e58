"""Answers what is not about entities: the clock, timers, lists, a greeting."""

import time
from collections.abc import Callable, Collection
from datetime import datetime

from paige.device import house_clock
from paige.device.narration import Narrator
from paige.device.turn import Reply
from paige.iot.clock_time import says_clock_time, shown
from paige.iot.errors import KeepingFailed
from paige.iot.lists import Lists
from paige.iot.registry import Registry
from paige.iot.resolution import Keeper, Question, Reason, Refused
from paige.iot.timer_keeper import TimerKeeper
from paige.iot.timers import Several, Timer
from paige.models.intent import Intent
from paige.models.nlu.later import TIMER

_LIST_DOMAIN = "todo"


class Keeping:
    """Knows who answers.

    Args:
        narrator: What to say, in words.
        registry: Knows what lists there are.
        timers: The timers; None where nobody stays to ring them.
        lists: The lists; None where they are kept by somebody else.
        now: What the home's clock shows.
        clock_is_wrong: Whether that is known to be wrong; then nothing is set for a time of day.
    """

    def __init__(
        self,
        narrator: Narrator,
        registry: Registry,
        timers: TimerKeeper | None = None,
        lists: Lists | None = None,
        *,
        now: Callable[[], datetime] = lambda: shown(time.time()),
        clock_is_wrong: Callable[[], bool] = house_clock.is_wrong,
    ) -> None:
        self._narrator = narrator
        self._registry = registry
        self._timers = timers
        self._lists = lists
        self._now = now
        self._clock_is_wrong = clock_is_wrong

    def answer(
        self, intent: Intent, keeper: Keeper, here: str | None, timers: Collection[int] = ()
    ) -> Reply | Question | Refused:
        """What the one who keeps it says.

        Args:
            intent: What was said.
            keeper: Who keeps it.
            here: The area of the speaker.
            timers: Ids of the timers that are meant, where the same intent led to a `Question` before.
        """
        match keeper:
            case Keeper.CLOCK:
                return self._narrator.told(intent, now=self._now())
            case Keeper.TALK:
                return self._narrator.told(intent)
            case Keeper.TIMERS if self._timers is not None:
                if intent.name == TIMER and says_clock_time(intent) and self._clock_is_wrong():
                    return Refused(Reason.CLOCK_WRONG)
                return self._timer(intent, self._timers.handle(intent, here, timers))
            case Keeper.LISTS if self._lists is not None:
                return self._list(intent, self._lists)
        return Refused(Reason.NOBODY_KEEPS_IT)

    def _timer(
        self, intent: Intent, found: tuple[Timer, ...] | Several | Refused
    ) -> Reply | Question | Refused:
        match found:
            case Refused():
                return found
            case Several():
                return self._narrator.which_timer(intent, found.timers, self._now())
            case _:
                return self._narrator.timers_told(intent, found, self._now())

    def _list(self, intent: Intent, lists: Lists) -> Reply | Refused:
        known = (entity.name for entity in self._registry.find(domains=(_LIST_DOMAIN,)))
        try:
            changed = lists.handle(intent, known)
        except KeepingFailed as error:
            return Refused(Reason.NOT_KEPT, {"reason": str(error)})
        return changed if isinstance(changed, Refused) else self._narrator.told(intent)
