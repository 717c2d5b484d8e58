"""Of several ears that hear one speaker, the one that hears best answers."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from tests.device.satellites.conftest import spoken
from tests.device.satellites.fake_satellite import FakeSatellite, satellite
from tests.device.scene import Scene
from tests.iot.conftest import free_port, options
from tests.phrases import phrase
from wyoming.pipeline import PipelineStage

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples, Utterance
from paige.audio.wake import Wake
from paige.device.attention import Event, Heard, NothingSaid, Stopped, Woken
from paige.device.config import schema
from paige.device.ear import Ear, Hears
from paige.device.satellites.address import SatelliteAddress
from paige.device.satellites.nearest import NearestEar
from paige.device.satellites.satellite import Satellite
from paige.device.turn import Turn
from paige.iot.arbiter import Arbiter
from paige.iot.link import MqttLink
from paige.iot.presence import Topics
from paige.models.recognizer import open_recognizer

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAKE = Wake("okay nabu", 1.0, 1.7, 0.9)
SAID = Heard(Utterance(np.zeros(10, np.int16), 0.0, 0.0))


class Scripted:
    """Hears what the test says, after two seconds of sound."""

    def __init__(self, *events: Event) -> None:
        self.script = events
        self.handled: list[Event] = []
        self.listened: list[float] = []

    def events(self, chunks: Iterator[AudioChunk]) -> Iterator[Event]:
        for _ in chunks:
            pass
        yield from self.script

    async def handle(self, event: Event) -> None:
        self.handled.append(event)

    def listen(self, seconds: float) -> None:
        self.listened.append(seconds)


def two_seconds() -> Iterator[AudioChunk]:
    """A room, in which somebody speaks from 1 to 1.7 seconds."""
    sound = np.random.default_rng(1).normal(0, 10, 2 * RATE)
    sound[RATE : RATE + 7 * RATE // 10] *= 100
    for at in range(0, len(sound), CHUNK_SAMPLES):
        yield AudioChunk(sound[at : at + CHUNK_SAMPLES].astype(np.int16), at / RATE)


async def handled(ear: NearestEar) -> None:
    for event in ear.events(two_seconds()):
        await ear.handle(event)


@pytest.mark.parametrize("won", [True, False])
async def test_it_bids_with_its_signal_and_acts_where_it_wins(won: bool) -> None:
    bids: list[tuple[float | None, float, float]] = []

    async def wins(*, signal: float | None, score: float, age: float) -> bool:
        bids.append((signal, score, age))
        return won

    inner = Scripted(Woken(WAKE), Stopped(WAKE), SAID, SAID)
    await handled(NearestEar(inner, wins, clock=lambda: 100.0))
    ((signal, score, age),) = bids
    assert signal == pytest.approx(41, abs=2)
    assert age == pytest.approx(0.3)
    assert score == 0.9
    # A stop word is for who speaks; the second utterance came without a wake word, as an answer does.
    assert inner.handled == ([Woken(WAKE), Stopped(WAKE), SAID, SAID] if won else [Stopped(WAKE), SAID])


async def test_a_slow_ear_bids_with_when_the_wake_word_was_said_and_not_when_it_knew() -> None:
    ages: list[float] = []
    clock = 100.0

    async def wins(*, signal: float | None, score: float, age: float) -> bool:
        ages.append(age)
        return True

    class Slow(Scripted):
        def events(self, chunks: Iterator[AudioChunk]) -> Iterator[Event]:
            nonlocal clock
            for _ in chunks:
                pass
            clock += 0.6  # the second look
            yield from self.script

    def behind() -> Iterator[AudioChunk]:
        return (replace(chunk, behind=0.2) for chunk in two_seconds())

    ear = NearestEar(Slow(Woken(WAKE)), wins, clock=lambda: clock)
    for event in ear.events(behind()):
        await ear.handle(event)
    assert ages == [pytest.approx(0.3 + 0.2 + 0.6)]


async def test_who_lost_and_whose_button_is_pushed_listens() -> None:
    async def wins(**_: float | None) -> bool:
        return False

    inner = Scripted(Woken(WAKE))
    ear = NearestEar(inner, wins)
    await handled(ear)
    ear.listen(5.0)
    await ear.handle(SAID)
    await ear.handle(NothingSaid())
    assert (inner.listened, inner.handled) == ([5.0], [SAID, NothingSaid()])


@asynccontextmanager
async def hub(scene: Scene, fakes: Sequence[FakeSatellite]) -> AsyncIterator[list[Turn]]:
    """A house that uses satellites which send all that they hear."""
    turns: list[Turn] = []
    ears: list[Ear] = []
    async with AsyncExitStack() as stack:
        link = await stack.enter_async_context(MqttLink(options(free_port())))
        # A machine that runs other tests besides looks at one voice after the other; late bids count.
        arbiter = await stack.enter_async_context(Arbiter(link, Topics(), window=5.0))

        def make_ear(one: Satellite) -> Ear:
            async def done(turn: Turn) -> None:
                turns.append(turn)
                await one.told(turn)

            arbiter.join(one.name)
            ears.append(Ear(Hears(scene.assistant.pipeline, schema.Wake(), one.area, done)))
            return ears[-1]

        for fake in fakes:
            address = SatelliteAddress("127.0.0.1", fake.port)
            wins = partial(arbiter.wins, str(address))
            await stack.enter_async_context(Satellite(address, make_ear, wins=wins))
        async with asyncio.timeout(20):
            while len(ears) < len(fakes) or any(ear._attention is None for ear in ears):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        yield turns
        for ear in ears:
            await ear.settled()
            await ear.close()


async def test_of_two_satellites_the_one_that_hears_better_answers(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    scene.assistant.pipeline.hear_with(open_recognizer("pocketsphinx"))
    word = phrase()
    silence = np.zeros(RATE // 2, np.int16)
    said = np.concatenate(
        [silence, silence, word, silence, spoken("10-lamp-here.wav"), silence, silence, silence]
    )

    def heard_from(distance: float) -> Samples:
        room = np.random.default_rng(2).normal(0, 30, len(said))
        return np.clip(said / distance + room, -32768, 32767).astype(np.int16)

    async with (
        satellite(area="Bedroom") as far,
        satellite(area="Kitchen") as near,
        hub(scene, (far, near)) as turns,
    ):
        await asyncio.gather(far.wakes(PipelineStage.WAKE), near.wakes(PipelineStage.WAKE))
        # As fast as people speak: when a word ended is told by when its sound came.
        await asyncio.gather(far.speaks(heard_from(4.0), rate=RATE), near.speaks(heard_from(1.0), rate=RATE))
        await near.got("transcript")
        await near.got("detection")
        await asyncio.sleep(0.5)
        assert not {event.type for event in far.events} & {"detection", "transcript"}
        assert (await far.got("error")).data["code"] == "duplicate_wake_up_detected"
    assert [turn.here for turn in turns] == ["Kitchen"]
    assert caplog.text.count("another ear answers") == 1  # so it heard the word, too
