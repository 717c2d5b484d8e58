"""Several commands in a sentence, and what goes on with them, through the whole pipeline on a real broker."""

import pytest
from tests.device.scene import Scene

from paige.device.turn import Expects, Turn
from paige.iot.outcome import Status
from paige.models.intent import Intent, NotRecognized
from paige.models.nlu.shipped import model_folder
from paige.tools.simulated_home.device import Fault

pytestmark = pytest.mark.asyncio(loop_scope="module")


def done(turn: Turn) -> list[str]:
    """What was confirmed, in order."""
    assert all(outcome.status is Status.DONE for outcome in turn.outcomes), turn.reply.text
    return [f"{outcome.command.service} {outcome.command.entity_id}" for outcome in turn.outcomes]


def intents(turn: Turn) -> list[str]:
    assert isinstance(turn.understood, Intent)
    return [intent.name for intent in (turn.understood, *turn.also)]


async def test_commands_are_done_in_order_with_one_reply_that_tells_all(scene: Scene) -> None:
    turn = await scene.say("turn on the kitchen lamp and lock the front door")
    assert intents(turn) == ["HassTurnOn", "HassTurnOn"]
    assert done(turn) == ["turn_on light.kitchen_lamp", "lock lock.front_door"]
    assert turn.reply.text == "Turned on the Kitchen Lamp. Locked the Front Door."
    assert [step.name for step in turn.steps] == ["parse", "resolve", "publish", "confirm"]
    assert [one["intent"] for one in turn.to_json()["also"]] == ["HassTurnOn"]


async def test_what_was_asked_alike_is_told_at_once(scene: Scene) -> None:
    turn = await scene.say("turn off the kitchen lamp, the bedroom fan and the radio")
    assert len(done(turn)) == 3
    assert turn.reply.text == "Turned off Kitchen Lamp, Bedroom Fan and Kitchen Radio."


async def test_two_commands_for_one_thing_run_one_after_the_other(scene: Scene) -> None:
    await scene.say("turn off the kitchen lamp")
    turn = await scene.say("toggle the kitchen lamp and toggle the kitchen lamp")
    assert done(turn) == ["turn_on light.kitchen_lamp", "turn_off light.kitchen_lamp"]


async def test_a_question_behind_a_command_is_answered_from_what_that_did(scene: Scene) -> None:
    await scene.say("turn off the coffee maker")
    turn = await scene.say("turn on the coffee maker and is the coffee maker on")
    assert turn.reply.text == "Turned on the Coffee Maker. Yes, the Coffee Maker is on."


async def test_what_is_left_out_stays_as_it_is(scene: Scene) -> None:
    await scene.say("turn on all the lights")
    turn = await scene.say("turn off all the lights except the kitchen and the bedroom")
    assert len(done(turn)) == 2
    assert scene.state("light.kitchen_lamp") == scene.state("light.bedroom_lamp") == "on"
    assert scene.state("light.reading_lamp") == "off"
    assert turn.reply.text == "Turned off Living Room Ceiling Light and Reading Lamp."


async def test_where_all_is_left_out_nothing_is_left_to_do(scene: Scene) -> None:
    turn = await scene.say("close the blinds except in the living room")
    assert (turn.outcomes, turn.refusal) == ((), "nothing_left")


async def test_of_a_sentence_that_is_half_understood_nothing_is_done(scene: Scene) -> None:
    await scene.say("turn on the kitchen lamp")
    turn = await scene.say("turn off the kitchen lamp and frobnicate the door")
    assert isinstance(turn.understood, NotRecognized)
    assert turn.outcomes == ()
    assert turn.reply.text == 'Sorry, I didn\'t understand "frobnicate the door", so I have done nothing.'
    assert scene.state("light.kitchen_lamp") == "on"


async def test_each_outcome_is_told_as_it_was(scene: Scene) -> None:
    await scene.converse("turn off the coffee maker", "turn off the kitchen lamp")
    await scene.house.fail("Coffee Maker", Fault.SILENT)
    try:
        turn = await scene.say("turn on the coffee maker and the kitchen lamp")
    finally:
        await scene.house.fail("Coffee Maker", Fault.NONE)
    assert [outcome.status for outcome in turn.outcomes] == [Status.UNCONFIRMED, Status.DONE]
    assert "Kitchen Lamp" in turn.reply.text
    assert "Coffee Maker" in turn.reply.text
    assert not turn.reply.text.startswith("Turned on Coffee Maker and Kitchen Lamp.")


