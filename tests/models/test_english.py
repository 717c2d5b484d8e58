"""English as data: every sentence kind is understood as intended, and every answer can be given."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import StrictUndefined, Template
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from paige.iot.home_file import load_home
from paige.iot.outcome import Status
from paige.models.grammar.graph import WordGraph
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent, NotRecognized
from paige.models.vocabulary import Vocabulary

HERE = Path(__file__).parent / "english"
ENGLISH = resources.files("paige.models.languages") / "en"

ASKED_OR_KEPT = {
    "HassBroadcast",
    "HassGetState",
    "HassClimateGetTemperature",
    "HassGetWeather",
    "HassGetCurrentDate",
    "HassGetCurrentTime",
    "HassNevermind",
    "HassRespond",
}
"""Intents that command nothing, besides those of timers and lists."""


@cache
def golden() -> tuple[tuple[str, Mapping[str, Any]], ...]:
    data = yaml.safe_load((HERE / "golden.yaml").read_text(encoding="utf-8"))
    return tuple((intent, case) for intent, cases in data.items() for case in cases)


@cache
def sentences() -> Sentences:
    return Sentences.for_language("en")


@cache
def language() -> Language:
    return Language(sentences(), load_home(HERE / "home.yaml").vocabulary())


@cache
def graph() -> WordGraph:
    return language().word_graph()


@cache
def texts() -> Any:
    return yaml.safe_load((ENGLISH / "responses.yaml").read_text(encoding="utf-8"))


@cache
def files() -> tuple[tuple[str, Any], ...]:
    return tuple(
        (file.name, yaml.safe_load(file.read_text(encoding="utf-8")))
        for file in sorted((ENGLISH / "sentences").iterdir(), key=lambda file: file.name)
    )


def blocks() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for _, content in files():
        for intent, body in content["intents"].items():
            for block in body["data"]:
                yield intent, block


def every_text() -> Iterator[tuple[str, str]]:
    """Each template of responses.yaml with where it stands."""
    for intent, responses in texts()["responses"]["intents"].items():
        yield from ((f"responses.{intent}.{key}", text) for key, text in responses.items())
    for intent, responses in texts()["actions"].items():
        yield from ((f"actions.{intent}.{key}", text) for key, text in responses.items())
    for group in ("outcomes", "dialogue", "errors", "announcements"):
        yield from ((f"{group}.{key}", text) for key, text in texts()[group].items())


@cache
def compiled(template: str) -> Template:
    environment = ImmutableSandboxedEnvironment()  # what is said is not HTML
    return environment.from_string(texts()["macros"] + template)


def say(template: str, **fields: Any) -> str:
    """A text as the comment at the top of responses.yaml says it is to be rendered."""
    tables = {key: texts()[key] for key in ("weekdays", "months", "kinds", "states")}
    said = compiled(template).render(**tables, **fields)
    said = " ".join(said.split())
    return said[:1].upper() + said[1:]


def accepts(graph: WordGraph, words: list[str]) -> bool:
    """Whether some path through a graph says these words."""
    steps = arcs_from(graph)

    def silent(states: set[int]) -> set[int]:
        seen, todo = set(states), list(states)
        while todo:
            for word, target in steps.get(todo.pop(), ()):
                if word is None and target not in seen:
                    seen.add(target)
                    todo.append(target)
        return seen

    at = silent({graph.start})
    for said in words:
        at = silent({target for state in at for word, target in steps.get(state, ()) if word == said})
    return graph.final in at


def arcs_from(graph: WordGraph) -> Mapping[int, list[tuple[str | None, int]]]:
    steps: dict[int, list[tuple[str | None, int]]] = {}
    for arc in graph.arcs:
        steps.setdefault(arc.source, []).append((arc.word, arc.target))
    return steps


def thing(name: str, domain: str, state: str | None, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "domain": domain,
        "state": state,
        "device_class": None,
        "area": None,
        "unit": None,
        "attributes": {},
    } | more


# --- Sentences ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intent", "case"), golden(), ids=[f"{intent}: {case['say']}" for intent, case in golden()]
)
def test_a_golden_sentence_means_what_it_should(intent: str, case: Mapping[str, Any]) -> None:
    understood = language().parse(case["say"])
    assert isinstance(understood, Intent)
    assert (understood.name, dict(understood.slots)) == (intent, case["slots"])
    assert understood.response == case.get("response", "default")


def test_every_intent_with_each_of_its_answers_has_a_golden_sentence() -> None:
    written = {(intent, block.get("response", "default")) for intent, block in blocks()}
    shown = {(intent, case.get("response", "default")) for intent, case in golden()}
    assert written - shown == set()


def test_every_domain_and_device_class_has_a_golden_sentence() -> None:
    def kinds(slots: Mapping[str, Any]) -> tuple[Any, Any]:
        return slots.get("domain"), slots.get("device_class")

    written = {kinds(block.get("slots", {})) for _, block in blocks()}
    shown = {kinds(case["slots"]) for _, case in golden()}
    assert {kind for kind in written if kind[1]} - shown == set()
    assert {domain for domain, _ in written} - {domain for domain, _ in shown} == set()


@pytest.mark.parametrize(
    "text",
    [
        "what is the capital of France",
        "who is the president",
        "who is in charge of the garden club",
        "book me a table for two in ten minutes walking distance",
        "how do I make pancakes",
        "it takes an hour to get there in ten minutes",
        "turn over a new leaf",
        "is everyone happy",
        "is Mia happy",
        "the lights of Paris",
        "the meeting will start in ten minutes",
        "let's start dinner in ten minutes",
        "turn off the lava lamp in ten minutes",
        "the meeting will start at ten",
        "turn over a new leaf at ten",
        "meet me at ten",
        "turn off the lights at 25",
        "turn off the lights every day at ten",
        "turn off the lights every morning",
        "turn off the lights tomorrow",
        "turn off the lights tonight",
        "turn off the lights later",
        "turn off the lights in the morning",
        "turn off the lights when I leave",
        "turn off the lights at sunset",
        "turn off the lights on the fifth of may at ten",
        "let everyone know",
        "let everyone sleep",
        "make it two",
        "make it a lot",
        "some more",
        "turn up",
        "it is getting warmer",
        "things are looking brighter",
        "the kitchen at five",
        "turn up the heating 2 degrees",
        "increase the TV volume 10",
        "give me the phone",
        "set the patio blind to 30 percent closed",
        "turn",
        "",
    ],
)
def test_what_is_not_for_a_home_is_not_understood(text: str) -> None:
    assert isinstance(language().parse(text), NotRecognized)


def test_without_a_known_room_the_same_sentence_names_none() -> None:
    nowhere = Language(sentences(), Vocabulary())
    for text, slots in (
        ("turn on the lights", {"domain": "light"}),
        ("what's the temperature", {}),
        ("pause", {}),
        ("close the blinds", {"domain": "cover", "device_class": "blind"}),
    ):
        understood = nowhere.parse(text)
        assert isinstance(understood, Intent)
        assert dict(understood.slots) == slots


def test_each_half_of_a_pair_of_blocks_says_the_same() -> None:
    """A block for the speaker's room is followed by one for when it is not known."""
    for name, content in files():
        for intent, body in content["intents"].items():
            following = [*body["data"][1:], {}]
            for block, after in zip(body["data"], following, strict=True):
                if after.get("sentences") is block["sentences"]:
                    unlike = {"requires_context"}
                    assert {k: v for k, v in block.items() if k not in unlike} == after, (name, intent)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("turn on the desk lamp", True),
        ("dim the lights to forty percent", True),
        ("add milk to the shopping list", True),  # a wildcard stands for what its list has as `spoken`
        ("set a pasta timer for ten minutes", True),
        ("add plutonium to the shopping list", False),
        ("play nina simone", False),  # nothing is listened for in place of any title there is
        ("turn on the desk", False),
    ],
)
def test_a_recognizer_listens_for(said: str, heard: bool) -> None:
    assert accepts(graph(), said.split()) is heard


