"""Requests through the whole pipeline, against the simulated house on a real broker."""

import asyncio

import pytest
from tests.device.scene import Scene

from paige.device.turn import Expects, Turn
from paige.iot.cause import Cause, Why
from paige.iot.outcome import Status
from paige.models.intent import Intent, NotRecognized
from paige.models.nlu.shipped import model_folder
from paige.tools.simulated_home.device import Fault

pytestmark = pytest.mark.asyncio(loop_scope="module")


def statuses(turn: Turn) -> list[Status]:
    return [outcome.status for outcome in turn.outcomes]


@pytest.mark.parametrize(
    ("said", "entity_id", "state", "reply"),
    [
        ("turn on the kitchen lamp", "light.kitchen_lamp", "on", "Turned on the Kitchen Lamp."),
        ("switch off the kitchen lamp", "light.kitchen_lamp", "off", "Turned off the Kitchen Lamp."),
        ("turn on the coffee maker", "switch.coffee_maker", "on", "Turned on the Coffee Maker."),
        ("turn on the bedroom fan", "fan.bedroom_fan", "on", "Turned on the Bedroom Fan."),
        (
            "close the blinds in the living room",
            "cover.living_room_blinds",
            "closed",
            "Closed the blind in the Living Room.",
        ),
        ("turn on the couch light", "light.reading_lamp", "on", "Turned on the Reading Lamp."),
        ("lock the front door", "lock.front_door", "locked", "Locked the Front Door."),
    ],
)
async def test_a_sentence_switches_an_entity_and_says_so_when_its_state_says_so(
    scene: Scene, said: str, entity_id: str, state: str, reply: str
) -> None:
    turn = await scene.say(said)
    assert statuses(turn) == [Status.DONE]
    assert scene.state(entity_id) == state
    assert turn.reply.text == reply
    assert [step.name for step in turn.steps] == ["parse", "resolve", "publish", "confirm"]


async def test_a_group_is_commanded_together(scene: Scene) -> None:
    turn = await scene.say("set the living room lights to forty percent")
    assert {outcome.command.entity_id for outcome in turn.outcomes} == {
        "light.living_room_ceiling_light",
        "light.reading_lamp",
    }
    assert set(statuses(turn)) == {Status.DONE}
    assert turn.reply.text == "The lights in the Living Room are at 40 percent."


async def test_unlocking_asks_first_and_is_done_after_a_yes(scene: Scene) -> None:
    await scene.say("lock the front door")
    asked = await scene.say("unlock the front door")
    assert (asked.outcomes, asked.reply.expects) == ((), Expects.CONFIRMATION)
    assert scene.state("lock.front_door") == "locked"
    done = await scene.say("yes please")
    assert statuses(done) == [Status.DONE]
    assert scene.state("lock.front_door") == "unlocked"
    assert done.reply.text == "Unlocked the Front Door."


async def test_a_no_leaves_the_garage_door_closed(scene: Scene) -> None:
    asked = await scene.say("open the garage door")
    assert asked.reply.text == "Shall I open the Garage Door?"
    declined = await scene.say("no")
    assert (declined.outcomes, declined.reply.expects) == ((), Expects.NOTHING)
    assert scene.state("cover.garage_door") == "closed"


async def test_a_yes_means_nothing_where_nothing_was_asked(scene: Scene) -> None:
    turn = await scene.say("yes please")
    assert isinstance(turn.understood, NotRecognized)
    assert turn.outcomes == ()


async def test_a_yes_from_another_room_is_not_for_the_question_here(scene: Scene) -> None:
    await scene.say("open the garage door", here="Bedroom")
    elsewhere = await scene.say("yes please", here="Kitchen")
    assert elsewhere.outcomes == ()
    assert scene.state("cover.garage_door") == "closed"
    await scene.say("no", here="Bedroom")


async def test_another_command_drops_the_question(scene: Scene) -> None:
    await scene.say("open the garage door")
    turn = await scene.say("turn on the kitchen lamp")
    assert statuses(turn) == [Status.DONE]
    late = await scene.say("yes please")
    assert late.outcomes == ()
    assert scene.state("cover.garage_door") == "closed"


