import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.iot.homes import SERVICES, home

from paige.iot.change import EntityAppeared, StateChanged
from paige.iot.choice import choose
from paige.iot.command import Command
from paige.iot.deeds import DEEDS
from paige.iot.entity import Area, Entity
from paige.iot.home_file import HomeDescription
from paige.iot.policy import Policy
from paige.iot.queries import QUERIES
from paige.iot.registry import Registry
from paige.iot.resolution import (
    Answer,
    Asks,
    Commands,
    Confirmation,
    Question,
    Reason,
    Refused,
    Resolution,
)
from paige.iot.resolve import resolve
from paige.iot.units import TemperatureUnit, from_celsius, in_unit, to_celsius
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent, SlotValue
from paige.models.kinds import Kinds

GOLDEN = Path(__file__).parent / "golden/resolution.txt"
RESPONSES = Path(__file__).parents[2] / "models/languages/en/responses.yaml"


def intent(name: str, response: str = "default", /, **slots: SlotValue) -> Intent:
    return Intent(name, slots, 1.0, "", response)


@cache
def language(here: str | None) -> Language:
    return Language(Sentences.for_language("en"), home().vocabulary(here))


def shown(resolution: Resolution) -> str:
    """A resolution as the golden file writes it."""
    match resolution:
        case Refused(reason, fields):
            return f"refused {reason} {dict(fields)}"
        case Commands(commands, refused):
            return _orders(commands) + _left_out(refused)
        case Confirmation(commands, _, refused):
            return f"confirm {_orders(commands)}{_left_out(refused)}"
        case Question(asks, _, choices):
            return f"{asks}? " + " | ".join(choice.label for choice in choices)
        case Answer(matched, unmatched, unknown):
            groups = (
                " ".join(entity.id for entity in group) or "-" for group in (matched, unmatched, unknown)
            )
            return "answer " + " / ".join(groups)
        case _:
            return f"local {resolution.keeper}"


def _orders(commands: tuple[Command, ...]) -> str:
    return ", ".join(
        f"{command.entity_id} {command.service}"
        + "".join(f" {key}={value}" for key, value in command.data.items())
        for command in commands
    )


def _left_out(refused: tuple[Refused, ...]) -> str:
    return "".join(f"; not {one.entity.id if one.entity else '?'}: {one.reason}" for one in refused)


@pytest.mark.parametrize(
    "line",
    [line for line in GOLDEN.read_text().splitlines() if not line.startswith("#")],
    ids=lambda line: line[:50],
)
def test_a_sentence_becomes_what_the_golden_file_says(line: str) -> None:
    text, here, expected = (part.strip() for part in line.split("|", 2))
    understood = language(here or None).parse(text)
    assert isinstance(understood, Intent)
    assert shown(resolve(understood, home(), here=here or None)) == expected


def test_every_deed_and_query_stands_in_the_golden_file() -> None:
    lines = [line.split("|") for line in GOLDEN.read_text().splitlines() if not line.startswith("#")]
    seen = {
        understood.name
        for text, here, *_ in lines
        if isinstance(understood := language(here.strip() or None).parse(text.strip()), Intent)
    }
    assert {*DEEDS, *QUERIES} <= seen


def test_every_reason_has_its_words_in_english() -> None:
    words = yaml.safe_load(RESPONSES.read_text(encoding="utf-8"))["errors"]
    assert {str(reason) for reason in Reason} <= words.keys()


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ("the desk one", "light.desk"),
        ("Desk Lamp", "light.desk"),
        ("in the office", "light.desk"),
        ("the floor lamp please", "light.floor"),
        ("the one in the living room", "light.floor"),
        ("flor", "light.floor"),
    ],
)
def test_an_answer_picks_one_of_several_things_of_one_name(answer: str, chosen: str) -> None:
    registry = home()
    order = intent("HassTurnOn", name="lamp")
    question = resolve(order, registry)
    assert isinstance(question, Question)
    assert question.asks is Asks.WHICH
    (choice,) = choose(question, answer)
    assert resolve(order, registry, choice=choice) == Commands((Command(chosen, "turn_on"),))


