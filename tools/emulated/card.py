"""What a board's card holds whose power was cut, by a record of its writes, and what Paige finds on it."""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from paige.iot.lists import Lists
from paige.tools.power_cut.card import CardFailed, check, recorded
from paige.tools.power_cut.cuts import Cut, Keeps, cuts, flushed, kept, put
from paige.tools.power_cut.log import Request, read

_LISTS: Final = "var/lib/private/paige/lists.json"
_ITEM: Final = "item {}"
"""See `guest.power`."""


class RecordedCard:
    """A card, and all that it was given since.

    Args:
        before: An image of it as it was before; it changes.
        log: What it was given.
        answered: How long the log was when each item was answered for.
    """

    def __init__(self, before: Path, log: Path, answered: Sequence[int]) -> None:
        self._before, self._log = before, read(log)
        self._promises = [self._log.count(length) for length in answered]
        self._done = 0

    @property
    def told(self) -> str:
        """What it was given, in numbers."""
        requests = self._log.requests
        later = requests[flushed(self._log, len(requests)) :]
        return (
            f"{len(requests)} requests, {sum(one.flushes for one in requests)} of them flushes, "
            f"{sum(len(one.data) for one in later) // 1024} KiB after the last"
        )

    def look(self, count: int, seed: int) -> Iterator[str | None]:
        """Cut the power so often while items were written, and look what Paige finds: what is wrong, or None.

        Args:
            count: How often.
            seed: Of what is drawn.
        """
        with TemporaryDirectory(dir=self._before.parent) as folder:
            image = Path(folder) / "image"
            subprocess.run(["cp", "--sparse=always", self._before, image], check=True)  # noqa: S603, S607 # our words
            for cut in cuts(self._log, self._moments, count, seed):
                rest = self._flush(cut.at, image)
                pieces = [*kept(rest, cut)]
                put(image, pieces)
                promised = sum(one <= cut.at for one in self._promises)
                wrong, written = _found(image, promised)
                yield None if wrong is None else f"{cut}: {wrong}"
                ranges = [(begin, len(data)) for begin, data in pieces]
                _restore(image, self._before, [*ranges, *((one.offset, len(one.data)) for one in written)])

    def lose(self, seed: int) -> None:
        """Have the image be what the card holds in the end: what was flushed, and any blocks of the rest."""
        end = len(self._log.requests)
        put(self._before, kept(self._flush(end), Cut(end, Keeps.BLOCKS, seed)))

    @property
    def _moments(self) -> list[int]:
        begin = self._promises[0] if self._promises else 0
        return [begin, *self._promises, len(self._log.requests)]

    def _flush(self, at: int, *images: Path) -> tuple[Request, ...]:
        """Have the images hold what was flushed by then; give what came later."""
        sure = max(flushed(self._log, at), self._done)
        for image in (self._before, *images):
            put(image, ((one.offset, one.data) for one in self._log.requests[self._done : sure]))
        self._done = sure
        return self._log.requests[sure:at]


def _found(image: Path, promised: int) -> tuple[str | None, tuple[Request, ...]]:
    """What is wrong with a card, and what was written to it to find that out."""
    with TemporaryDirectory() as folder:
        work = Path(folder)
        try:
            with recorded(image, work) as card:
                wrong = _wrong(card.folder / _LISTS, promised)
            check(image)
        except CardFailed as error:
            wrong = str(error)
        return wrong, read(work / "log").requests


def _wrong(file: Path, promised: int) -> str | None:
    lists = Lists(file)
    items = [item.text for item in lists.items()]
    if lists.damage is not None:
        return f"the list is damaged: {lists.damage.why}"
    if items != [_ITEM.format(number) for number in range(len(items))] or len(items) < promised:
        return f"{promised} items were answered for, and there are {items}"
    return None


def _restore(image: Path, whole: Path, ranges: Sequence[tuple[int, int]]) -> None:
    with whole.open("rb") as source:
        pieces = []
        for begin, length in ranges:
            source.seek(begin)
            pieces.append((begin, source.read(length)))
    put(image, pieces)
