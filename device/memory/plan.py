"""Which shards stay in memory, and which are read again in each pass.

A pass uses each shard once, in one order. Whatever was used least recently is needed next, so to put that out
is the worst choice; what stays should stay for good, and the rest pass through as few bytes of memory as will
do (for cyclic scans no policy does better: Belady's, of 1966, keeps a fixed part, too).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from paige.device.errors import DeviceError


class BudgetTooSmall(DeviceError):
    """No shard fits; the text says how much would do."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Shards of one graph, all of one size."""

    name: str
    bytes: int
    shards: tuple[str, ...]
    """In the order of a pass."""


@dataclass(frozen=True, slots=True)
class Plan:
    """For one model."""

    resident: frozenset[str]
    streamed: tuple[str, ...]
    """In the order of a pass."""
    bytes: int
    """That all slots take: one for each that stays, and one for each kind that is streamed."""
    streamed_bytes: int
    """Read in each pass."""


def plan(kinds: Sequence[Kind], budget: int) -> Plan:
    """The plan that reads the fewest bytes in a pass.

    Args:
        kinds: Of shards, in the order of a pass.
        budget: Bytes for all slots.

    Raises:
        BudgetTooSmall: Not even one slot of each kind fits.
    """
    best = None
    for counts in _choices(kinds, budget):
        taken = sum(map(_slots_bytes, kinds, counts))
        read = sum(kind.bytes * (len(kind.shards) - count) for kind, count in zip(kinds, counts, strict=True))
        if taken <= budget and (best is None or (read, taken) < best[:2]):
            best = read, taken, counts
    if best is None:
        least = sum(kind.bytes for kind in kinds)
        raise BudgetTooSmall(f"{budget:,} bytes are left for the model; the least that does is {least:,}")
    read, taken, counts = best
    streamed = [shard for kind, count in zip(kinds, counts, strict=True) for shard in _spread(kind, count)]
    everything = {shard for kind in kinds for shard in kind.shards}
    return Plan(frozenset(everything - {*streamed}), tuple(streamed), taken, read)


def _choices(kinds: Sequence[Kind], budget: int) -> Iterator[tuple[int, ...]]:
    """How many of each kind may stay: of the last as many as fit, of the others any number."""
    if not kinds:
        yield ()
        return
    *others, last = kinds
    for counts in _choices(others, budget):
        left = budget - sum(map(_slots_bytes, others, counts))
        everything = len(last.shards)
        yield (*counts, everything if everything * last.bytes <= left else max(0, left // last.bytes - 1))
    # Of the kinds before, fewer than would fit may be better, as each that is streamed needs a slot.
    for counts in _choices(others, budget):
        for fewer in _fewer(counts):
            left = budget - sum(map(_slots_bytes, others, fewer))
            everything = len(last.shards)
            yield (*fewer, everything if everything * last.bytes <= left else max(0, left // last.bytes - 1))


def _fewer(counts: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for at, count in enumerate(counts):
        for less in range(count):
            yield (*counts[:at], less, *counts[at + 1 :])


def _slots_bytes(kind: Kind, resident: int) -> int:
    return kind.bytes * (resident + (resident < len(kind.shards)))


def _spread(kind: Kind, resident: int) -> list[str]:
    """Those that are streamed, as far apart as can be: one is read while others run."""
    count = len(kind.shards)
    streamed = count - resident
    return [kind.shards[(2 * at + 1) * count // (2 * streamed)] for at in range(streamed)]
