"""Timers that last: kept in a file, and rung when they end."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from paige.iot.errors import KeepingFailed
from paige.iot.kept_file import Damage, KeptFile
from paige.iot.resolution import Refused
from paige.iot.timers import Several, StoredTimer, Timer, Timers, since_boot
from paige.models.intent import Intent

_log = logging.getLogger(__name__)

VERSION: Final = 1
CHECK_SECONDS: Final = 60.0
"""How often the time of day is compared with what was stored."""

Ring = Callable[[Timer], Awaitable[None]]


class TimerKeeper:
    """The timers of a home and their file.

    A timer that cannot be written down runs all the same, as an egg does not wait for a full disk; `unsaved`
    says so.

    Args:
        path: The file; it and its folder are made when they are needed.
        monotonic: Seconds that only go forward.
        wall: Seconds since 1970.
    """

    def __init__(
        self,
        path: Path,
        *,
        monotonic: Callable[[], float] = since_boot,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._file = KeptFile(path)
        self.unsaved: KeepingFailed | None = None
        """Why the timers as they are now are not on the disk."""
        self.timers = Timers(self._file.load(decode), monotonic=monotonic, wall=wall)
        self._changed = asyncio.Event()

    @property
    def damage(self) -> Damage | None:
        """A file that could not be understood and was put aside: some timers may be lost."""
        return self._file.damage

    def handle(
        self, intent: Intent, here: str | None = None, chosen: Collection[int] = ()
    ) -> tuple[Timer, ...] | Several | Refused:
        """Carry out an intent about timers; see `Timers.handle`."""
        version = self.timers.version
        result = self.timers.handle(intent, here, chosen)
        if self.timers.version != version:
            self._save()
        self._changed.set()
        return result

    async def run(self, ring: Ring) -> None:
        """Ring every timer that ends, until cancelled; those that ended while Paige was away ring at once.

        Args:
            ring: Tells people. Its `Timer` has in `seconds_left` how late it is.
        """
        ringing: set[asyncio.Task[None]] = set()
        try:
            while True:
                ended = self.timers.ended()
                for timer in ended:
                    # One that waits, for a garage door or a broker, does not make the others late.
                    task = asyncio.create_task(_rung(ring, timer), name=f"timer-{timer.id}")
                    ringing.add(task)
                    task.add_done_callback(ringing.discard)
                was_set = self.timers.clock_was_set()
                if was_set:
                    _log.info("the clock was set; what is for a time of day follows it, timers go on")
                if ended or was_set:
                    self._save()
                self._changed.clear()
                wait = self.timers.wait
                with suppress(TimeoutError):
                    async with asyncio.timeout(CHECK_SECONDS if wait is None else min(wait, CHECK_SECONDS)):
                        await self._changed.wait()
        finally:
            for task in ringing:
                task.cancel()
            await asyncio.gather(*ringing, return_exceptions=True)

    def _save(self) -> None:
        try:
            self._file.write(encode(self.timers.stored()))
        except KeepingFailed as error:
            self.unsaved = error
            _log.error("timers are not kept: %s", error)
        else:
            self.unsaved = None


async def _rung(ring: Ring, timer: Timer) -> None:
    try:
        await ring(timer)
    except Exception:  # noqa: BLE001  # the other timers must still ring
        _log.exception("a timer ended and could not be rung")


def encode(stored: tuple[StoredTimer, ...]) -> dict[str, Any]:
    """Timers as JSON."""
    return {
        "version": VERSION,
        "timers": [_encoded(one) for one in stored],
    }


def _encoded(one: StoredTimer) -> dict[str, Any]:
    fields = {**asdict(one.timer), "ends": one.ends}
    if one.timer.at is None:
        del fields["at"]  # most have none, and an earlier version knows none
    if not one.timer.alarm:
        del fields["alarm"]
    return fields


def decode(content: Any) -> tuple[StoredTimer, ...]:  # noqa: ANN401 # JSON from a file may be anything
    """Timers from JSON; none from None.

    Raises:
        ValueError: It is not what `encode` gives.
    """
    if content is None:
        return ()
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise ValueError(f"it is not of version {VERSION}")
    timers = content.get("timers")
    if not isinstance(timers, list):
        raise ValueError("it has no list of timers")
    stored = tuple(map(_timer, timers))
    if len({one.timer.id for one in stored}) != len(stored):
        raise ValueError("two timers have one id")
    return stored


def _timer(item: object) -> StoredTimer:
    if not isinstance(item, dict):
        raise ValueError("a timer is not an object")
    ends = None if item.get("ends") is None else _number(item, "ends")
    timer = Timer(
        id=int(_number(item, "id")),
        seconds=_number(item, "seconds"),
        seconds_left=_number(item, "seconds_left"),
        paused=ends is None,
        name=_text(item, "name"),
        area=_text(item, "area"),
        command=_text(item, "command"),
        at=None if item.get("at") is None else _number(item, "at"),
        alarm=item.get("alarm") is True,
    )
    return StoredTimer(timer, ends)


def _number(item: dict[str, Any], key: str) -> float:
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"a timer's {key} is not a number")
    return value


def _text(item: dict[str, Any], key: str) -> str | None:
    value = item.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"a timer's {key} is not a text")
    return value
