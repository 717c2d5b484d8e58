"""What says when is never done at once."""

from pathlib import Path

import pytest

from paige.iot.home_file import load_home
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import tokenize, words_of
from paige.models.intent import Intent, NotRecognized, SlotValue, Why
from paige.models.nlu.later import Later
from paige.models.nlu.parser import IntentParser
from paige.models.nlu.shipped import LazyModel

ENGLISH = Later.for_language("en")
HOME = Path(__file__).parents[1] / "english" / "home.yaml"
MODEL = LazyModel.for_language("en")


@pytest.mark.parametrize(
    ("text", "command", "slots"),
    [
        ("kill the lights in ten minutes", "kill the lights", {"minutes": 10}),
        ("In half an hour, lights out", "lights out", {"minutes": 30}),
        ("lights out at ten", "lights out", {"at_hour": 10}),
        ("coffee at quarter to 7 tomorrow", "coffee", {"at_minute": -15, "at_hour": 7, "at_day": "tomorrow"}),
        ("coffee on monday at 10pm", "coffee", {"at_day": "monday", "at_hour": 10, "at_half": "pm"}),
        ("noise in the kitchen", None, None),
        ("at ten", None, None),
        ("lights at 25", None, None),
        ("", None, None),
        ("🙂", None, None),
    ],
)
def test_a_sentence_is_cut_into_a_command_and_its_time(
    text: str, command: str | None, slots: dict[str, object] | None
) -> None:
    cut = ENGLISH.cut(tokenize(text))
    assert (None if cut is None else cut.command) == command
    assert (None if cut is None else dict(cut.when.slots)) == slots


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("turn it off when I leave", True),
        ("turn it off every day", True),
        ("turn off every light", False),
        ("turn it off if you can", False),
        ("turn it off if it rains", True),
        ("turn everything off at once", False),
        ("do it in the evening", True),
        ("turn it off", False),
        ("", False),
    ],
)
def test_words_that_tell_of_another_time_are_noticed(text: str, later: bool) -> None:
    assert ENGLISH.says(words_of(text)) is later


def test_a_name_with_such_words_tells_of_no_time() -> None:
    words = words_of("turn on sunset mode")
    assert ENGLISH.says(words)
    assert not ENGLISH.says(words, [("name", 2, 4)])


def test_a_language_without_such_words_finds_none() -> None:
    other = Later.for_language("tlh")
    assert other.cut(tokenize("lights out at ten")) is None
    assert not other.says(words_of("tomorrow"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("set a timer for 10 pm", True),
        ("a timer for 10 p.m. please", True),
        ("is it seven o'clock", True),
        ("twenty to nine", True),
        ("ring at noon", True),
        ("a timer for ten", False),
        ("set a timer for twenty five minutes", False),
        ("set a timer for half an hour", False),
        ("I am cold", False),
        ("", False),
    ],
)
def test_a_time_of_day_is_told_from_a_number(text: str, says: bool) -> None:
    assert ENGLISH.says_clock(tokenize(text)) is says


@pytest.mark.parametrize(
    ("text", "slots", "takes"),
    [
        ("a timer for 10 pm", {"minutes": 10}, True),
        ("a timer for ten", {"minutes": 10}, True),
        ("a timer for 10:30", {"minutes": 10, "seconds": 30}, True),
        ("10 minutes past ten", {"minutes": 10}, True),
        ("one of ten minutes", {"minutes": 10}, False),
        ("an hour and a half", {"minutes": 90}, False),
        ("the 10 minute one", {"start_minutes": 10}, False),
        ("the 10 one", {"start_minutes": 10}, True),
        ("the lamp", {"name": "lamp"}, False),
    ],
)
def test_a_number_without_a_unit_is_no_length_of_time(
    text: str, slots: dict[str, SlotValue], takes: bool
) -> None:
    assert ENGLISH.takes_clock_for_length(tokenize(text), slots) is takes
    assert not Later.for_language("tlh").takes_clock_for_length(tokenize(text), slots)


def parser() -> IntentParser:
    return IntentParser(Language(Sentences.for_language("en"), load_home(HOME).vocabulary()), MODEL)


@pytest.mark.parametrize(
    ("text", "command", "slots"),
    [
        (
            "turn off the lights and lock the front door at ten",
            "turn off the lights and lock the front door",
            {"at_hour": 10},
        ),
        (
            "turn off the lights, close the patio blind and lock the front door in five minutes",
            "turn off the lights, close the patio blind and lock the front door",
            {"minutes": 5},
        ),
    ],
)
def test_a_time_behind_several_commands_is_that_of_all(
    text: str, command: str, slots: dict[str, object]
) -> None:
    found = parser().exact(text)
    assert not isinstance(found, NotRecognized)
    assert [dict(one.slots) for one in found] == [{**slots, "conversation_command": command}]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("turn off the lights now and lock the front door at ten", ["HassTurnOff", "HassStartTimer"]),
        ("turn off the lights in five minutes and lock the front door", ["HassStartTimer", "HassTurnOn"]),
        ("in five minutes turn off the lights and lock the front door", ["HassStartTimer", "HassStartTimer"]),
    ],
)
def test_a_time_of_one_command_is_no_time_of_another(text: str, names: list[str]) -> None:
    found = parser().exact(text)
    assert not isinstance(found, NotRecognized)
    assert [one.name for one in found] == names


