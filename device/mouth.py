"""What Paige says aloud: one thing after the other, until it is hushed."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from typing import Final

import numpy as np

from paige.audio.chunk import Samples
from paige.audio.earcons import EARCON_RATE, Earcon, earcon
from paige.audio.playing import Ended, Playing
from paige.audio.speaker import Speaker
from paige.audio.voices import Voice

_log = logging.getLogger(__name__)

RING_SECONDS: Final = 120.0
"""After which a timer that nobody stops has rung enough."""
_BETWEEN_RINGS: Final = 1.0


class Aloud(StrEnum):
    """What is heard of Paige."""

    NOTHING = "nothing"
    WORDS = "words"
    """Whoever speaks over them is meant to be heard."""
    RING = "ring"
    """A timer rings; people talk on while it does."""


class Mouth:
    """Speaks, and makes short sounds.

    Args:
        voice: Text to sound; None for one that is only given sound.
        speaker: Where sound goes.
        volume: 0 to 1.
        sounds: Whether there are other sounds than speech and ringing.
        otherwise: What becomes of replies while there is no loudspeaker, for the log.
    """

    def __init__(
        self,
        voice: Voice | None,
        speaker: Speaker,
        *,
        volume: float = 1.0,
        sounds: bool = True,
        otherwise: str = "replies still go over MQTT",
    ) -> None:
        self._voice = voice
        self._speaker = speaker
        self._volume = volume
        self._sounds = sounds
        self._otherwise = otherwise
        self._changed: Callable[[Aloud], None] = lambda _: None
        self._under_way: list[Aloud] = []
        self._alone = asyncio.Lock()
        self._hushed = 0
        """How often; what was to be said before is not said after it."""
        self._playing: Playing | None = None
        self._complaint = ""
        # A thread of its own: many mouths that speak must not take those that others recognize with.
        self._waiting = ThreadPoolExecutor(1, "mouth")

    def on_change(self, changed: Callable[[Aloud], None]) -> None:
        """Have somebody told what is heard of it, whenever that begins or ends."""
        self._changed = changed

    @property
    def heard(self) -> bool:
        """Whether the last sound was: there is a loudspeaker."""
        return not self._complaint

    async def try_out(self) -> None:
        """Play silence, so that it is known from the start whether there is a loudspeaker."""
        await self._play(lambda: ([np.zeros(EARCON_RATE // 100, np.int16)], EARCON_RATE))

    async def say(self, text: str) -> bool:
        """Say something after what is being said; False where it was hushed, or cannot be heard."""
        voice = self._voice
        if not text or voice is None:
            return False
        return await self._play(lambda: (voice.say(text), voice.rate), Aloud.WORDS)

    async def play(self, sound: Iterable[Samples], rate: int) -> bool:
        """Say what somebody else has spoken, at `rate` hertz, as `say` does."""
        return await self._play(lambda: (sound, rate), Aloud.WORDS)

    async def signal(self, sound: Earcon) -> None:
        """A short sound, where they are wanted. Who is listened to is listened to meanwhile."""
        if self._sounds:
            await self._play(lambda: ([earcon(sound)], EARCON_RATE))

    async def ring(self, text: str) -> None:
        """Ring and say why, again and again, until somebody hushes it or two minutes are over."""
        loop, hushed, voice = asyncio.get_running_loop(), self._hushed, self._voice
        until = loop.time() + RING_SECONDS
        with self._being(Aloud.RING):  # in the pauses, too: a stop word counts there
            while self._hushed == hushed and loop.time() < until:
                if not await self._play(lambda: ([earcon(Earcon.RING)], EARCON_RATE)):
                    return
                if voice is not None and not await self._play(lambda: (voice.say(text), voice.rate)):
                    return
                await asyncio.sleep(_BETWEEN_RINGS)

    def hush(self) -> None:
        """Say no more: neither this nor what waits."""
        self._hushed += 1
        if self._playing is not None:
            self._playing.stop()

    @contextmanager
    def _being(self, aloud: Aloud) -> Iterator[None]:
        self._under_way.append(aloud)
        self._tell()
        try:
            yield
        finally:
            self._under_way.remove(aloud)
            self._tell()

    def _tell(self) -> None:
        self._changed(
            next((one for one in (Aloud.RING, Aloud.WORDS) if one in self._under_way), Aloud.NOTHING)
        )

    async def _play(
        self, sound: Callable[[], tuple[Iterable[Samples], int]], aloud: Aloud | None = None
    ) -> bool:
        hushed = self._hushed
        async with self._alone:
            if self._hushed != hushed:
                return False
            pieces, rate = sound()
            with nullcontext() if aloud is None else self._being(aloud):
                playing = self._playing = self._speaker.play(self._as_loud_as_wanted(pieces), rate)
                try:
                    await asyncio.get_running_loop().run_in_executor(self._waiting, playing.wait)
                finally:
                    playing.stop()  # where this was broken off
                    self._playing = None
            self._complain(playing.complaint)
            return playing.end is Ended.PLAYED

    def _complain(self, complaint: str) -> None:
        """Once, and not with every word that nobody hears."""
        if complaint and complaint != self._complaint:
            _log.warning("%s; %s", complaint.rstrip("."), self._otherwise)
        self._complaint = complaint

    def _as_loud_as_wanted(self, pieces: Iterable[Samples]) -> Iterator[Samples]:
        for piece in pieces:
            yield piece if self._volume == 1.0 else (piece * self._volume).astype(np.int16)
