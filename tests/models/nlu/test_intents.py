"""Frames, as a model would find them, become intents of a home, or refusals; nothing is done on a guess."""

from collections.abc import Mapping

import pytest

from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import tokenize, words_of
from paige.models.intent import Intent, NotRecognized, SlotValue, Why
from paige.models.nlu.frame import Frame
from paige.models.nlu.home_names import HomeNames
from paige.models.nlu.intents import IntentBuilder
from paige.models.nlu.shapes import Shapes
from paige.models.vocabulary import Name, Vocabulary

KITCHEN = {"area": "Kitchen", "floor": "Ground Floor"}
ENTITIES = (
    Name("Kitchen Lamp", "Kitchen Lamp", {"domain": "light", **KITCHEN}),
    Name("Desk Lamp", "Desk Lamp", {"domain": "light", "area": "Study"}),
    Name("Floor Lamp", "Floor Lamp", {"domain": "light", "area": "Study"}),
    Name("Front Door", "Front Door", {"domain": "lock", "area": "Hall"}),
    Name("Garage Door", "Garage Door", {"domain": "cover", "device_class": "garage", "area": "Garage"}),
    Name("Ceiling Fan", "Ceiling Fan", {"domain": "fan", "area": "Study"}),
)
AREAS = (
    Name("Kitchen", "Kitchen", {"floor": "Ground Floor"}),
    *(Name(area, area) for area in ("Study", "Hall", "Garage", "Guest Bedroom", "Master Bedroom")),
)
FLOORS = (Name("Ground Floor", "Ground Floor"), Name("Downstairs", "Ground Floor"))
SENTENCES = Sentences.for_language("en")
SHAPES = Shapes(SENTENCES)
TAGS = ("amount", "area", "color", "floor", "name", "temperature", "time", "search_query", "minutes")


def built(
    text: str,
    intent: str,
    traits: Mapping[str, str] | None = None,
    *,
    here: str | None = "Study",
    is_list: bool = False,
    **said: str | tuple[str, ...],
) -> tuple[Intent, ...] | NotRecognized:
    """What becomes of a frame in which these words say these slots."""
    words = tokenize(text).words
    spans = []
    for slot, phrases in said.items():
        for phrase in (phrases,) if isinstance(phrases, str) else phrases:
            part = words_of(phrase)
            at = next(at for at in range(len(words)) if words[at : at + len(part)] == part)
            spans.append((slot, at, at + len(part)))
    vocabulary = Vocabulary(ENTITIES, AREAS, FLOORS, here)
    builder = IntentBuilder(Language(SENTENCES, vocabulary), SHAPES, HomeNames(vocabulary, "en"), TAGS)
    frame = Frame(words, intent, 0.9, traits or {}, tuple(spans))
    return builder.build(frame, tokenize(text), is_list=is_list).result


def one(found: tuple[Intent, ...] | NotRecognized) -> Intent:
    assert not isinstance(found, NotRecognized), found.why
    (intent,) = found
    return intent


def why(found: tuple[Intent, ...] | NotRecognized) -> Why:
    assert isinstance(found, NotRecognized), found
    return found.why


def slots(found: tuple[Intent, ...] | NotRecognized) -> Mapping[str, SlotValue]:
    return one(found).slots


LIGHT, DOWN = {"domain": "light"}, {"brightness_step": "down"}


def test_a_name_is_the_homes_and_confidence_is_the_models() -> None:
    intent = one(built("get the desk lamb going", "HassTurnOn", name="desk lamb"))
    assert (intent.slots, intent.confidence) == ({"name": "Desk Lamp"}, 0.9)
    assert intent.spans == {"name": (2, 4)}
    assert intent.context == {"domain": "light"}


def test_a_name_that_may_be_several_things_keeps_what_was_said_and_has_their_names() -> None:
    intent = one(built("fire up the lamp", "HassTurnOn", name="lamp", here="Hall"))
    assert "lamp" in str(intent.slots)
    study = one(built("fire up the bedroom", "HassTurnOn", LIGHT, area="bedroom"))
    assert study.slots["area"] == "bedroom"
    assert set(study.choices["area"]) == {"Guest Bedroom", "Master Bedroom"}


def test_a_name_that_the_home_has_not_is_given_as_it_was_said() -> None:
    assert slots(built("fire up the juicer", "HassTurnOn", name="juicer")) == {"name": "juicer"}


