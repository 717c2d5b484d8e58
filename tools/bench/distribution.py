"""Many values of one quantity, and the two numbers that are told of them."""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Distribution:
    """Measured values of one quantity; at least one."""

    values: tuple[float, ...]
    """In ascending order."""

    @classmethod
    def of(cls, values: Iterable[float]) -> "Distribution":
        """Of values in any order.

        Raises:
            ValueError: There are none.
        """
        ordered = tuple(sorted(values))
        if not ordered:
            raise ValueError("nothing was measured")
        return cls(ordered)

    @property
    def median(self) -> float:
        """The value in the middle."""
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        """The least value that 95 % of all do not exceed (nearest rank)."""
        return self.values[math.ceil(0.95 * len(self.values)) - 1]

    def figures(self) -> dict[str, float]:
        """For `--json`."""
        return {
            "count": len(self.values),
            "median": self.median,
            "p95": self.p95,
            "least": self.values[0],
            "most": self.values[-1],
        }


def milliseconds(seconds: float) -> str:
    """A duration in milliseconds with three significant digits, or whole ones."""
    value = seconds * 1000
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def megabytes(size: float) -> str:
    """A number of bytes in units of 1,000,000."""
    return f"{size / 1_000_000:.1f}"