# --- Answers -----------------------------------------------------------------------------------------


def test_every_intent_and_response_has_its_text_and_no_text_is_left_over() -> None:
    written = {(intent, block.get("response", "default")) for intent, block in blocks()}
    spoken = {(intent, key) for intent, keys in texts()["responses"]["intents"].items() for key in keys}
    assert written - spoken == set()
    # `default` also serves a user's own sentences.
    assert {pair for pair in spoken - written if pair[1] != "default"} == set()


def test_every_command_can_be_named_when_it_was_not_carried_out() -> None:
    commands = {
        intent
        for intent, _ in blocks()
        if intent not in ASKED_OR_KEPT and "Timer" not in intent and "List" not in intent
    }
    assert commands <= set(texts()["actions"])
    assert all("default" in keys for keys in texts()["actions"].values())


def test_every_outcome_but_done_has_its_sentence() -> None:
    assert set(texts()["outcomes"]) == {str(status) for status in Status if status is not Status.DONE} | {
        "partly"
    }


def test_texts_use_only_the_fields_that_the_file_documents() -> None:
    documented = {
        *("slots", "names", "here", "state", "query", "now", "at", "timer", "timers", "action", "reason"),
        *("done_names", "choices", "nearest", "part", "entity", "area", "floor", "domain", "device_class"),
        *("weekdays", "months", "kinds", "states", "said"),
    }
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for place, text in every_text():
        used = find_undeclared_variables(environment.parse(texts()["macros"] + text))
        assert used <= documented, place


