"""Writes a store on a card that is recorded, cuts the power again and again, and looks what is found."""

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

from paige.tools.power_cut.card import Card, CardFailed, Neighbour, check, formatted, mounted, recorded
from paige.tools.power_cut.cuts import Cut, cuts, flushed, kept, put
from paige.tools.power_cut.log import Log, read

_AFTERWARDS: Final = 3
"""How often the file system writes down names after all is done."""
_TOLD: Final = 300
"""Characters of an error."""

Promise = Callable[[str], None]
"""Told that something was promised to whoever asked for it: it is not to be lost from then on."""


class Store(Protocol):
    """Something that Paige keeps."""

    @property
    def name(self) -> str:
        """In a word or two."""

    @property
    def megabytes(self) -> int:
        """Of a card that is large enough."""

    @property
    def between(self) -> frozenset[str]:
        """What else may be found besides before and after, while what is done was not promised yet."""

    def write(self, card: Path, promised: Promise) -> None:
        """Do one thing after the other."""

    def look(self, card: Path) -> str:
        """What there is after what Paige does at its next start; raises where anything is torn."""


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise that was given."""

    what: str
    given: int
    """How long the log was by then."""
    found: str
    """What there is then."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a card was given while a store was written."""

    image: Path
    """The card as it was before."""
    log: Log
    promises: tuple[Promised, ...]
    """The first is what was there before, the last that nothing more comes."""

    def allowed(self, at: int) -> tuple[str, ...]:
        """What may be found, by the last promise, and by the next."""
        last = max(number for number, one in enumerate(self.promises) if number == 0 or self.begun(one) <= at)
        return tuple(one.found for one in self.promises[last : last + 2])

    def begun(self, one: Promised) -> int:
        """How many requests there were when a promise was given."""
        return self.log.count(one.given)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cut after which something is not as it must be."""

    cut: Cut
    expected: tuple[str, ...]
    found: str


@dataclass
class Result:
    """What came of all cuts for one store."""

    store: str
    neighbour: bool
    promises: int
    requests: int
    flushes: int
    bytes: int
    found: Counter[str] = field(default_factory=Counter)
    """How often there was what before, what after, and what may be between."""
    wrong: list[Wrong] = field(default_factory=list)


def record(store: Store, work: Path, *, neighbour: bool, synced: bool = True) -> Recording:
    """Write a store on a new card.

    Args:
        store: Which.
        work: An empty folder.
        neighbour: Whether somebody else has files synced on the same card.
        synced: Whether the store may have files synced; where it may not, all of this must find that out.
    """
    image, disk = work / "before", work / "disk"
    formatted(image, store.megabytes)
    shutil.copyfile(image, disk)
    promises = list[Promised]()
    with recorded(disk, work) as card, ExitStack() as meanwhile:
        other = Neighbour(card.folder)

        def promised(what: str) -> None:
            given = card.given
            with other.quiet():
                promises.append(Promised(what, given, _now(store, card, work / "copy")))

        promised("nothing yet")
        if neighbour:
            meanwhile.enter_context(other.busy())
        if not synced:
            meanwhile.enter_context(_nothing_synced())
        store.write(card.folder, promised)
        meanwhile.close()
        for _ in range(_AFTERWARDS):
            other.once()
        promised("nothing more")
    disk.unlink()
    return Recording(image, read(card.log), tuple(promises))


def try_cuts(recording: Recording, store: Store, chosen: list[Cut], work: Path) -> Iterator[Wrong | str]:
    """Cut the power so, one after the other, and give what is wrong, or what was found.

    Args:
        recording: Of the store.
        store: Which.
        chosen: In the order of time.
        work: A folder; the card after the cut is `after` in it.
    """
    safe, after = work / "safe", work / "after"
    shutil.copyfile(recording.image, safe)
    done = 0
    for cut in chosen:
        sure = flushed(recording.log, cut.at)
        put(safe, [(one.offset, one.data) for one in recording.log.requests[done:sure]])
        done = sure
        _copy(safe, after)
        put(after, kept(recording.log.requests[sure : cut.at], cut))
        before_and_after = recording.allowed(cut.at)
        allowed = (*before_and_after, *(store.between if len({*before_and_after}) > 1 else ()))
        found = _found(store, after, work / "card")
        if found not in allowed:
            yield Wrong(cut, allowed, found)
        else:
            yield "between" if found in store.between else ("before", "after")[allowed.index(found)]


def prove(
    store: Store,
    count: int,
    seed: int,
    *,
    neighbour: bool,
    synced: bool = True,
    images: Path | None = None,
) -> Iterator[Result]:
    """Do all of it, and give the same result after each cut.

    Args:
        store: Which.
        count: How many cuts.
        seed: Of what is drawn.
        neighbour: See `record`.
        synced: See `record`.
        images: A folder for cards on which something is wrong.
    """
    with TemporaryDirectory(dir=_quick()) as name:
        work = Path(name)
        recording = record(store, work, neighbour=neighbour, synced=synced)
        log = recording.log
        result = Result(
            store.name,
            neighbour,
            len(recording.promises) - 2,
            len(log.requests),
            sum(one.flushes for one in log.requests),
            sum(len(one.data) for one in log.requests),
        )
        moments = [recording.begun(one) for one in recording.promises]
        assert all(one <= other for one, other in pairwise(moments)), "time goes on"
        for found in try_cuts(recording, store, cuts(log, moments, count, seed), work):
            if isinstance(found, Wrong):
                result.wrong.append(found)
                if images is not None:
                    images.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(work / "after", images / f"{store.name}-{len(result.wrong)}.img")
            else:
                result.found[found] += 1
            yield result


@contextmanager
def _nothing_synced() -> Iterator[None]:
    """Whoever asks this process to sync something is told that it was done."""
    real = os.fsync, os.fdatasync, os.sync
    os.fsync = os.fdatasync = lambda fd: None
    os.sync = lambda: None
    try:
        yield
    finally:
        os.fsync, os.fdatasync, os.sync = real


def _now(store: Store, card: Card, copy: Path) -> str:
    """What is there, by a copy: to look may write, and would have more on the card than there was."""
    shutil.rmtree(copy, ignore_errors=True)
    subprocess.run(["cp", "-a", str(card.folder), str(copy)], check=True)  # noqa: S603, S607 # links stay
    found = store.look(copy)
    shutil.rmtree(copy)
    return found


def _found(store: Store, image: Path, folder: Path) -> str:
    try:
        with mounted(image, folder) as card:
            try:
                found = store.look(card)
            except Exception as error:  # noqa: BLE001 # whatever it is, it is what is found
                found = f"{type(error).__name__}: {error}"[:_TOLD]
        check(image)
    except CardFailed as error:
        return f"the file system itself: {error}"
    return found


def _copy(image: Path, to: Path) -> None:
    subprocess.run(["cp", "--sparse=always", str(image), str(to)], check=True)  # noqa: S603, S607 # our words


def _quick() -> Path | None:
    """A folder in memory, where the system has such: nothing here is to be kept."""
    memory = Path("/dev/shm")  # noqa: S108 # as a place, not as a name
    return memory if os.access(memory, os.W_OK) else None
