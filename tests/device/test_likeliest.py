"""Of what somebody may have said, what makes sense in this home is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.device.scene import Scene

from paige.device.likeliest import likeliest, sense_of
from paige.iot.resolution import Asks, Commands, Question, Reason, Refused, Resolution
from paige.models.intent import Intent
from paige.models.transcript import Transcript


def heard(text: str, confidence: float, *others: Transcript) -> Transcript:
    return Transcript(text, confidence, 1.0, (), others)


def test_what_the_home_can_do_comes_before_what_it_cannot() -> None:
    sense = {"open the lamp": 0.5, "open the blind": 1.0}
    found = likeliest(heard("open the lamp", 0.9, heard("open the blind", 0.6)), sense.__getitem__, 0.5)
    assert found.text == "open the blind"


def test_what_is_surer_stays_where_both_make_sense() -> None:
    found = likeliest(heard("on", 0.9, heard("off", 0.8)), lambda _: 1.0, 0.5)
    assert found.text == "on"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_what_is_not_sure_is_never_chosen(first: float, second: float, least: float) -> None:
    found = likeliest(heard("a", first, heard("b", second)), {"a": 0.1, "b": 1.0}.__getitem__, least)
    assert found.text == "a" or second >= least


def test_sense_is_that_of_the_command_that_makes_least() -> None:
    intents = [Intent(name, {}, 1.0, name) for name in ("can", "which", "cannot")]
    worth: dict[str, Resolution] = {
        "can": Commands(()),
        "which": Question(Asks.WHICH, intents[1], ()),
        "cannot": Refused(Reason.UNAVAILABLE),
    }
    senses = [sense_of(intents[: count + 1], lambda one: worth[one.name]) for count in range(3)]
    assert senses == sorted(senses, reverse=True)
    assert len(set(senses)) == 3
    assert sense_of((), lambda one: worth[one.name]) == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_in_a_home_it_is_asked_what_would_come_of_each(scene: Scene) -> None:
    sense = scene.assistant.pipeline._sense
    assert sense("turn on the kitchen lamp", None) > sense("lock the kitchen lamp", None)
    assert sense("purple monkey dishwasher", None) == 0
