"""A satellite's microphone and loudspeaker are an ear and a mouth of the house."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest
from tests.device.satellites.conftest import spoken
from tests.device.satellites.fake_satellite import FakeSatellite, satellite
from tests.device.scene import Scene
from tests.phrases import phrase
from wyoming.audio import AudioChunk, AudioStop
from wyoming.pipeline import PipelineStage
from wyoming.wake import Detection

from paige.audio.chunk import RATE, Samples
from paige.audio.voices import open_voice
from paige.device.config.schema import Wake
from paige.device.ear import Ear, Hears
from paige.device.mouth import Mouth
from paige.device.satellites.address import SatelliteAddress
from paige.device.satellites.limits import Limits
from paige.device.satellites.listener import Wins
from paige.device.satellites.satellite import Satellite
from paige.device.turn import Turn
from paige.iot.backoff import Backoff

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("recognizer", "no_pacing")]


def quiet(seconds: float) -> Samples:
    return np.random.default_rng(1).normal(0, 3, round(seconds * RATE)).astype(np.int16)


@dataclass
class Hub:
    """The house's side."""

    ears: list[Ear]
    turns: list[Turn]


@asynccontextmanager
async def used(
    scene: Scene,
    fake: FakeSatellite,
    *,
    mode: Literal["word", "push"] = "push",
    area: str | None = None,
    wins: Wins | None = None,
    limits: Limits | None = None,
) -> AsyncIterator[Hub]:
    """The house uses a satellite."""
    turns: list[Turn] = []
    ears: list[Ear] = []

    def make_ear(one: Satellite) -> Ear:
        async def done(turn: Turn) -> None:
            turns.append(turn)
            await one.told(turn)

        mouth = Mouth(open_voice(None, "en"), one.speaker, sounds=False)
        ears.append(Ear(Hears(scene.assistant.pipeline, Wake(mode=mode), one.area, done, mouth)))
        return ears[-1]

    address = SatelliteAddress("127.0.0.1", fake.port, area)
    backoff = Backoff(first=0.02, ceiling=0.05)
    async with Satellite(address, make_ear, wins=wins, limits=limits, backoff=backoff):
        await fake.got("run-satellite")
        async with asyncio.timeout(10):
            while not ears or ears[0]._attention is None:  # noqa: ASYNC110 # its thread tells nobody
                await asyncio.sleep(0.01)
        yield Hub(ears, turns)
        for ear in ears:
            await ear.settled()
    for ear in ears:
        await ear.close()


async def asks(fake: FakeSatellite, name: str) -> None:
    await fake.speaks(np.concatenate([quiet(0.5), spoken(name), quiet(1.5)]))


async def test_what_is_said_to_it_is_done_and_answered_over_it(scene: Scene) -> None:
    async with satellite(area="Kitchen") as fake, used(scene, fake) as hub:
        await fake.wakes()
        await asks(fake, "01-kitchen-lamp.wav")
        heard = await fake.got("transcript")
        stop = await fake.got("audio-stop")
        kinds = [event.type for event in fake.events]
    assert "lamp" in heard.data["text"]
    assert stop is not None
    assert kinds.index("voice-stopped") < kinds.index("transcript") < kinds.index("audio-start")
    sound = b"".join(event.payload or b"" for event in fake.events if event.type == "audio-chunk")
    assert len(sound) > RATE // 2
    assert hub.turns[0].here == "Kitchen"
    assert scene.state("light.kitchen_lamp") == "on"


async def test_here_is_where_it_stands_as_configured_rather_than_as_it_says(scene: Scene) -> None:
    async with satellite(area="Attic") as fake, used(scene, fake, area="Living Room") as hub:
        await fake.wakes()
        await asks(fake, "10-lamp-here.wav")
        await fake.got("transcript")
    assert hub.turns[0].here == "Living Room"


async def test_after_a_question_it_goes_on_listening(scene: Scene) -> None:
    async with satellite(area="Kitchen") as fake, used(scene, fake) as hub:
        await fake.wakes()
        await asks(fake, "08-open-garage.wav")
        await fake.got("audio-stop")
        assert not any(event.type == "transcript" for event in fake.events)
        await hub.ears[0].settled()
        await asks(fake, "09-yes.wav")
        assert "yes" in (await fake.got("transcript")).data["text"]
    assert [bool(turn.outcomes) for turn in hub.turns] == [False, True]


async def test_who_says_nothing_after_the_wake_word_lets_it_wait_for_the_next(scene: Scene) -> None:
    async with satellite() as fake, used(scene, fake) as hub:
        await fake.wakes()
        await fake.speaks(quiet(6))
        assert (await fake.got("error")).data["code"] == "stt-no-text-recognized"
        await fake.wakes()
        await asks(fake, "06-door-locked.wav")
        assert "door" in (await fake.got("transcript")).data["text"]
    assert len(hub.turns) == 1