def test_every_text_renders_to_a_sentence() -> None:
    lamp = thing("Lamp", "light", "on")
    timer = {"name": None, "area": None, "seconds": 600, "seconds_left": 61.2, "paused": False}
    fields: dict[str, Any] = {
        "slots": {
            "name": "pasta",
            "area": "Kitchen",
            "brightness": 40,
            "color": "red",
            "temperature": 21.5,
            "position": 10,
            "percentage": 33,
            "volume_level": 5,
            "volume_step": -5,
            "device_class": "blind",
            "item": "milk",
            "search_query": "jazz",
            "conversation_command": "open the door",
        },
        "names": ["Lamp"],
        "state": lamp,
        "query": {"matched": [lamp], "unmatched": [], "unknown": []},
        "now": datetime(2026, 1, 2, 15, 4, tzinfo=UTC),
        "at": datetime(2026, 1, 3, 7, 30, tzinfo=UTC),
        "timer": timer,
        "timers": [timer],
        "action": "open the gate",
        "reason": "it is stuck",
        "done_names": ["Fan"],
        "choices": ["Desk Lamp", "Lamp"],
        "nearest": "turn on the lamp",
        "said": "I can only help with this house.",
        "entity": "Lamp",
        "area": "Kitchen",
        "floor": "Upstairs",
        "domain": "light",
        "device_class": "window",
    }
    steps = dict.fromkeys(("brightness_step", "position_step", "percentage_step", "temperature_step"), "up")
    for slots in ({}, steps, dict.fromkeys(steps, -1)):
        for place, text in every_text():
            said = say(text, **fields | {"slots": fields["slots"] | slots})
            assert said, place
            assert not {"{", "}", "  ", "None", "Undefined"} & {said, *said.split(" ")}, place
            if not place.startswith("actions."):
                assert said[-1] in ".?!", place


NOON = datetime(2026, 2, 13, 12, 0, tzinfo=UTC)
ON = thing("Lamp", "light", "on")
UNKNOWN = thing("Hatch", "cover", None)
LOCKED = thing("Front Door", "lock", "locked")
PASTA = {"name": "pasta", "area": None, "seconds": 600, "seconds_left": 61, "paused": False}
KITCHEN = {"name": None, "area": "Kitchen", "seconds": 60, "seconds_left": 59.6, "paused": True}


def query(*, matched: Any = (), unmatched: Any = (), unknown: Any = ()) -> dict[str, Any]:
    return {"matched": list(matched), "unmatched": list(unmatched), "unknown": list(unknown)}