@pytest.mark.skipif(not MODEL, reason="the model of this language does not come with this tree")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("could you get the kitchen lights off at nine", {"at_hour": 9}),
        ("i want the desk lamp off in an hour", {"hours": 1}),
        ("make me a coffee at seven", {"at_hour": 7}),
        ("turn off the desk lamp when i leave", Why.NOT_NOW),
        ("after dinner turn off the lights", Why.NOT_NOW),
        ("have the coffee maker running at seven every day", Why.NOT_NOW),
    ],
)
def test_what_the_model_understands_is_kept_for_its_time_or_refused(
    text: str, expected: dict[str, object] | Why
) -> None:
    found = parser().parse(text)
    if isinstance(expected, Why):
        assert isinstance(found, NotRecognized)
        assert found.why is expected
    else:
        assert isinstance(found, Intent)
        assert found.name == "HassStartTimer"
        assert {**expected, "conversation_command": found.slots["conversation_command"]} == found.slots


CLOCKS = (
    "10 pm",
    "10 p.m.",
    "10pm",
    "ten p m",
    "ten o'clock",
    "10:30",
    "22:15",
    "seven thirty pm",
    "half past six",
    "quarter to seven",
    "5 minutes past ten",
    "ten minutes to five",
    "20 to 9",
    "noon",
    "7 in the morning",
    "seven tonight",
    "tomorrow at 6:30",
)
SAID = (
    "set a timer for {}",
    "timer {}",
    "{} timer",
    "timer until {}",
    "set the timer to {}",
    "put {} on the timer",
    "add {} to my timer",
    "set a timer for {} called pizza",
    "could you get a timer going for {} please",
    "I want the timer to go off at {}",
    "extend the timer to {}",
    "cancel the {} timer",
    "set an alarm for {}",
    "wake me up at {}",
)


@pytest.mark.skipif(not MODEL, reason="the model of this language does not come with this tree")
@pytest.mark.parametrize("said", SAID)
def test_a_time_of_day_is_never_a_length_of_time(said: str) -> None:
    its = parser()
    for clock in CLOCKS:
        found = its.parse_all(said.format(clock))
        for intent in () if isinstance(found, NotRecognized) else found:
            units = {slot.removeprefix("start_") for slot in intent.slots}
            assert units.isdisjoint({"hours", "minutes", "seconds"}), (clock, intent)


@pytest.mark.skipif(not MODEL, reason="the model of this language does not come with this tree")
@pytest.mark.parametrize(
    "text",
    [
        "please set me an alarm",
        "create an alarm for me",
        "please set alarm for all days",
        "don't wake me up at seven",
        "is my wake up alarm set a six am",
    ],
)
def test_nothing_wakes_anybody_at_a_time_that_was_not_said(text: str) -> None:
    assert isinstance(parser().parse_all(text), NotRecognized)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("set an alarm for 7 am and 8 am", [7, 8]),
        ("set an alarm for 7 and 8 am", [7, 8]),
        ("wake me up at 7 and at 8", [7, 8]),
        ("set an alarm for 7:15 and 7:30", [(7, 15), (7, 30)]),
    ],
)
def test_of_two_times_of_day_none_is_the_minute_of_the_other(text: str, hours: list[object]) -> None:
    found = parser().exact(text)
    assert not isinstance(found, NotRecognized)
    said = [(one.slots["at_hour"], one.slots.get("at_minute")) for one in found]
    assert [(hour, minute) if minute else hour for hour, minute in said] == hours


def test_a_length_of_time_beside_a_command_for_a_time_of_day_is_one() -> None:
    found = parser().exact("turn off the lights at 10 pm and set a timer for 5 minutes called pizza")
    assert not isinstance(found, NotRecognized)
    assert [dict(one.slots) for one in found] == [
        {"conversation_command": "turn off the lights", "at_hour": 10, "at_half": "pm"},
        {"minutes": 5, "name": "pizza"},
    ]


@pytest.mark.skipif(not MODEL, reason="the model of this language does not come with this tree")
@pytest.mark.parametrize("text", ["bump the heat up two degrees", "drop the temperature three degrees"])
def test_a_bare_number_of_degrees_that_may_be_a_step_is_no_goal(text: str) -> None:
    found = parser().parse(text)
    assert isinstance(found, NotRecognized) or "temperature" not in found.slots


@pytest.mark.skipif(not MODEL, reason="the model of this language does not come with this tree")
@pytest.mark.parametrize("text", ["i want the volume at 4 please", "i'd like the bathroom at 22"])
def test_a_level_that_may_be_an_hour_is_a_level(text: str) -> None:
    found = parser().parse(text)
    assert isinstance(found, NotRecognized) or "conversation_command" not in found.slots


@pytest.mark.skipif(not MODEL, reason="the model of this language does not come with this tree")
def test_a_step_of_everything_is_of_the_whole_home() -> None:
    found = parser().parse("everything a bit darker please")
    assert isinstance(found, Intent)
    assert found.slots == {"name": "all", "brightness_step": "down"}
