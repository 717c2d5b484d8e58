"""A satellite of our own, used by a real hub of ours over TCP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import pytest
from tests.device.satellites.conftest import HOST, PATIENCE, spoken
from tests.device.satellites.own_satellite import Here, own_satellite, quiet, until
from tests.device.scene import Scene
from tests.phrases import phrase

from paige.audio.chunk import RATE
from paige.audio.earcons import Earcon
from paige.audio.errors import SourceLost
from paige.audio.playing import Ended
from paige.audio.voices import open_voice
from paige.device.config.schema import Wake
from paige.device.ear import Ear, Hears
from paige.device.listening import listen
from paige.device.mouth import Mouth
from paige.device.satellites.address import SatelliteAddress
from paige.device.satellites.satellite import Satellite
from paige.device.turn import Turn
from paige.iot.backoff import Backoff

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("recognizer", "no_pacing")]


@dataclass
class Elsewhere:
    """The hub's side."""

    turns: list[Turn]
    ear: Ear
    mouth: Mouth


@asynccontextmanager
async def hub(scene: Scene, here: Here) -> AsyncIterator[Elsewhere]:
    turns: list[Turn] = []
    ears: list[Ear] = []
    mouths: list[Mouth] = []

    def make_ear(one: Satellite) -> Ear:
        async def done(turn: Turn) -> None:
            turns.append(turn)
            await one.told(turn)

        mouths.append(Mouth(open_voice(None, "en"), one.speaker))
        ears.append(Ear(Hears(scene.assistant.pipeline, Wake(), one.area, done, mouths[-1])))
        mouths[-1].on_change(ears[-1].speaks)
        return ears[-1]

    await scene.assistant.pipeline.listen_for_the_home("Kitchen")
    backoff = Backoff(first=0.02, ceiling=0.05)
    async with Satellite(SatelliteAddress(HOST, here.port), make_ear, backoff=backoff):
        await until(lambda: ears)
        async with asyncio.timeout(PATIENCE):
            while ears[0]._attention is None:  # noqa: ASYNC110  # its thread tells nobody
                await asyncio.sleep(0.01)
        yield Elsewhere(turns, ears[0], mouths[0])
        for ear in ears:
            await ear.settled()
    for ear in ears:
        await ear.close()


async def test_what_is_said_to_it_is_done_elsewhere_and_answered_here(scene: Scene) -> None:
    await scene.say("turn on the kitchen lamp")
    async with own_satellite() as here, hub(scene, here) as there:
        here.room.says(quiet(1), phrase(), spoken("10-lamp-here.wav"), quiet(1))
        await until(lambda: there.turns)
        await until(lambda: len(here.loudspeaker.sounds) > 1)
    assert there.turns[0].here == "Kitchen"
    assert scene.state("light.kitchen_lamp") == "off"
    assert here.loudspeaker.played(Earcon.WAKE) == 1
    assert len(here.loudspeaker.sounds[1][0]) > RATE // 2


async def test_a_question_is_answered_without_a_wake_word_and_then_it_needs_one_again(scene: Scene) -> None:
    async with own_satellite() as here, hub(scene, here) as there:
        here.room.says(quiet(1), phrase(), spoken("08-open-garage.wav"), quiet(1))
        await until(lambda: there.turns)
        await there.ear.settled()
        here.room.says(spoken("09-yes.wav"), quiet(1))
        await until(lambda: len(there.turns) > 1)
        await there.ear.settled()
        here.room.says(spoken("04-blinds.wav"), quiet(2))
        await until(lambda: here.room.idle)
    assert [bool(turn.outcomes) for turn in there.turns] == [False, True]


async def test_one_that_always_sends_is_woken_by_the_words_of_the_hub(scene: Scene) -> None:
    async with own_satellite("always") as here, hub(scene, here) as there:
        here.room.says(quiet(1), spoken("04-blinds.wav"), quiet(2))
        here.room.says(phrase(), spoken("06-door-locked.wav"), quiet(1))
        await until(lambda: there.turns)
        await there.ear.settled()
    assert "door" in there.turns[0].text
    assert here.loudspeaker.played(Earcon.WAKE) == 1, "the hub's"


async def test_where_nobody_speaks_after_the_wake_word_it_waits_for_the_next(scene: Scene) -> None:
    async with own_satellite() as here, hub(scene, here) as there:
        here.room.says(quiet(1), phrase(), quiet(7))
        await until(lambda: here.loudspeaker.played(Earcon.NOTHING))
        here.room.says(quiet(3), phrase(), spoken("06-door-locked.wav"), quiet(1))
        await until(lambda: there.turns)


async def test_a_wake_word_that_no_hub_hears_is_answered_by_a_sound(scene: Scene) -> None:
    async with own_satellite() as here:
        here.room.says(quiet(1), phrase())
        await until(lambda: here.loudspeaker.played(Earcon.REFUSED))
        async with hub(scene, here) as there:
            here.room.says(quiet(1.5), phrase(), spoken("06-door-locked.wav"), quiet(1))
            await until(lambda: there.turns)


async def test_a_timer_that_rings_elsewhere_is_ended_by_the_stop_word_here(scene: Scene) -> None:
    async with (
        own_satellite(stop_words=("okay nabu",), words=("hey jarvis",)) as here,
        hub(scene, here) as there,
    ):
        here.loudspeaker.lasts = PATIENCE
        ringing = asyncio.create_task(there.mouth.ring("The pizza is ready."))
        await until(lambda: here.loudspeaker.speaks)
        here.room.says(phrase())
        async with asyncio.timeout(PATIENCE):
            await ringing


async def test_a_hub_that_goes_in_the_middle_of_a_command_is_told_of_and_may_come_back(scene: Scene) -> None:
    async with own_satellite() as here:
        async with hub(scene, here):
            here.room.says(quiet(1), phrase(), quiet(5))
            await until(lambda: here.loudspeaker.played(Earcon.WAKE))
        await until(lambda: here.loudspeaker.played(Earcon.REFUSED))
        async with hub(scene, here) as there:
            here.room.says(phrase(), spoken("06-door-locked.wav"), quiet(1))
            await until(lambda: there.turns)


async def test_a_microphone_that_goes_in_the_middle_of_a_command_is_heard_when_it_is_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paige.device.satellites.here.service.listen", partial(listen, pause=0.01))
    async with own_satellite() as here, hub(scene, here) as there:
        here.room.says(quiet(1), phrase(), quiet(1), SourceLost("It was unplugged."))
        await until(lambda: here.loudspeaker.played(Earcon.NOTHING))
        here.room.says(quiet(3), phrase(), spoken("06-door-locked.wav"), quiet(1))
        await until(lambda: there.turns)
    assert here.room.opened == 2


async def test_the_wake_word_breaks_off_a_reply(scene: Scene) -> None:
    async with own_satellite() as here, hub(scene, here) as there:
        here.loudspeaker.lasts = PATIENCE
        here.room.says(quiet(1), phrase(), spoken("06-door-locked.wav"), quiet(1))
        await until(lambda: here.loudspeaker.speaks)
        here.room.says(phrase(), spoken("04-blinds.wav"), quiet(1))
        await until(lambda: here.loudspeaker.ends == [Ended.STOPPED])
        here.loudspeaker.lasts = 0.0
        await until(lambda: len(there.turns) > 1)
    assert there.turns[1].outcomes