async def test_a_question_is_asked_twice_and_then_dropped(scene: Scene) -> None:
    await scene.say("open the garage door")
    again = await scene.say("how far away is the moon")
    assert again.reply.expects is Expects.CONFIRMATION
    dropped = await scene.say("how far away is the moon")
    assert dropped.reply.expects is Expects.NOTHING
    assert scene.state("cover.garage_door") == "closed"


async def test_a_question_about_a_state_is_answered_from_the_registry(scene: Scene) -> None:
    await scene.say("lock the front door")
    assert (await scene.say("is the front door locked")).reply.text == "Yes, the Front Door is locked."
    assert (await scene.say("what is the outdoor temperature")).reply.text.startswith(
        "The Outdoor Temperature is "
    )


async def test_a_silent_device_is_not_called_switched(scene: Scene) -> None:
    await scene.say("turn off the coffee maker")
    await scene.house.fail("Coffee Maker", Fault.SILENT)
    try:
        turn = await scene.say("turn on the coffee maker")
    finally:
        await scene.house.fail("Coffee Maker", Fault.NONE)
    assert statuses(turn) == [Status.UNCONFIRMED]
    assert turn.reply.text.startswith("I tried to turn on the Coffee Maker, but ")


async def test_an_unreachable_device_is_refused_by_name(scene: Scene) -> None:
    await scene.house.fail("Kitchen Lamp", Fault.UNAVAILABLE)
    try:
        await scene.becomes("light.kitchen_lamp", available=False)
        turn = await scene.say("turn on the kitchen lamp")
    finally:
        await scene.house.fail("Kitchen Lamp", Fault.NONE)
        await scene.becomes("light.kitchen_lamp", available=True)
    assert turn.outcomes == ()
    assert turn.reply.text == "The Kitchen Lamp is not reachable."


@pytest.mark.skipif(model_folder("en") is None, reason="this tree has no model of the intent parser")
async def test_what_no_template_has_is_understood_by_the_model_and_done(scene: Scene) -> None:
    turn = await scene.say("could you get the kitchen lamb going")
    assert isinstance(turn.understood, Intent)
    assert turn.understood.confidence < 1
    assert statuses(turn) == [Status.DONE]
    assert scene.state("light.kitchen_lamp") == "on"
    far = await scene.say("how far away is the moon")
    assert isinstance(far.understood, NotRecognized)
    assert far.reply.text == "Sorry, I didn't understand that."


async def test_here_is_where_the_speaker_stands(scene: Scene) -> None:
    turn = await scene.say("turn off the lights in here", here="Bedroom")
    assert [outcome.command.entity_id for outcome in turn.outcomes] == ["light.bedroom_lamp"]


async def test_the_clock_needs_no_entity(scene: Scene) -> None:
    turn = await scene.say("what time is it")
    assert isinstance(turn.understood, Intent)
    assert turn.outcomes == ()
    assert turn.reply.text.startswith("It's ")


async def test_timers_and_lists_need_someone_who_stays(scene: Scene) -> None:
    for said in ("set a timer for five minutes", "add milk to the shopping list"):
        turn = await scene.say(said)
        assert turn.reply.text == "I keep timers and lists only while I am running as a service."


async def test_what_is_under_way_can_be_stopped(scene: Scene) -> None:
    moving = asyncio.Event()
    forget = scene.assistant.home.registry.subscribe(
        lambda update: moving.set() if update.after and update.after.state == "opening" else None
    )
    await scene.say("open the garage door")
    opening = asyncio.create_task(scene.say("yes"))
    async with asyncio.timeout(10):
        await moving.wait()
    forget()
    stopped = await scene.say("stop the garage door")
    assert [outcome.status for outcome in stopped.outcomes] == [Status.DONE]
    assert scene.state("cover.garage_door") != "opening"
    (outcome,) = (await opening).outcomes
    assert outcome.reason == Why(Cause.SUPERSEDED)
    await scene.say("close the garage door")