@pytest.mark.parametrize("answer", ["", "lamp", "the lamp", "pizza", "yes"])
def test_an_answer_that_tells_nothing_picks_nothing(answer: str) -> None:
    question = resolve(intent("HassTurnOn", name="lamp"), home())
    assert isinstance(question, Question)
    assert choose(question, answer) == ()


def test_things_of_the_same_name_are_asked_for_by_their_areas() -> None:
    registry = home()
    order = intent("HassTurnOff", name="ceiling")
    question = resolve(order, registry)
    assert isinstance(question, Question)
    assert [choice.label for choice in question.choices] == ["Bedroom", "Kitchen"]
    (choice,) = choose(question, "the one in the bedroom")
    assert resolve(order, registry, choice=choice) == Commands(
        (Command("light.bedroom_ceiling", "turn_off"),)
    )


def test_things_that_neither_name_nor_area_tells_apart_are_asked_for_by_their_ids() -> None:
    registry = Registry()
    for entity_id in ("light.lamp_left", "light.lamp_right"):
        registry.apply(
            "homie", EntityAppeared(Entity(entity_id, "Lamp", "light", services=frozenset({"turn_on"})))
        )
    question = resolve(intent("HassTurnOn", name="Lamp"), registry)
    assert isinstance(question, Question)
    assert [choice.label for choice in question.choices] == ["lamp left", "lamp right"]
    assert [choice.label for choice in choose(question, "the left one")] == ["lamp left"]


def test_a_question_for_the_room_is_answered_by_its_name() -> None:
    registry = home()
    order = intent("HassTurnOff", "lights_area", domain="light")
    question = resolve(order, registry)
    assert isinstance(question, Question)
    assert question.asks is Asks.AREA
    (choice,) = choose(question, "in the living room")
    assert resolve(order, registry, choice=choice) == Commands((Command("light.floor", "turn_off"),))


def test_several_can_be_chosen_at_once() -> None:
    registry = home()
    order = intent("HassTurnOn", name="lamp")
    question = resolve(order, registry)
    assert isinstance(question, Question)
    both = replace(
        question.choices[0],
        entity_ids=frozenset().union(*(one.entity_ids for one in question.choices)),
        area=None,
    )
    assert resolve(order, registry, choice=both) == Commands(
        (Command("light.desk", "turn_on"), Command("light.floor", "turn_on"))
    )


def test_of_two_things_of_one_name_the_one_that_can_do_it_is_meant() -> None:
    registry = Registry()
    for entity_id, service in (("switch.tv", "turn_on"), ("media_player.tv", "volume_set")):
        entity = Entity(entity_id, "TV", entity_id.split(".")[0], services=frozenset({service}))
        registry.apply("homie", EntityAppeared(entity))
    assert resolve(intent("HassSetVolume", name="TV", volume_level=20), registry) == Commands(
        (Command("media_player.tv", "volume_set", {"volume_pct": 20}),)
    )


def test_everything_in_a_room_means_what_is_switched_and_no_lock() -> None:
    resolution = resolve(intent("HassTurnOff", area="Kitchen"), home())
    assert isinstance(resolution, Commands)
    assert [command.entity_id for command in resolution.commands] == ["light.hob", "media_player.radio"]
    assert [refusal.reason for refusal in resolution.refused] == [Reason.UNAVAILABLE] * 2


@pytest.mark.parametrize("position", [0, 100])
def test_a_cover_without_positions_is_opened_and_closed_by_its_ends(position: int) -> None:
    registry = Registry()
    services = frozenset({"open_cover", "close_cover"})
    registry.apply("homie", EntityAppeared(Entity("cover.a", "Awning", "cover", services=services)))
    service = "open_cover" if position else "close_cover"
    assert resolve(intent("HassSetPosition", name="Awning", position=position), registry) == Commands(
        (Command("cover.a", service),)
    )
    half = resolve(intent("HassSetPosition", name="Awning", position=50), registry)
    assert isinstance(half, Refused)
    assert half.reason is Reason.FEATURE_NOT_SUPPORTED


