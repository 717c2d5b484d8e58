"""Whether the microphone hears, told to whoever wants to know as soon as it changes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from paige.audio.health import Health, Hearing

LOOK_SECONDS: Final = 2.0
"""How often it is looked at."""

Tell = Callable[[Mapping[str, object]], Awaitable[None]]
"""Takes `state` (`ok`, `silent`, `distorted`, `lost`), `since` (Unix time in seconds), `level` (decibels of
full scale) where there is one, and `complaint`: what somebody should do about it, empty where nothing."""


class MicrophoneWatch:
    """Looks after one microphone; `opened` and `lost` may be called from any thread.

    Args:
        tell: Told how it does, at first and whenever that changes.
        clock: Seconds since 1970.
    """

    def __init__(self, tell: Tell, clock: Callable[[], float] = time.time) -> None:
        self._tell = tell
        self._clock = clock
        self._health: Callable[[], Health] | None = None
        self._complaint = "no microphone has been opened yet"
        self._since = clock()
        self._told: tuple[object, object] | None = None

    def opened(self, health: Callable[[], Health]) -> None:
        """There is a microphone; it is asked how it does from now on."""
        self._health = health

    def lost(self, complaint: str) -> None:
        """There is none any more, and why."""
        if self._health is not None or complaint != self._complaint:
            self._since = self._clock()
        self._health, self._complaint = None, complaint

    async def run(self) -> None:
        """Look after it until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Tell how it does, where that has changed."""
        now = self._now()
        if (now["state"], now["complaint"]) != self._told:
            self._told = now["state"], now["complaint"]
            await self._tell(now)

    def _now(self) -> dict[str, object]:
        ask = self._health
        if ask is None:
            return {"state": "lost", "since": round(self._since), "complaint": self._complaint}
        health = ask()
        state = "silent" if health.state is Hearing.SILENT else "distorted" if health.complaint else "ok"
        return {
            "state": state,
            "since": round(health.since),
            "level": round(health.level, 1),
            "complaint": health.complaint,
        }