def test_a_name_with_nothing_beside_it_is_no_command() -> None:
    assert why(built("the ceiling fan please", "HassTurnOff", name="ceiling fan")) is Why.UNSURE


@pytest.mark.parametrize(
    ("text", "intent", "name"),
    [
        ("i need the garage door locked", "HassTurnOn", "garage door"),
        ("power off the garage door", "HassTurnOff", "garage door"),
        ("close up the front door", "HassTurnOff", "front door"),
        ("shut off the front door", "HassTurnOff", "front door"),
        ("lock the desk lamp", "HassTurnOn", "desk lamp"),
    ],
)
def test_what_is_not_said_of_such_a_thing_is_not_done_to_it(text: str, intent: str, name: str) -> None:
    assert why(built(text, intent, name=name)) is Why.UNFIT


def test_a_lock_is_locked_and_unlocked_in_words_for_locks() -> None:
    for text, intent in (("bolt the front door", "HassTurnOn"), ("unlock up the front door", "HassTurnOff")):
        assert slots(built(text, intent, name="front door")) == {"name": "Front Door"}


def test_what_is_not_for_now_is_refused() -> None:
    assert why(built("kill the desk lamp at ten", "HassTurnOff", name="desk lamp", time="ten")) is Why.NOT_NOW


@pytest.mark.parametrize(
    ("text", "traits", "amount", "expected"),
    [
        ("dim the desk lamp to twenty", DOWN, "twenty", {"brightness": 20}),
        ("dim the desk lamp by twenty percent", DOWN, "twenty", {"brightness_step": -20}),
        ("dim the desk lamp 20 percent", DOWN, "20", {"brightness_step": -20}),
        ("bump the desk lamp at half", {}, "half", {"brightness": 50}),
    ],
)
def test_a_number_is_a_level_or_a_step(
    text: str, traits: Mapping[str, str], amount: str, expected: Mapping[str, SlotValue]
) -> None:
    found = built(text, "HassLightSet", traits, name="desk lamp", amount=amount)
    assert slots(found) == {"name": "Desk Lamp", **expected}


def test_a_volume_that_is_to_be_reached_is_no_step() -> None:
    intent = one(built("crank it up to 40", "HassSetVolumeRelative", {"volume_step": "up"}, amount="40"))
    assert (intent.name, intent.slots["volume_level"]) == ("HassSetVolume", 40)
    assert "volume_step" not in intent.slots


def test_a_step_without_a_number_is_the_way_it_goes() -> None:
    assert slots(built("dim things a bit", "HassLightSet", DOWN)) == {
        "brightness_step": "down",
        "area": "Study",
    }


def test_a_number_out_of_range_is_refused() -> None:
    assert why(built("dim it to 400", "HassLightSet", DOWN, amount="400")) is Why.INCOMPLETE


def test_words_of_another_slot_of_the_same_intent_go_there() -> None:
    found = built("let it glow warm white", "HassLightSet", color="warm white")
    assert slots(found) == {"temperature": 2700, "area": "Study"}
    assert slots(built("let it glow crimson", "HassLightSet", color="crimson"))["color"] == "crimson"


def test_degrees_have_halves_and_a_unit() -> None:
    found = built(
        "heat up to twenty one and a half degrees celsius",
        "HassClimateSetTemperature",
        temperature="twenty one and a half",
    )
    assert slots(found) == {"temperature": 21.5, "temperature_unit": "celsius"}


def test_who_says_no_place_means_where_they_are() -> None:
    intent = one(built("light the lights", "HassTurnOn", LIGHT))
    assert (intent.slots, intent.response) == ({"domain": "light", "area": "Study"}, "lights_area")
    nowhere = one(built("light the lights", "HassTurnOn", LIGHT, here=None))
    assert (nowhere.slots, nowhere.response) == ({"domain": "light"}, "lights_area")


def test_who_says_all_means_all() -> None:
    assert slots(built("light all the lights", "HassTurnOn", LIGHT)) == LIGHT
    assert slots(built("light it in the whole house", "HassTurnOn", LIGHT, area="house")) == LIGHT
    assert slots(built("kill everything", "HassTurnOff")) == {}


@pytest.mark.parametrize(
    ("text", "intent"),
    [("kill it", "HassTurnOff"), ("get going", "HassTurnOn"), ("light everything", "HassTurnOn")],
)
def test_what_names_nothing_switches_nothing(text: str, intent: str) -> None:
    assert why(built(text, intent)) is Why.INCOMPLETE