@pytest.mark.parametrize(
    ("name", "thing", "slot"),
    [
        ("HassLightSet", "Hob", "brightness"),
        ("HassSetPosition", "Left Curtain", "position"),
        ("HassFanSetSpeed", "Fan", "percentage"),
        ("HassClimateSetTemperature", "Heating", "temperature"),
        ("HassSetVolume", "TV", "volume_level"),
        ("HassSetVolumeRelative", "TV", "volume_step"),
    ],
)
@pytest.mark.parametrize("said", ["a bit", "nan"])
def test_what_a_household_says_for_a_number_and_is_none_is_not_taken_for_zero(
    name: str, thing: str, slot: str, said: str
) -> None:
    assert isinstance(resolve(intent(name, name=thing, **{slot: 50}), home()), Commands)
    refused = resolve(intent(name, name=thing, **{slot: said}), home())
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.FEATURE_NOT_SUPPORTED


def test_a_house_in_fahrenheit_says_and_hears_fahrenheit() -> None:
    order = intent("HassClimateSetTemperature", name="Heating", temperature=70)
    assert resolve(order, home(), unit=TemperatureUnit.FAHRENHEIT) == Commands(
        (Command("climate.living", "set_temperature", {"temperature": 21.1}),)
    )
    said = intent("HassClimateSetTemperature", name="Heating", temperature=21, temperature_unit="celsius")
    assert resolve(said, home(), unit=TemperatureUnit.FAHRENHEIT) == Commands(
        (Command("climate.living", "set_temperature", {"temperature": 21}),)
    )
    sensor = home().entity("sensor.outside")
    assert sensor is not None
    assert in_unit(sensor, TemperatureUnit.FAHRENHEIT).state == "46"
    assert in_unit(sensor, TemperatureUnit.CELSIUS) == sensor


@given(st.integers(-40, 250))
def test_whole_degrees_fahrenheit_come_back_as_they_were_said(degrees: int) -> None:
    celsius = to_celsius(degrees, TemperatureUnit.FAHRENHEIT)
    assert from_celsius(celsius, TemperatureUnit.FAHRENHEIT) == degrees


def test_the_policy_of_the_household_decides() -> None:
    unlock = intent("HassTurnOff", name="Front Door")
    asked = resolve(unlock, home())
    assert isinstance(asked, Confirmation)
    assert [entity.id for entity in asked.entities] == ["lock.front"]
    allowed = resolve(unlock, home(), policy=Policy.parse(allow=["lock.front"]))
    assert allowed == Commands((Command("lock.front", "unlock"),))
    forbidden = resolve(unlock, home(), policy=Policy.parse(forbid=["lock"]))
    assert isinstance(forbidden, Refused)
    assert forbidden.reason is Reason.FORBIDDEN


def test_what_only_sounds_like_it_is_asked_about_before_it_is_done() -> None:
    lock = intent("HassTurnOn", name="Front Door")
    done = resolve(lock, home())
    assert isinstance(done, Commands)
    asked = resolve(replace(lock, misheard=True), home())
    assert isinstance(asked, Confirmation)
    assert asked.commands == done.commands
    assert [entity.id for entity in asked.entities] == ["lock.front"]


def test_of_a_group_what_is_forbidden_is_left_out_and_said() -> None:
    order = intent("HassTurnOff", "light_all", domain="light")
    resolution = resolve(order, home(), policy=Policy.parse(forbid=["light.hob"]))
    assert isinstance(resolution, Commands)
    assert "light.hob" not in {command.entity_id for command in resolution.commands}
    assert ("light.hob", Reason.FORBIDDEN) in {
        (one.entity.id, one.reason) for one in resolution.refused if one.entity is not None
    }


