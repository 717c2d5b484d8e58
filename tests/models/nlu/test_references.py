"""What goes on with the last command, in the language and home of the demo."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paige.tools.demo
from paige.iot.home_file import load_home
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent, SlotValue
from paige.models.nlu.references import FollowWords, References, remainder
from paige.models.vocabulary import Vocabulary

HOME = Path(paige.tools.demo.__file__).with_name("home.yaml")
LAMP = {"name": "Kitchen Lamp"}


@cache
def language() -> Language:
    return Language(Sentences.for_language("en"), load_home(HOME).vocabulary())


@cache
def references() -> References:
    return References(
        FollowWords.for_language("en"), language().sentences, language().parse, language().vocabulary
    )


def command(text: str) -> Intent:
    found = language().parse(text)
    assert isinstance(found, Intent), text
    return found


@pytest.mark.parametrize(
    ("before", "text", "name", "slots"),
    [
        ("turn on the kitchen lamp", "make it red", "HassLightSet", {**LAMP, "color": "red"}),
        ("turn on the kitchen lamp", "turn it off", "HassTurnOff", LAMP),
        ("turn on the kitchen lamp", "dim it to 20 percent", "HassLightSet", {**LAMP, "brightness": 20}),
        ("turn on the kitchen lamp", "is it on", "HassGetState", {**LAMP, "state": "on"}),
        ("lock the front door", "unlock it", "HassTurnOff", {"name": "Front Door"}),
        ("open the garage door", "close that", "HassTurnOff", {"name": "Garage Door"}),
        (
            "turn on the lights",
            "make them blue",
            "HassLightSet",
            {"area": "Living Room", "domain": "light", "color": "blue"},
        ),
    ],
)
def test_it_is_what_the_last_command_was_about(
    before: str, text: str, name: str, slots: dict[str, SlotValue]
) -> None:
    ((number, found),) = references().about(text, [command(before)])
    assert (number, found.name, dict(found.slots)) == (0, name, slots)


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("a bit brighter", {**LAMP, "brightness_step": "up"}),
        ("40 percent", {**LAMP, "brightness": 40}),
        ("blue", {**LAMP, "color": "blue"}),
    ],
)
def test_it_may_be_left_out_where_nothing_else_is_meant(text: str, slots: dict[str, SlotValue]) -> None:
    last = [command("turn on the kitchen lamp")]
    ((_, found),) = references().about(text, last, bare=True)
    assert dict(found.slots) == slots
    assert references().about(text, last) == ()


def test_they_are_what_all_the_last_commands_were_about() -> None:
    last = [command("turn on the kitchen lamp"), command("turn on the bedroom fan")]
    both = references().about("turn them off", last)
    assert [found.slots["name"] for _, found in both] == ["Kitchen Lamp", "Bedroom Fan"]
    assert [found.slots["name"] for _, found in references().about("turn it off", last)] == ["Bedroom Fan"]
    # A fan has no colour, and half of what was asked for is not what was asked.
    assert references().about("make them red", last) == ()


@pytest.mark.parametrize(
    "text",
    [
        "what time is it",
        "make it warmer",
        "make it red in the bedroom",
        "forget it",
        "decrease that timer called jazz by twenty seconds",
        "turn on the lights",
        "",
    ],
)
def test_what_is_about_something_else_does_not_refer(text: str) -> None:
    assert references().about(text, [command("turn on the kitchen lamp")]) == ()


def test_it_is_nothing_where_nothing_was_about_a_thing() -> None:
    assert references().about("turn it off", [command("what time is it")]) == ()
    assert references().about("turn it off", []) == ()


@pytest.mark.parametrize(
    ("text", "rest", "marked"),
    [
        ("and the bedroom too", "the bedroom", True),
        ("No, I meant the kitchen.", "the kitchen", True),
        ("turn it off again, please", "turn it off", True),
        ("what about upstairs?", "upstairs", True),
        ("the bedroom", "the bedroom", False),
        ("and", "", True),
    ],
)
def test_the_words_that_only_go_on_are_left_off(text: str, rest: str, marked: bool) -> None:
    found = remainder(text, references().words)
    assert (found.text, found.marked, found.other) == (rest, marked, False)


@pytest.mark.parametrize("text", ["no, the other one", "the other one please", "not that one, the other"])
def test_another_one_is_asked_for(text: str) -> None:
    assert remainder(text, references().words).other


@pytest.mark.parametrize(
    ("before", "fragment", "slots"),
    [
        ("turn on the lights", "the bedroom", {"area": "Bedroom", "domain": "light"}),
        ("turn on the kitchen lamp", "the bedroom", {"name": "Bedroom Lamp"}),
        ("turn on the kitchen lamp", "the bedroom fan", {"name": "Bedroom Fan"}),
        ("turn off the lights", "upstairs", {"floor": "Upstairs", "domain": "light"}),
        ("make the kitchen lamp red", "blue", {**LAMP, "color": "blue"}),
        ("what is the temperature in the kitchen", "in the bedroom", {"area": "Bedroom"}),
        ("turn on the kitchen lamp", "colourless green ideas", None),
        ("turn on the kitchen lamp", "lock the front door", None),
        ("play jazz", "anything at all", None),
    ],
)
def test_a_fragment_takes_the_place_of_what_is_like_it(
    before: str, fragment: str, slots: dict[str, SlotValue] | None
) -> None:
    last = command(before)
    found = references().goes_on(fragment, last)
    assert (None if found is None else dict(found.slots)) == slots
    assert found is None or found.name == last.name


@given(st.text() | st.sampled_from(["it " * 5_000, "and " * 5_000]), st.booleans())
@settings(max_examples=100, deadline=None)
def test_bad_input_goes_on_with_nothing_or_something(text: str, bare: bool) -> None:
    last = command("turn on the kitchen lamp")
    rest = remainder(text, references().words)
    references().about(rest.text, [last], bare=bare)
    references().goes_on(rest.text, last)


def test_a_home_without_entities_has_no_it() -> None:
    empty = References(FollowWords.for_language("en"), language().sentences, language().parse, Vocabulary())
    assert empty.about("make it red", [command("turn on the kitchen lamp")]) == ()


@pytest.mark.parametrize(
    ("text", "spelled_out"),
    [
        ("could you get it going", "could you get Kitchen Lamp going"),
        ("what about that one?", "what about Kitchen Lamp"),
        ("turn on the fan", None),
        ("it " * 100, None),
    ],
)
def test_it_is_spelled_out(text: str, spelled_out: str | None) -> None:
    assert references().spelled_out(text, command("turn on the kitchen lamp")) == spelled_out
    assert references().spelled_out(text, command("turn on the lights")) is None
