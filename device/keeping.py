"""Answers what is not about entities: the clock, timers, lists, a greeting."""

from collections.abc import Callable
from datetime import datetime

from paige.device.narration import Narrator
from paige.device.turn import Reply
from paige.iot.resolution import Keeper
from paige.models.intent import Intent


def _now() -> datetime:
    return datetime.now().astimezone()


class Keeping:
    """Knows who answers.

    Args:
        narrator: What to say, in words.
        now: The time in the home's zone.
    """

    def __init__(self, narrator: Narrator, *, now: Callable[[], datetime] = _now) -> None:
        self._narrator = narrator
        self._now = now

    def answer(self, intent: Intent, keeper: Keeper, here: str | None) -> Reply:
        """What the one who keeps it says; `here` is the area of the speaker."""
        if keeper is Keeper.CLOCK:
            return self._narrator.told(intent, now=self._now())
        return self._narrator.told(intent)