def test_a_name_that_is_not_known_comes_with_the_nearest() -> None:
    near = resolve(intent("HassTurnOn", name="desk lampp"), home())
    assert near == Refused(Reason.NO_ENTITY_NEAREST, {"entity": "desk lampp", "nearest": "Desk Lamp"})
    far = resolve(intent("HassTurnOn", name="zebra"), home())
    assert far == Refused(Reason.NO_ENTITY, {"entity": "zebra"})


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (intent("HassTurnOn", area="Atlantis"), Reason.NO_AREA),
        (intent("HassTurnOn", floor="Atlantis"), Reason.NO_FLOOR),
        (intent("HassTurnOn", name="Hob", area="Office"), Reason.NO_ENTITY_IN_AREA),
        (intent("HassTurnOn", name="Hob", floor="First Floor"), Reason.NO_ENTITY_IN_FLOOR),
        (intent("HassTurnOn", domain="siren"), Reason.NO_DOMAIN),
        (intent("HassTurnOn", domain="vacuum", floor="First Floor"), Reason.NO_DOMAIN_IN_FLOOR),
        (intent("HassTurnOff", domain="cover", device_class="awning"), Reason.NO_DEVICE_CLASS),
        (
            intent("HassTurnOff", domain="cover", device_class="curtain", area="Office"),
            Reason.NO_DEVICE_CLASS_IN_AREA,
        ),
        (intent("HassTurnOn", name="Outside Temperature"), Reason.FEATURE_NOT_SUPPORTED),
        (intent("HassLightSet", name="Hob", color="mauve-ish"), Reason.FEATURE_NOT_SUPPORTED),
        (intent("HassSetPosition", name="Left Curtain"), Reason.NOT_SUPPORTED),
        (intent("HassMakeCoffee"), Reason.NOT_SUPPORTED),
        (intent("HassToggle", name="Main Valve", domain="lock"), Reason.FEATURE_NOT_SUPPORTED),
        (intent("HassSetVolumeRelative", name="Mono", volume_step="up"), Reason.UNKNOWN_STATE),
        (intent("HassToggle", name="Mono"), Reason.UNKNOWN_STATE),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(order: Intent, reason: Reason) -> None:
    registry = home()
    mono = Entity("media_player.mono", "Mono", "media_player", services=frozenset({"volume_set", "turn_on"}))
    registry.apply("homie", EntityAppeared(mono))
    resolution = resolve(order, registry)
    assert isinstance(resolution, Refused)
    assert resolution.reason is reason


WORDS = st.sampled_from(
    [
        "Hob",
        "lamp",
        "ceiling",
        "all",
        "Kitchen",
        "Garage",
        "Downstairs",
        "Nowhere",
        "light",
        "cover",
        "lock",
        "garage",
        "curtain",
        "on",
        "open",
        "red",
        "up",
        "x",
        "",
        "50",
        "nan",
        "inf",
        "1e999",
    ]
)
SLOTS = st.dictionaries(
    st.sampled_from(
        [
            "name",
            "area",
            "floor",
            "domain",
            "device_class",
            "state",
            "color",
            "brightness",
            "temperature",
            "temperature_unit",
            "position",
            "percentage",
            "volume_level",
            "volume_step",
            "search_query",
        ]
    ),
    st.one_of(WORDS, st.integers(-(10**6), 10**6), st.floats()),
    max_size=6,
)


@given(
    st.sampled_from(sorted({*DEEDS, *QUERIES, "HassX"})), SLOTS, st.sampled_from([None, "Kitchen", "Nowhere"])
)
def test_whatever_the_slots_are_there_is_a_resolution_and_its_commands_are_sound(
    name: str, slots: Mapping[str, SlotValue], here: str | None
) -> None:
    registry = home()
    resolution = resolve(Intent(name, slots, 1.0, "some words"), registry, here=here)
    if isinstance(resolution, Commands | Confirmation):
        assert resolution.commands
        for command in resolution.commands:
            entity = registry.entity(command.entity_id)
            assert entity is not None
            assert entity.available
            assert command.service in entity.services
            for value in command.data.values():
                assert not isinstance(value, float) or abs(value) < float("inf")
    if isinstance(resolution, Question):
        assert len(resolution.choices) > 1
        assert len({choice.label for choice in resolution.choices}) == len(resolution.choices)