@pytest.mark.parametrize(
    ("intent", "response", "fields", "expected"),
    [
        ("HassTurnOn", "default", {"names": ["Desk Lamp"]}, "Turned on the Desk Lamp."),
        ("HassTurnOn", "default", {"names": ["My Lamp", "Fan"]}, "Turned on My Lamp and Fan."),
        (
            "HassTurnOn",
            "lights_area",
            {"slots": {"area": "Outside"}, "names": ["Porch", "Path"]},
            "Turned on the lights outside.",
        ),
        (
            "HassTurnOff",
            "cover_device_class",
            {"slots": {"device_class": "blind", "area": "Bedroom"}, "names": ["East"]},
            "Closed the blind in the Bedroom.",
        ),
        (
            "HassLightSet",
            "brightness",
            {"slots": {"area": "Kitchen", "brightness": 40.0}, "names": ["Hob", "Sink"]},
            "The lights in the Kitchen are at 40 percent.",
        ),
        (
            "HassLightSet",
            "default",
            {"slots": {"area": "Kitchen", "brightness_step": -20}, "names": ["Hob", "Sink"]},
            "The lights in the Kitchen are dimmer.",
        ),
        (
            "HassClimateSetTemperature",
            "default",
            {"slots": {"temperature_step": -0.5}, "names": ["Nest"]},
            "The Nest is set 0.5 degrees lower.",
        ),
        (
            "HassClimateSetTemperature",
            "default",
            {"slots": {"temperature_step": "up"}, "names": ["Nest"]},
            "The Nest is set higher.",
        ),
        (
            "HassFanSetSpeed",
            "default",
            {"slots": {"percentage_step": "up"}, "names": ["Breeze"]},
            "The Breeze is faster.",
        ),
        (
            "HassSetPosition",
            "default",
            {"slots": {"position_step": "down"}, "names": ["Patio Blind"]},
            "Closed the Patio Blind a bit more.",
        ),
        (
            "HassSetPosition",
            "cover_device_class",
            {"slots": {"device_class": "blind", "position_step": 20}, "names": ["East", "West"]},
            "Opened the blinds by 20 percent.",
        ),
        (
            "HassGetState",
            "one_yesno",
            {"query": query(unmatched=[LOCKED])},
            "No, the Front Door is locked.",
        ),
        (
            "HassGetState",
            "one_yesno",
            {"query": query(unknown=[UNKNOWN])},
            "I can't tell: Hatch has not reported.",
        ),
        (
            "HassGetState",
            "all",
            {"query": query(matched=[ON], unknown=[UNKNOWN])},
            "I can't be sure: Hatch has not reported.",
        ),
        ("HassGetState", "any", {"query": query(unmatched=[LOCKED])}, "No."),
        (
            "HassGetState",
            "which",
            {"query": query(matched=[thing(name, "light", "on") for name in "ABCDE"])},
            "A, B, C and 2 more.",
        ),
        (
            "HassGetState",
            "one",
            {"state": thing("Freezer", "sensor", "-18.5", unit="°C")},
            "The Freezer is -18.5 °C.",
        ),
        (
            "HassGetState",
            "one",
            {"state": thing("Tablet", "binary_sensor", "on", device_class="battery")},
            "The battery of the Tablet is low.",
        ),
        ("HassGetState", "where", {"state": thing("Mia", "person", "not_home")}, "Mia is away."),
        ("HassGetCurrentDate", "default", {"now": NOON}, "It's Friday, February 13th, 2026."),
        ("HassGetCurrentTime", "default", {"now": NOON}, "It's 12:00 PM."),
        ("HassGetCurrentTime", "default", {"now": NOON.replace(hour=0, minute=5)}, "It's 12:05 AM."),
        (
            "HassStartTimer",
            "default",
            {"timer": {"seconds": 5400}},
            "Timer set for 1 hour and 30 minutes.",
        ),
        (
            "HassStartTimer",
            "command_at",
            {"slots": {"conversation_command": "turn off the lights"}, "now": NOON, "at": NOON},
            "Today at 12:00 PM: turn off the lights.",
        ),
        (
            "HassStartTimer",
            "command_at",
            {
                "slots": {"conversation_command": "turn off the lights"},
                "now": NOON,
                "at": datetime(2026, 2, 14, 0, 5, tzinfo=UTC),
            },
            "Tomorrow at 12:05 AM: turn off the lights.",
        ),
        (
            "HassStartTimer",
            "command_at",
            {
                "slots": {"conversation_command": "turn off the lights"},
                "now": NOON,
                "at": datetime(2026, 2, 16, 7, 0, tzinfo=UTC),
            },
            "On Monday at 7:00 AM: turn off the lights.",
        ),
        (
            "HassCancelTimer",
            "default",
            {"timer": {"name": None, "area": None, "seconds": 90}},
            "Cancelled the 1 minute 30 second timer.",
        ),
        (
            "HassTimerStatus",
            "default",
            {"timers": [PASTA, KITCHEN]},
            "2 timers: 1 minute and 1 second left on the pasta timer "
            "and 1 minute left on the Kitchen timer (paused).",
        ),
    ],
)
def test_an_answer_reads_well(intent: str, response: str, fields: Mapping[str, Any], expected: str) -> None:
    template = texts()["responses"]["intents"][intent][response]
    assert say(template, **({"slots": {}, "names": []} | dict(fields))) == expected