async def test_nothing_is_done_before_what_must_be_asked_is_answered(scene: Scene) -> None:
    await scene.converse("lock the front door", "turn off the bedroom fan", "turn off the kitchen lamp")
    asked = await scene.say("turn on the kitchen lamp, unlock the front door and turn on the bedroom fan")
    assert (asked.outcomes, asked.reply.expects) == ((), Expects.CONFIRMATION)
    assert asked.reply.text == "Shall I unlock the Front Door?"
    assert scene.state("light.kitchen_lamp") == "off"
    yes = await scene.say("yes")
    assert done(yes) == ["turn_on light.kitchen_lamp", "unlock lock.front_door", "turn_on fan.bedroom_fan"]
    again = await scene.say("yes")
    assert again.outcomes == ()


async def test_a_no_to_one_leaves_the_others(scene: Scene) -> None:
    await scene.converse("lock the front door", "turn on the kitchen lamp")
    turn = await scene.converse("turn off the kitchen lamp and unlock the front door", "no")
    assert done(turn) == ["turn_off light.kitchen_lamp"]
    assert turn.reply.text == "All right, I won't. Turned off the Kitchen Lamp."
    assert scene.state("lock.front_door") == "locked"


async def test_two_questions_are_asked_one_after_the_other(scene: Scene) -> None:
    await scene.converse("lock the front door", "turn off the kitchen lamp")
    first = await scene.say("unlock the front door, open the garage door and turn on the kitchen lamp")
    assert first.reply.text == "Shall I unlock the Front Door?"
    second = await scene.say("no")
    assert second.reply.expects is Expects.CONFIRMATION
    assert second.reply.text == "All right, I won't. Shall I open the Garage Door?"
    last = await scene.say("no")
    assert done(last) == ["turn_on light.kitchen_lamp"]


async def test_another_command_drops_all_that_waits(scene: Scene) -> None:
    await scene.converse("lock the front door", "turn on the kitchen lamp")
    await scene.say("turn off the kitchen lamp and unlock the front door")
    turn = await scene.say("turn on the bedroom fan")
    assert done(turn) == ["turn_on fan.bedroom_fan"]
    assert (await scene.say("yes")).outcomes == ()
    assert scene.state("light.kitchen_lamp") == "on"


@pytest.mark.parametrize(
    ("said", "expected", "reply"),
    [
        (
            ["turn on the kitchen lamp", "make it red"],
            ["turn_on light.kitchen_lamp"],
            "The Kitchen Lamp is red.",
        ),
        (
            ["turn on the kitchen lamp", "turn it off again"],
            ["turn_off light.kitchen_lamp"],
            "Turned off the Kitchen Lamp.",
        ),
        (
            ["set the bedroom lamp to 20 percent", "a bit brighter"],
            ["turn_on light.bedroom_lamp"],
            None,
        ),
        (
            ["turn on the lights", "and the bedroom too"],
            ["turn_on light.bedroom_lamp"],
            "Turned on the lights in the Bedroom.",
        ),
        (
            ["turn on the lights", "what about upstairs"],
            ["turn_on light.bedroom_lamp"],
            "Turned on the lights upstairs.",
        ),
        (
            ["turn on the reading lamp", "no, the other one"],
            ["turn_on light.living_room_ceiling_light"],
            "Turned on the Living Room Ceiling Light.",
        ),
        (
            ["turn on the reading lamp", "no, the other one", "no, the other one"],
            ["turn_on light.reading_lamp"],
            "Turned on the Reading Lamp.",
        ),
        (
            ["turn on the bedroom lamp", "no, the kitchen"],
            ["turn_on light.kitchen_lamp"],
            "Turned on the Kitchen Lamp.",
        ),
        (
            ["turn on the kitchen lamp and the bedroom lamp", "turn them off"],
            ["turn_off light.kitchen_lamp", "turn_off light.bedroom_lamp"],
            "Turned off Kitchen Lamp and Bedroom Lamp.",
        ),
        (
            ["turn on the kitchen lamp and make it blue"],
            ["turn_on light.kitchen_lamp", "turn_on light.kitchen_lamp"],
            "Turned on the Kitchen Lamp. The Kitchen Lamp is blue.",
        ),
        (
            ["turn off the kitchen lamp", "make it red and turn on the bedroom fan"],
            ["turn_on light.kitchen_lamp", "turn_on fan.bedroom_fan"],
            "The Kitchen Lamp is red. Turned on the Bedroom Fan.",
        ),
    ],
)
async def test_what_goes_on_with_the_last_command(
    scene: Scene, said: list[str], expected: list[str], reply: str | None
) -> None:
    turn = await scene.converse(*said)
    assert done(turn) == expected
    assert reply is None or turn.reply.text == reply