@pytest.mark.parametrize(
    ("text", "intent", "name"),
    [
        ("turn it off", "HassTurnOff", ()),
        ("turn it off", "HassMediaPlayerMute", ()),
        ("would you kindly open them", "HassTurnOn", ()),
        ("switching it off please", "HassTurnOff", "it"),
        ("turn off that one", "HassTurnOff", "that one"),
    ],
)
def test_it_is_nothing_where_nobody_knows_what_it_is(
    text: str, intent: str, name: str | tuple[str, ...]
) -> None:
    assert why(built(text, intent, {"domain": "light"}, name=name)) is Why.INCOMPLETE


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("it is too dark", "HassTurnOn"),
        ("turn those lights off", "HassTurnOff"),
        ("it's bedtime", "HassTurnOff"),
    ],
)
def test_a_sentence_with_it_may_still_say_what_is_meant(text: str, intent: str) -> None:
    assert slots(built(text, intent, {"domain": "light"})) == {"domain": "light", "area": "Study"}


def test_an_article_alone_is_no_place() -> None:
    found = built("make a room darker", "HassLightSet", {"brightness_step": "down"}, area=("a", "room"))
    assert slots(found) == {"brightness_step": "down", "area": "Study"}


def test_what_lacks_its_value_is_refused() -> None:
    assert why(built("set the desk lamp", "HassLightSet", name="desk lamp")) is Why.INCOMPLETE
    assert why(built("play", "HassMediaSearchAndPlay")) is Why.INCOMPLETE


def test_a_room_alone_is_its_lights() -> None:
    assert slots(built("get the kitchen going", "HassTurnOn", area="kitchen")) == {
        "area": "Kitchen",
        "domain": "light",
    }
    assert why(built("lock the kitchen", "HassTurnOn", area="kitchen")) is Why.UNFIT


def test_a_place_that_the_model_overlooked_counts() -> None:
    assert slots(built("kill the lights downstairs", "HassTurnOff", LIGHT)) == {
        "domain": "light",
        "floor": "Ground Floor",
    }


def test_a_name_goes_on_where_the_model_cut_it() -> None:
    assert slots(built("fire up the floor lamb", "HassTurnOn", name="floor")) == {"name": "Floor Lamp"}
    assert slots(built("fire up the desk lamp", "HassTurnOn", area="desk lamp")) == {"name": "Desk Lamp"}


def test_words_for_a_kind_of_thing_are_its_class() -> None:
    assert slots(built("raise the blinds", "HassTurnOn", name="blinds"))["device_class"] == "blind"
    assert slots(built("fire up the telly", "HassTurnOn", name="telly")) == {"device_class": "tv"}


def test_several_names_are_several_commands_only_where_they_are_a_list() -> None:
    text, names = "kill the desk lamp and the ceiling fan", ("desk lamp", "ceiling fan")
    assert why(built(text, "HassTurnOff", name=names)) is Why.SEVERAL
    found = built(text, "HassTurnOff", name=names, is_list=True)
    assert not isinstance(found, NotRecognized)
    assert [intent.slots for intent in found] == [{"name": "Desk Lamp"}, {"name": "Ceiling Fan"}]
    both = built(text, "HassTurnOff", name=names, area=("desk", "ceiling"), is_list=True)
    assert why(both) is Why.SEVERAL


def test_a_colour_that_was_misheard_is_the_one_that_sounds_so() -> None:
    assert slots(built("let it glow read", "HassLightSet", color="read"))["color"] == "red"
    assert slots(built("let it glow random", "HassLightSet", color="random"))["color"] == "random"


def test_a_whole_name_counts_where_the_model_cut_it_or_took_it_for_a_room() -> None:
    lamp = built("make the kitchen lamp crimson", "HassLightSet", area="kitchen", color="crimson")
    assert slots(lamp) == {"name": "Kitchen Lamp", "color": "crimson"}
    assert slots(built("get the ceil ing fan going", "HassTurnOn")) == {"name": "Ceiling Fan"}


def test_here_said_with_all_is_here() -> None:
    found = built("light all of the lights in here", "HassTurnOn", LIGHT)
    assert slots(found) == {"domain": "light", "area": "Study"}


def test_a_place_and_a_kind_of_thing_are_no_name() -> None:
    found = built("raise the kitchen blinds", "HassTurnOn", name="kitchen blinds")
    assert slots(found) == {"area": "Kitchen", "device_class": "blind", "domain": "cover"}
