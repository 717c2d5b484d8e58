"""What happens when a timer ends: people are told, and what was ordered for then is done."""

import logging
import time
from collections.abc import Awaitable
from typing import Final, Protocol

from paige.device.narration import Narrator
from paige.device.pipeline import Pipeline
from paige.device.turn import Expects, Turn
from paige.iot.clock_time import shown
from paige.iot.outcome import Status
from paige.iot.timers import Timer
from paige.models.intent import Intent

_log = logging.getLogger(__name__)

TOO_LATE_SECONDS: Final = 60.0
"""A command whose time was longer ago, because Paige was not running, is told and not carried out."""

MISSED_SECONDS: Final = 3600.0
"""What was to ring at a time of day longer ago is told once, and rings no more."""


class Announce(Protocol):
    """Says something aloud."""

    def __call__(self, text: str, area: str | None, *, ring: bool = False) -> Awaitable[None]:
        """Say it.

        Args:
            text: What to say.
            area: Main name of the area that it is for; None for everywhere.
            ring: Whether to ring until somebody stops it.
        """
        ...


class Ringer:
    """Rings timers.

    Args:
        pipeline: Carries out what was ordered for the end of a timer.
        narrator: What to say, in words.
        announce: Says it.
    """

    def __init__(self, pipeline: Pipeline, narrator: Narrator, announce: Announce) -> None:
        self._pipeline = pipeline
        self._narrator = narrator
        self._announce = announce

    async def ring(self, timer: Timer) -> None:
        """Tell that it ended, or do what it was set for, and tell what that says or that it failed."""
        if timer.command is None:
            told = self._narrator.timer_finished(timer, shown(time.time()))
            # A day later, when the power is back, nobody is to be woken by it.
            missed = timer.at is not None and timer.seconds_left < -MISSED_SECONDS
            await self._announce(told, timer.area, ring=not missed)
        elif timer.seconds_left < -TOO_LATE_SECONDS:
            _log.warning("a command set for %.0f seconds ago is not carried out now", -timer.seconds_left)
            await self._announce(self._narrator.command_failed(timer), timer.area)
        else:
            turn = await self._pipeline.handle_text(timer.command, timer.area, alone=True)
            if not _succeeded(turn):
                reason = turn.reply.text.rstrip(".")
                await self._announce(self._narrator.command_failed(timer, reason), timer.area)
            elif not turn.outcomes:  # nothing is seen of it but what it says
                await self._announce(turn.reply.text, timer.area)


def _succeeded(turn: Turn) -> bool:
    return (
        isinstance(turn.understood, Intent)
        and turn.refusal is None
        and turn.reply.expects is Expects.NOTHING
        and all(outcome.status is Status.DONE for outcome in turn.outcomes)
    )
