"""Which shards stay in memory, and which are read again in each pass.

A pass uses each shard once, in one order. Whatever was used least recently is needed next, so to put that out
is the worst choice; what stays should stay for good, and the rest pass through as few bytes of memory as will
do (for cyclic scans no policy does better: Belady's, of 1966, keeps a fixed part, too).

Shards leave memory in one fixed order, the next always as far as can be from those that left before it: one
is read while others run. So with less memory more is streamed, and nothing else changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from paige.device.errors import DeviceError
from paige.device.memory.direct import PIECE
from paige.device.memory.size import show_size

_ALIKE: Final = 1.25
"""Shards that are larger by more than this leave last: what passes through memory takes as much as its
largest."""


class BudgetTooSmall(DeviceError):
    """No shard fits; the text says how much would do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """For one model within some bytes."""

    streamed: tuple[str, ...]
    """In the order in which they left."""
    transit_bytes: int
    """Of the memory through which they pass, one after the other: as many as the largest has."""
    resident_bytes: int
    """Of those that stay."""
    beginning_bytes: int
    """Of the last that left, its beginning stays: what would else be left over. Whole pieces."""
    read_bytes: int
    """In each pass."""

    @property
    def bytes(self) -> int:
        """That are taken."""
        return self.transit_bytes + self.resident_bytes + self.beginning_bytes


class Planner:
    """Plans for one model.

    Args:
        shards: Bytes of each, in the order of a pass.
    """

    def __init__(self, shards: Mapping[str, int]) -> None:
        self._bytes = shards
        self._leaving = _leaving(shards)
        self.whole = sum(shards.values())
        """Bytes with which all stay."""
        self.least = max(shards.values())
        """Bytes that will do."""

    def within(self, budget: int) -> Plan:
        """The plan that reads the fewest bytes in a pass.

        Raises:
            BudgetTooSmall: The largest shard does not fit.
        """
        transit, resident = 0, self.whole
        streamed: list[str] = []
        for shard in self._leaving:
            if transit + resident <= budget:
                break
            transit = max(transit, self._bytes[shard])
            resident -= self._bytes[shard]
            streamed.append(shard)
        if transit + resident > budget:
            raise BudgetTooSmall(
                f"{show_size(budget)} are left for the model's shards; the least that does is "
                f"{show_size(self.least)}"
            )
        beginning = 0
        if streamed:
            over = budget - transit - resident
            beginning = min(over, self._bytes[streamed[-1]] - 1) // PIECE * PIECE
        return Plan(tuple(streamed), transit, resident, beginning, self.whole - resident - beginning)


def _leaving(shards: Mapping[str, int]) -> tuple[str, ...]:
    """All shards, in the order in which they leave."""
    names = tuple(shards)
    smallest = min(shards.values())
    alike = [at for at, name in enumerate(names) if shards[name] <= _ALIKE * smallest]
    larger = [at for at in range(len(names)) if at not in {*alike}]
    left: list[int] = []
    for group in (alike, larger):
        rest = [*group]
        while rest:
            at = max(rest, key=lambda one: (_distance(one, left, len(names)), -one))
            rest.remove(at)
            left.append(at)
    return tuple(names[at] for at in left)


def _distance(at: int, others: Sequence[int], count: int) -> int:
    """To the nearest of others, in a pass that is followed by the next."""
    return min((min((at - other) % count, (other - at) % count) for other in others), default=count)
