"""A satellite of our own in a room of the tests', on a real TCP port."""

import asyncio
import itertools
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, Self

import numpy as np
from tests.device.satellites.conftest import HOST, PATIENCE

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.earcons import EARCON_RATE, Earcon, earcon
from paige.audio.playing import Course, Ended, Playing
from paige.device.config.schema import Config, House, Voice, Wake
from paige.device.notify import Notifier
from paige.device.satellites.here.service import SatelliteService
from paige.device.satellites.limits import Limits

FASTER: Final = 10
"""Than in life: so fast time passes in the room."""


class Room:
    """A microphone in a quiet room in which somebody speaks when a test says so."""

    def __init__(self) -> None:
        self._said: queue.SimpleQueue[Samples | Exception] = queue.SimpleQueue()
        self.description = "a room"
        self.opened = 0
        self.idle = True
        """Whether all that was said has been heard."""

    def says(self, *samples: Samples | Exception) -> None:
        self.idle = False
        for one in samples:
            self._said.put(one)

    def __enter__(self) -> Self:
        self.opened += 1
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def chunks(self) -> Iterator[AudioChunk]:
        noise = np.random.default_rng(2)
        said = np.zeros(0, np.int16)
        for number in itertools.count():
            self.idle = not len(said) and self._said.empty()
            if len(said) < CHUNK_SAMPLES and not self._said.empty():
                more = self._said.get()
                if isinstance(more, Exception):
                    raise more
                said = np.concatenate([said, more])
            heard = noise.normal(0, 10, CHUNK_SAMPLES)
            heard[: len(said[:CHUNK_SAMPLES])] += said[:CHUNK_SAMPLES]
            said = said[CHUNK_SAMPLES:]
            yield AudioChunk(np.clip(heard, -32768, 32767).astype(np.int16), number * CHUNK_SAMPLES / RATE)
            time.sleep(CHUNK_SAMPLES / RATE / FASTER)


class Loudspeaker:
    """Keeps what it was given; earcons are over at once."""

    def __init__(self) -> None:
        self.sounds: list[tuple[Samples, int]] = []
        """Each with its rate, once all of it has come."""
        self.lasts = 0.0
        """Seconds for which anything but an earcon plays, or until it is stopped."""
        self.speaks = False
        self.ends: list[Ended] = []
        """Why all but earcons ended."""

    def play(self, sound: Iterable[Samples], rate: int) -> Playing:
        course = Course()
        threading.Thread(target=self._work, args=(sound, rate, course), daemon=True).start()
        return course

    def _work(self, sound: Iterable[Samples], rate: int, course: Course) -> None:
        whole = np.concatenate([np.zeros(0, np.int16), *sound])
        if rate != EARCON_RATE or whole.any():  # else it was tried out, which nobody hears
            self.sounds.append((whole, rate))
        end = Ended.PLAYED
        if rate != EARCON_RATE:
            self.speaks = True
            end = Ended.STOPPED if course.pause(self.lasts) else Ended.PLAYED
            self.speaks = False
            self.ends.append(end)
        course.finish(end)

    def close(self) -> None:
        """Nothing to do."""

    def played(self, sound: Earcon) -> int:
        return sum(np.array_equal(one, earcon(sound)) for one, _ in self.sounds)


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.int16)


async def until(satisfied: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not satisfied():  # noqa: ASYNC110  # threads tell nobody
            await asyncio.sleep(0.01)


@dataclass
class Here:
    """The satellite's side."""

    room: Room = field(default_factory=Room)
    loudspeaker: Loudspeaker = field(default_factory=Loudspeaker)
    port: int = 0


@asynccontextmanager
async def own_satellite(
    mode: Literal["word", "always"] = "word",
    words: tuple[str, ...] = ("okay nabu",),
    stop_words: tuple[str, ...] = ("stop",),
    limits: Limits | None = None,
) -> AsyncIterator[Here]:
    here = Here()
    wake = Wake(mode=mode, words=words, stop_words=stop_words)
    config = Config(house=House(area="Kitchen"), wake=wake, voice=Voice(echo=False))
    service = SatelliteService(
        config,
        Notifier({}),
        host=HOST,
        port=0,
        open_source=lambda: here.room,
        open_speaker=lambda _: here.loudspeaker,
        limits=limits,
    )
    serving = asyncio.create_task(service.serve())
    await until(lambda: service.port)
    here.port = service.port
    yield here
    service.stop()
    await serving