def test_a_home_of_five_thousand_entities_is_resolved_in_milliseconds() -> None:
    areas = tuple(Area(f"Room {i}") for i in range(100))
    registry = Registry(
        HomeDescription(
            areas=areas,
            entities=tuple(
                Entity(f"light.l{i}", f"Lamp {i}", "light", area=f"Room {i % 100}") for i in range(5000)
            ),
        )
    )
    for i in range(5000):
        services = frozenset({"turn_on", "turn_off"})
        registry.apply("homie", EntityAppeared(Entity(f"light.l{i}", "x", "light", services=services)))
        registry.apply("homie", StateChanged(f"light.l{i}", "on"))
    orders = [intent("HassTurnOn", name="Lamp 4711"), intent("HassTurnOff", domain="light", area="Room 7")]
    orders += [
        intent("HassGetState", "which", domain="light", state="on"),
        intent("HassTurnOn", name="Lamp 47111"),
    ]
    before = time.process_time()
    for order in orders:
        assert not isinstance(resolve(order, registry), Question)
    # A guard against a quadratic step, generous for a slow board.
    assert time.process_time() - before < 2


# --- Kinds of things ---------------------------------------------------------------------------------

ENGLISH_KINDS = Kinds.for_language("en")


def with_kettles(*things: str) -> Registry:
    """The home, and things of the domain, name and area that each text says."""
    registry = home()
    for text in things:
        domain, name, area = text.split("|")
        it = Entity(
            f"{domain}.{name.replace(' ', '_').lower()}",
            name,
            domain,
            area or None,
            services=frozenset(SERVICES[domain].split()),
            state="off",
        )
        registry.apply("homie", EntityAppeared(it))
    return registry


@pytest.mark.parametrize(
    ("things", "slots", "here", "expected"),
    [
        (["switch|Coffee Maker|Kitchen"], {}, None, "switch.coffee_maker turn_on"),
        (["switch|Coffee Plug|", "light|Coffee Corner|"], {}, None, "switch.coffee_plug turn_on"),
        (["script|Coffee|"], {}, None, "script.coffee turn_on"),
        (["button|Coffee|"], {}, None, "button.coffee press"),
        (
            ["switch|Coffee Maker|Kitchen", "switch|Espresso Machine|Office"],
            {},
            None,
            "which? Coffee Maker | Espresso Machine",
        ),
        (
            ["switch|Coffee Maker|Kitchen", "switch|Espresso Machine|Office"],
            {},
            "Office",
            "switch.espresso_machine turn_on",
        ),
        (
            ["switch|Coffee Maker|Kitchen", "switch|Espresso Machine|Office"],
            {"area": "Kitchen"},
            "Office",
            "switch.coffee_maker turn_on",
        ),
        (
            ["switch|Coffee Maker|Kitchen", "switch|Espresso Machine|Office"],
            {"name": "all"},
            "Office",
            "switch.coffee_maker turn_on, switch.espresso_machine turn_on",
        ),
        ([], {}, None, "refused no_device_class {'device_class': 'coffee_machine'}"),
        (
            ["switch|Coffee Maker|Kitchen"],
            {"area": "Office"},
            None,
            "refused no_device_class_in_area {'device_class': 'coffee_machine', 'area': 'Office'}",
        ),
    ],
)
def test_a_kind_of_thing_is_the_one_that_the_home_has(
    things: list[str], slots: dict[str, str], here: str | None, expected: str
) -> None:
    order = intent("HassTurnOn", device_class="coffee_machine", **slots)
    assert shown(resolve(order, with_kettles(*things), here=here, kinds=ENGLISH_KINDS)) == expected


def test_a_kind_means_what_its_intent_can_be_about() -> None:
    registry = with_kettles("switch|TV Socket|Living Room")
    paused = resolve(intent("HassMediaPause", device_class="tv"), registry, kinds=ENGLISH_KINDS)
    assert paused == Commands((Command("media_player.tv", "media_pause"),))
    asked = resolve(intent("HassTurnOff", device_class="tv"), registry, kinds=ENGLISH_KINDS)
    assert shown(asked) == "which? TV | TV Socket"


