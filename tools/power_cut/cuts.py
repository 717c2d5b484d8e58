"""What a card holds whose power was cut: all that was flushed, and of what came later anything."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final

from paige.tools.power_cut.log import BLOCK, Log, Request

_PAGE: Final = 4096
_SHARES: Final = (0.1, 0.5, 0.9)
"""Of what was not flushed, that is there all the same."""


class Keeps(StrEnum):
    """What a card keeps of what was not flushed."""

    NOTHING = "nothing"
    ALL = "all"
    BLOCKS = "some blocks"
    """Any blocks of 512 bytes."""
    PAGES = "some pages"
    """Any blocks of 4 KiB."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One moment at which the power goes."""

    at: int
    """How many requests the card was given."""
    keeps: Keeps
    seed: int
    """Which of them, and in which order."""


def cuts(log: Log, moments: Sequence[int], count: int, seed: int) -> list[Cut]:
    """So many cuts, in the order of time: half of them right at these moments, the others anywhere between.

    Args:
        log: What the card was given.
        moments: Numbers of requests; the first is the beginning, and the last the end.
        count: How many.
        seed: The same gives the same for the same log.
    """
    random = Random(seed)  # noqa: S311 # nothing is to be kept secret by it
    exact = [(at, keeps) for at in moments for keeps in (Keeps.NOTHING, Keeps.BLOCKS)]
    chosen = random.sample(exact, min(len(exact), count // 2))
    span = range(moments[0], moments[-1] + 1)
    busy = [at for at in span if at == 0 or not log.requests[at - 1].flushes] or [*span]
    while len(chosen) < count:
        chosen.append((random.choice(busy), random.choice((*Keeps, Keeps.BLOCKS, Keeps.PAGES))))
    return sorted((Cut(at, keeps, random.getrandbits(32)) for at, keeps in chosen), key=lambda cut: cut.at)


def flushed(log: Log, at: int) -> int:
    """How many of the first requests are sure to be there."""
    return next((count for count in range(at, 0, -1) if log.requests[count - 1].flushes), 0)


def kept(requests: Sequence[Request], cut: Cut) -> Iterator[tuple[int, bytes]]:
    """What is there of requests that were not flushed: offsets and bytes, in the order of their writing."""
    if cut.keeps is Keeps.NOTHING:
        return
    if cut.keeps is Keeps.ALL:
        yield from ((one.offset, one.data) for one in requests)
        return
    random = Random(cut.seed)  # noqa: S311 # as above
    size = BLOCK if cut.keeps is Keeps.BLOCKS else _PAGE
    share = random.choice(_SHARES)
    for one in random.sample(requests, len(requests)):
        yield from (piece for piece in _pieces(one, size) if random.random() < share)


def put(image: Path, pieces: Iterable[tuple[int, bytes]]) -> None:
    """Write pieces into an image."""
    with image.open("r+b") as file:
        for offset, data in pieces:
            file.seek(offset)
            file.write(data)


def _pieces(one: Request, size: int) -> Iterator[tuple[int, bytes]]:
    """What of a request is there or not by itself."""
    # ext4's superblock has 1,024 bytes and a checksum: where it was torn, no program finds anything.
    size = _PAGE if one.offset < _PAGE else size
    for begin in range(0, len(one.data), size):
        yield one.offset + begin, one.data[begin : begin + size]
