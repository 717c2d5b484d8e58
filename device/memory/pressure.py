"""How much of its budget Paige may use while the machine is short of memory."""

import math
from dataclasses import dataclass
from typing import Final

STALLED: Final = 0.05
"""Of a moment, in which some process waited for memory, is too much."""
LEAST_AVAILABLE: Final = 0.04
"""Of the machine's memory, below which it is short of it, whether or not somebody waits yet."""
GIVEN: Final = 0.25
"""Of what may be used, given back at each moment of pressure."""
TAKEN: Final = 0.05
"""Of the budget, taken again at each calm moment."""
CALM_SECONDS: Final = 10.0
"""Without pressure, before anything is taken again."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the kernel says at one time."""

    at: float
    """Seconds of a clock that never goes back."""
    stalled: float | None
    """Seconds in which some process waited for memory, in all; None where the kernel does not count that."""
    available: float
    """Of the machine's memory, as a fraction."""


class Allowance:
    """What may be used of a budget for slots: less at once under pressure, more again little by little.

    Args:
        whole: Bytes where nothing presses.
    """

    def __init__(self, whole: int) -> None:
        self.whole = whole
        self.bytes = whole
        """What may be used now."""
        self._before: Moment | None = None
        self._pressed = -math.inf
        """When it last did."""

    def observe(self, now: Moment) -> int:
        """Take note of a moment, and say what may be used from now on."""
        if self._presses(now):
            self._pressed = now.at
            self.bytes = int(self.bytes * (1 - GIVEN))
        elif self.bytes < self.whole and now.at - self._pressed >= CALM_SECONDS:
            self.bytes = min(self.whole, self.bytes + int(self.whole * TAKEN) + 1)
        self._before = now
        return self.bytes

    def _presses(self, now: Moment) -> bool:
        if now.available < LEAST_AVAILABLE:
            return True
        before = self._before
        if before is None or before.stalled is None or now.stalled is None or now.at <= before.at:
            return False
        return (now.stalled - before.stalled) / (now.at - before.at) > STALLED