def test_what_is_left_out_may_be_said_by_its_kind() -> None:
    registry = with_kettles("switch|Coffee Maker|Kitchen", "switch|Toaster|Kitchen")
    order = Intent(
        "HassTurnOff", {"domain": "switch"}, 1.0, "", excluded=({"device_class": "coffee_machine"},)
    )
    assert shown(resolve(order, registry, kinds=ENGLISH_KINDS)).startswith("switch.toaster turn_off")
    assert "coffee" not in shown(resolve(order, registry, kinds=ENGLISH_KINDS))


def test_a_language_without_kinds_refuses_them() -> None:
    assert isinstance(resolve(intent("HassTurnOn", device_class="kettle"), home()), Refused)


def meant(resolution: Resolution) -> set[str]:
    """Whom it is about, whether it can be commanded or not."""
    match resolution:
        case Commands(commands, refused):
            return {one.entity_id for one in commands} | {one.id for some in refused for one in some.entities}
        case Refused():
            return {one.id for one in resolution.entities}
    raise AssertionError(resolution)


def excluding(what: Intent, *left_out: Mapping[str, SlotValue]) -> Intent:
    return replace(what, excluded=left_out)


@pytest.mark.parametrize(
    ("left_out", "kept"),
    [
        ({"area": "Kitchen"}, {"light.kitchen_ceiling", "light.hob"}),
        ({"floor": "Upstairs"}, {"light.bedroom_ceiling", "light.attic", "light.desk"}),
        ({"name": "Ceiling"}, {"light.kitchen_ceiling", "light.bedroom_ceiling"}),
        ({"name": "Stove", "area": "Kitchen"}, {"light.hob"}),
        ({"domain": "fan"}, set()),
    ],
)
def test_what_is_left_out_is_not_commanded(left_out: dict[str, SlotValue], kept: set[str]) -> None:
    everything = intent("HassTurnOff", "light_all", domain="light")
    rest = resolve(excluding(everything, left_out), home())
    assert meant(resolve(everything, home())) - meant(rest) == kept
    assert meant(rest)


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        ({"name": "Unicorn"}, Reason.NO_ENTITY),
        ({"area": "Ballroom"}, Reason.NO_AREA),
        ({"floor": "Roof"}, Reason.NO_FLOOR),
        ({"domain": "light"}, Reason.NOTHING_LEFT),
    ],
)
def test_where_what_is_left_out_is_not_known_nothing_is_done(
    left_out: dict[str, SlotValue], reason: Reason
) -> None:
    refused = resolve(excluding(intent("HassTurnOff", "light_all", domain="light"), left_out), home())
    assert isinstance(refused, Refused)
    assert refused.reason is reason


def test_what_is_left_out_elsewhere_means_that_the_room_of_the_speaker_is_not_all() -> None:
    lights = intent("HassTurnOff", "lights_area", domain="light")
    here = resolve(excluding(lights, {"name": "Hob"}), home(), here="Kitchen")
    assert meant(here) == {"light.kitchen_ceiling"}
    house = meant(resolve(excluding(lights, {"area": "Bedroom"}), home(), here="Kitchen"))
    assert {"light.floor", "light.hob"} <= house
    assert "light.attic" not in house


def test_words_that_may_mean_several_things_are_a_question_with_their_names() -> None:
    order = replace(
        intent("HassTurnOn", name="curtain"), choices={"name": ("Left Curtain", "Right Curtain", "Gone")}
    )
    question = resolve(order, home())
    assert isinstance(question, Question)
    assert [choice.label for choice in question.choices] == ["Left Curtain", "Right Curtain"]
    assert resolve(order, home(), choice=question.choices[1]) == Commands(
        (Command("cover.right", "open_cover"),)
    )
    gone = resolve(replace(order, choices={"name": ("Gone",)}), home())
    assert isinstance(gone, Refused)


def test_words_that_may_mean_several_rooms_are_a_question_for_the_room() -> None:
    order = replace(
        intent("HassTurnOff", "lights_area", area="room", domain="light"),
        choices={"area": ("Living Room", "Office")},
    )
    question = resolve(order, home())
    assert isinstance(question, Question)
    assert question.asks is Asks.AREA
    assert [choice.label for choice in question.choices] == ["Living Room", "Office"]
    assert isinstance(resolve(replace(order, choices={"area": ("Garage",)}), home()), Refused)
