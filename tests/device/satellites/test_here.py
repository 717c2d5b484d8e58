"""A satellite of our own, used by a real hub of ours over TCP."""

import asyncio
import itertools
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
import pytest
from tests.device.satellites.conftest import HOST, PATIENCE, spoken
from tests.device.scene import Scene
from tests.phrases import phrase

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.earcons import Earcon, earcon
from paige.audio.errors import SourceLost
from paige.audio.playing import Course, Ended, Playing
from paige.audio.voices import open_voice
from paige.device.config.schema import Config, House, Voice, Wake
from paige.device.ear import Ear, Hears
from paige.device.mouth import Mouth
from paige.device.notify import Notifier
from paige.device.satellites.address import SatelliteAddress
from paige.device.satellites.here.service import SatelliteService
from paige.device.satellites.satellite import Satellite
from paige.device.turn import Turn
from paige.iot.backoff import Backoff
from paige.models.recognizer import open_recognizer

pytestmark = pytest.mark.asyncio(loop_scope="module")

FASTER = 4
"""Than in life: so fast time passes in the room."""


@pytest.fixture(scope="module", autouse=True)
def recognizer(scene: Scene) -> None:
    """What is said is recognized by the real one."""
    scene.assistant.pipeline.hear_with(open_recognizer("pocketsphinx"))


@pytest.fixture(autouse=True)
def no_pacing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies are sent as fast as they can be: nobody listens to them here."""
    monkeypatch.setattr("paige.device.satellites.speaker.AHEAD_SECONDS", 60.0)


class Room:
    """A microphone in a quiet room in which somebody speaks when a test says so."""

    def __init__(self) -> None:
        self._said: queue.SimpleQueue[Samples | Exception] = queue.SimpleQueue()
        self.description = "a room"
        self.opened = 0

    def says(self, *samples: Samples | Exception) -> None:
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
    """Keeps each sound that it was given."""

    def __init__(self) -> None:
        self.sounds: list[tuple[Samples, int]] = []
        self.lasts = 0.0
        """Seconds for which each plays, or until it is stopped."""

    def play(self, sound: Iterable[Samples], rate: int) -> Playing:
        course = Course()

        def work() -> None:
            whole = np.concatenate([np.zeros(0, np.int16), *sound])
            self.sounds.append((whole, rate))
            stopped = course.pause(self.lasts) if len(whole) else False
            course.finish(Ended.STOPPED if stopped else Ended.PLAYED)

        threading.Thread(target=work, daemon=True).start()
        return course

    def close(self) -> None:
        pass

    def played(self, sound: Earcon) -> int:
        return sum(np.array_equal(one, earcon(sound)) for one, _ in self.sounds)


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
async def satellite(mode: Literal["word", "always"] = "word") -> AsyncIterator[Here]:
    here = Here()
    config = Config(house=House(area="Kitchen"), wake=Wake(mode=mode), voice=Voice(echo=False))
    service = SatelliteService(
        config,
        Notifier({}),
        host=HOST,
        port=0,
        open_source=lambda: here.room,
        open_speaker=lambda _: here.loudspeaker,
    )
    serving = asyncio.create_task(service.serve())
    await until(lambda: service.port)
    here.port = service.port
    yield here
    service.stop()
    await serving


@asynccontextmanager
async def hub(scene: Scene, here: Here, mode: Literal["word", "push"] = "push") -> AsyncIterator[list[Turn]]:
    turns: list[Turn] = []
    ears: list[Ear] = []

    def make_ear(one: Satellite) -> Ear:
        async def done(turn: Turn) -> None:
            turns.append(turn)
            await one.told(turn)

        mouth = Mouth(open_voice(None, "en"), one.speaker)
        ears.append(Ear(Hears(scene.assistant.pipeline, Wake(mode=mode), one.area, done, mouth)))
        mouth.on_change(ears[-1].speaks)
        return ears[-1]

    await scene.assistant.pipeline.listen_for_the_home("Kitchen")
    backoff = Backoff(first=0.02, ceiling=0.05)
    async with Satellite(SatelliteAddress(HOST, here.port), make_ear, backoff=backoff):
        await until(lambda: ears)
        yield turns
        for ear in ears:
            await ear.settled()
    for ear in ears:
        await ear.close()


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.int16)


async def test_what_is_said_to_it_is_done_elsewhere_and_answered_here(scene: Scene) -> None:
    await scene.say("turn on the kitchen lamp")
    async with satellite() as here, hub(scene, here) as turns:
        here.room.says(quiet(1), phrase(), spoken("10-lamp-here.wav"), quiet(1))
        await until(lambda: turns)
        await until(lambda: len(here.loudspeaker.sounds) > 1)
    assert turns[0].here == "Kitchen"
    assert scene.state("light.kitchen_lamp") == "off"
    assert here.loudspeaker.played(Earcon.WAKE) == 1
    assert len(here.loudspeaker.sounds[1][0]) > RATE // 2