async def test_one_that_is_woken_again_while_it_is_found_out_that_it_fell_silent_is_heard(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paige.device.satellites.source.FELL_SILENT_SECONDS", 0.05)
    async with satellite() as fake, used(scene, fake, mode="word") as hub:
        for number in range(1, 4):
            await fake.wakes()
            await fake.speaks(quiet(6))
            await fake.got("error", number)
            await asyncio.sleep(0.05 + 0.02 * number)
        await fake.wakes()
        await asks(fake, "06-door-locked.wav")
        assert "door" in (await fake.got("transcript")).data["text"]
        assert len([event for event in fake.events if event.type == "error"]) == 3
    assert len(hub.turns) == 1


async def test_one_that_ends_its_sound_after_the_wake_word_lets_it_wait_for_the_next(scene: Scene) -> None:
    async with satellite() as fake, used(scene, fake):
        await fake.wakes()
        await fake.speaks(quiet(0.5))
        await fake.send(AudioStop().event())
        assert (await fake.got("error")).data["code"] == "stt-no-text-recognized"


async def test_one_whose_words_cannot_be_answered_is_not_left_deaf(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("paige.device.satellites.satellite.ANSWER_SECONDS", 0.2)

    async def broken(*_: object) -> Turn:
        raise ZeroDivisionError

    async with satellite() as fake, used(scene, fake):
        with monkeypatch.context() as broken_house:
            broken_house.setattr(scene.assistant.pipeline, "handle_utterance", broken)
            await fake.wakes()
            await asks(fake, "06-door-locked.wav")
            assert (await fake.got("error")).data["code"] == "timeout"
        await fake.wakes()
        await asks(fake, "06-door-locked.wav")
        assert "door" in (await fake.got("transcript")).data["text"]
    assert "nothing has come of" in caplog.text


async def test_a_flood_of_wake_words_is_one(scene: Scene) -> None:
    asked = []

    async def wins(**_: float | None) -> bool:
        asked.append(1)
        await asyncio.sleep(0.2)
        return True

    async with satellite() as fake, used(scene, fake, wins=wins):
        for _ in range(100):
            await fake.wakes()
        await asks(fake, "06-door-locked.wav")
        assert "door" in (await fake.got("transcript")).data["text"]
    assert len(asked) == 1


async def test_where_another_answers_it_is_told_so_and_heard_the_next_time(scene: Scene) -> None:
    verdicts = iter([False, True])

    async def wins(**_: float | None) -> bool:
        await asyncio.sleep(0.05)
        return next(verdicts)

    async with satellite() as fake, used(scene, fake, wins=wins) as hub:
        await fake.wakes()
        await asks(fake, "04-blinds.wav")
        assert (await fake.got("error")).data["code"] == "duplicate_wake_up_detected"
        await fake.wakes()
        await asks(fake, "06-door-locked.wav")
        assert "door" in (await fake.got("transcript")).data["text"]
    assert len(hub.turns) == 1


async def test_what_is_said_while_it_is_decided_who_answers_is_heard(scene: Scene) -> None:
    async def wins(**_: float | None) -> bool:
        await asyncio.sleep(0.2)
        return True

    async with satellite() as fake, used(scene, fake, wins=wins):
        await fake.wakes()
        await fake.speaks(spoken("06-door-locked.wav"))
        await fake.send(AudioStop().event())
        assert "door" in (await fake.got("transcript")).data["text"]


async def test_one_that_always_sends_sound_is_woken_by_its_words(scene: Scene) -> None:
    word = phrase()
    room = np.random.default_rng(2).normal(0, 30, RATE).astype(np.int16)
    await scene.assistant.pipeline.listen_for_the_home()
    async with satellite() as fake, used(scene, fake, mode="word") as hub:
        await fake.wakes(PipelineStage.WAKE)
        await asks(fake, "04-blinds.wav")  # nobody has said the word
        await fake.speaks(np.concatenate([room, word, room[: RATE // 4]]))
        detected = Detection.from_event(await fake.got("detection"))
        await asks(fake, "06-door-locked.wav")
        assert "door" in (await fake.got("transcript")).data["text"]
    assert detected.name == "okay nabu"
    assert len(hub.turns) == 1


@pytest.mark.parametrize("how", ["is lost", "sends half a frame and is silent", "sends half a sample"])
async def test_one_that_fails_in_the_middle_of_a_word_is_heard_again_within_two_seconds(
    scene: Scene, how: str
) -> None:
    async with satellite() as fake, used(scene, fake, limits=Limits(event_seconds=0.5)):
        await fake.wakes()
        await fake.speaks(spoken("04-blinds.wav")[:RATE])
        assert fake._writer is not None
        hubs, began = fake.hubs, time.monotonic()
        if how == "is lost":
            fake.drop()
        elif how == "sends half a sample":
            await fake.send(AudioChunk(RATE, 2, 1, b"abc").event())
        else:
            fake._writer.write(b'{"type": "audio-chunk", "payload_length": 100}\nhalf')
        await fake.got("run-satellite", 2)
        assert fake.hubs == hubs + 1
        assert time.monotonic() - began < 2.0
        await fake.wakes()
        await asks(fake, "06-door-locked.wav")
        assert "door" in (await fake.got("transcript")).data["text"]


async def test_two_at_once_are_heard_each_for_itself(scene: Scene) -> None:
    async with (
        satellite(area="Kitchen") as one,
        satellite(area="Bedroom") as other,
        used(scene, one) as first,
        used(scene, other) as second,
    ):
        await asyncio.gather(one.wakes(), other.wakes())
        await asyncio.gather(asks(one, "10-lamp-here.wav"), asks(other, "10-lamp-here.wav"))
        await asyncio.gather(one.got("transcript"), other.got("transcript"))
    assert [turn.here for turn in (*first.turns, *second.turns)] == ["Kitchen", "Bedroom"]
