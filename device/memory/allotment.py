"""How models share what there is. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """What one model would like of the memory for slots."""

    name: str
    least: int
    """Bytes that will do."""
    whole: int
    """Bytes with which nothing is read twice."""
    priority: int
    """The higher goes first."""
    in_use: bool = False
    """Whether a pass of it goes on, or is waited for: such a one goes before all that are not."""
    pinned: bool = False
    """Whether all of it stays as long as it is open."""


def allot(total: int, claims: Sequence[Claim]) -> dict[str, int]:
    """Bytes for each; 0 for one that has to wait.

    First each gets the least that does, those in use before others and the higher priority before the lower;
    then what is left tops them up in the same order. One that does not fit is passed over; those behind it
    are not.
    """
    order = sorted(
        claims, key=lambda claim: (not claim.pinned, not claim.in_use, -claim.priority, claim.name)
    )
    given = dict.fromkeys((claim.name for claim in claims), 0)
    for claim in order:
        least = claim.whole if claim.pinned else claim.least
        if least <= total:
            given[claim.name] = least
            total -= least
    for claim in order:
        if given[claim.name]:
            more = min(total, claim.whole - given[claim.name])
            given[claim.name] += more
            total -= more
    return given
