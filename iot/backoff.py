"""How long to wait before another attempt."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double, with jitter, so that a house full of clients does not return to its broker at once.

    Half of each wait is fixed and half is random ("equal jitter", Marc Brooker, *Exponential Backoff And
    Jitter*, AWS Architecture Blog, 2015): never at once again, never all together.
    """

    first: float = 1.0
    """The longest wait before the second attempt, in seconds."""
    ceiling: float = 4.0
    """The longest wait before any attempt, in seconds. A broker is found within that, however long it was
    away; a house has few clients, and an attempt where nothing answers costs a fraction of a millisecond."""

    def delay(self, failures: int, chance: float) -> float:
        """Seconds to wait after so many failures in a row (1 and more), with a `chance` of 0 to 1."""
        longest = min(self.ceiling, self.first * 2.0 ** min(failures - 1, 30))
        return longest / 2 + chance * longest / 2
