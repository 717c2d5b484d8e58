"""When retained topics have all come in, as far as one can tell."""

from dataclasses import dataclass


@dataclass(slots=True)
class Settling:
    """Waits for quiet: MQTT does not say which retained message is the last.

    Times are seconds of one clock.
    """

    began: float
    quiet: float = 0.3
    """So long without a retained message, and all have come."""
    longest: float = 30.0
    """After this, no more is waited for, quiet or not."""
    _last: float | None = None

    def note(self, now: float) -> None:
        """A retained message came in, or a subscription was made that may bring some."""
        self._last = now

    def remaining(self, now: float) -> float:
        """Seconds until it counts as settled, if nothing more comes in; 0 when it does."""
        last = self.began if self._last is None else self._last
        return max(0.0, min(last + self.quiet, self.began + self.longest) - now)