async def test_a_correction_undoes_nothing(scene: Scene) -> None:
    await scene.converse("turn off the kitchen lamp", "turn off the bedroom lamp")
    await scene.converse("turn on the bedroom lamp", "no, the kitchen")
    assert scene.state("light.bedroom_lamp") == scene.state("light.kitchen_lamp") == "on"


async def test_a_state_is_asked_for_of_the_next_thing(scene: Scene) -> None:
    await scene.say("lock the front door")
    turn = await scene.converse("is the front door locked", "and what about the garage door")
    assert turn.outcomes == ()
    turn = await scene.converse("is the kitchen lamp on", "and the bedroom lamp")
    assert "Bedroom Lamp" in turn.reply.text


async def test_what_must_be_confirmed_must_be_by_another_word_for_it_too(scene: Scene) -> None:
    turn = await scene.converse("lock the front door", "unlock it")
    assert (turn.outcomes, turn.reply.expects) == ((), Expects.CONFIRMATION)
    assert (await scene.say("no")).outcomes == ()
    assert scene.state("lock.front_door") == "locked"


async def test_it_is_something_else_in_another_room(scene: Scene) -> None:
    await scene.say("turn off the bedroom lamp", here="Bedroom")
    await scene.say("turn on the kitchen lamp", here="Kitchen")
    turn = await scene.say("turn it on", here="Bedroom")
    assert done(turn) == ["turn_on light.bedroom_lamp"]


async def test_a_command_for_later_stands_for_itself(scene: Scene) -> None:
    await scene.say("turn on the kitchen lamp")
    pipeline = scene.assistant.pipeline
    turn = await pipeline.handle_text("make it red", alone=True)
    assert "light.kitchen_lamp" not in {outcome.command.entity_id for outcome in turn.outcomes}
    await pipeline.handle_text("turn on the bedroom fan", alone=True)
    assert done(await scene.say("turn it off")) == ["turn_off light.kitchen_lamp"]


async def test_nothing_goes_on_with_what_was_not_understood(scene: Scene) -> None:
    turn = await scene.converse(
        "turn on the kitchen lamp", "the parliament adjourned on tuesday", "turn it off"
    )
    assert done(turn) == ["turn_off light.kitchen_lamp"]
    turn = await scene.converse("turn on the kitchen lamp", "and the parliament")
    assert isinstance(turn.understood, NotRecognized)


@pytest.mark.skipif(model_folder("en") is None, reason="this tree has no model of the intent parser")
async def test_it_is_the_same_in_words_that_only_the_model_understands(scene: Scene) -> None:
    turn = await scene.converse(
        "turn on the kitchen lamp", "would you mind switching it off again for me my dear"
    )
    assert done(turn) == ["turn_off light.kitchen_lamp"]


@pytest.mark.skipif(model_folder("en") is None, reason="this tree has no model of the intent parser")
async def test_a_name_that_nobody_gave_is_asked_about_where_one_means_nearly_the_same(scene: Scene) -> None:
    said = "would you kindly switch the reading light on"
    asked = await scene.converse("turn off the reading lamp", said)
    assert (asked.reply.text, asked.reply.expects) == ("Do you mean the Reading Lamp?", Expects.CHOICE)
    assert scene.state("light.reading_lamp") == "off"
    assert done(await scene.say("yes")) == ["turn_on light.reading_lamp"]
    await scene.converse("turn off the reading lamp", said)
    declined = await scene.say("no")
    assert (declined.reply.text, done(declined)) == ("All right, I won't.", [])
    assert scene.state("light.reading_lamp") == "off"
    unknown = await scene.say("would you kindly switch the unicorn on")
    assert (unknown.reply.expects, done(unknown)) == (Expects.NOTHING, [])
