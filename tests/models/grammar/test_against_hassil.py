"""hassil, Home Assistant's own matcher, as the oracle."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import hassil
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paige.models.grammar.language import Language
from paige.models.grammar.reader import Reader
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.vocabulary import Name, Vocabulary

WORDS = ("turn", "on", "light", "the")
_word = st.sampled_from(WORDS)


def _groups(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        several.map(" ".join),
        several.map(lambda items: f"({'|'.join(items)})"),
        several.map(lambda items: f"({';'.join(items)})"),
        inner.map(lambda item: f"[{item}]"),
        _word.map(lambda word: f"{word}[s]"),
        _word.map(lambda word: f"{word}(s|ed)"),
    )


_templates = st.recursive(_word, _groups, max_leaves=6)
_said = st.lists(st.sampled_from([*WORDS, "lights", "turned", "ons"]), min_size=1, max_size=5).map(" ".join)


def _language(template: str) -> Language:
    reader = Reader("en")
    content = {"language": "en", "intents": {"T": {"data": [{"sentences": [template]}]}}}
    reader.add_text(yaml.safe_dump(content), "test", custom=False)
    return Language(reader.sentences(), Vocabulary())


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(_templates, st.lists(_said, min_size=5, max_size=15))
def test_any_template_accepts_what_hassil_accepts(template: str, said: list[str]) -> None:
    language = _language(template)
    sentence = hassil.parse_sentence(template)
    for text in said:
        ours = isinstance(language.parse(text), Intent)
        assert ours == (hassil.is_match(text, sentence) is not None), text


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(_templates, st.integers(0, 1000))
def test_hassil_accepts_whatever_is_sampled_from_a_template(template: str, seed: int) -> None:
    language = _language(template)
    sentence = hassil.parse_sentence(template)
    try:
        intents = language.sample(5, seed)
    except ValueError:
        pytest.fail("a template without lists can always be said")
    for intent in intents:
        assert hassil.is_match(intent.text, sentence) is not None, intent.text


class Oracle:
    """hassil with one home, asked as Home Assistant asks it."""

    def __init__(self, intents: hassil.Intents, vocabulary: Vocabulary) -> None:
        names = {"name": vocabulary.entities, "area": vocabulary.areas, "floor": vocabulary.floors}
        self._intents = intents
        self._lists = {
            kind: hassil.TextSlotList.from_tuples([_entry(name) for name in known], False, kind)
            for kind, known in names.items()
        }
        self._context = {"area": vocabulary.here} if vocabulary.here else {}

    def answer(self, text: str) -> tuple[str | None, dict[str, object]]:
        """The intent and its slots, comparably."""
        result = hassil.recognize_best(
            text,
            self._intents,
            slot_lists=self._lists,  # type: ignore[arg-type]  # a dict of lists is one of slot lists
            intent_context=self._context,
            best_slot_name="name",
            language="en",
        )
        if result is None:
            return None, {}
        return result.intent.name, _comparable({one.name: one.value for one in result.entities_list})


def _entry(name: Name) -> tuple[str, Any, dict[str, Any]]:
    return name.spoken, name.value, {k: v for k, v in name.context.items() if k not in ("area", "floor")}


def _comparable(slots: dict[str, Any]) -> dict[str, object]:
    return {
        name: float(value) if isinstance(value, int | float) else str(value).casefold()
        for name, value in slots.items()
    }


def _ours(language: Language, text: str) -> tuple[str | None, dict[str, object]]:
    result = language.parse(text)
    return (result.name, _comparable(dict(result.slots))) if isinstance(result, Intent) else (None, {})


@pytest.fixture
def ha_files(ha_intents: Path) -> list[Path]:
    return sorted((ha_intents / "sentences" / "en").glob("*.yaml"))


@pytest.fixture
def ha_oracle(ha_files: list[Path]) -> hassil.Intents:
    merged: dict[str, Any] = {}
    for file in ha_files:
        hassil.merge_dict(merged, yaml.safe_load(file.read_text()))
    return hassil.Intents.from_dict(merged)


def _home(file: Path) -> Vocabulary:
    """As much of a home description as hassil is given."""
    home = yaml.safe_load(file.read_text())

    def names(kind: str) -> Iterator[Name]:
        for thing in home[kind]:
            keys = ("domain", "device_class", "area")
            context = {key: thing[key] for key in keys if key in thing} if kind == "entities" else {}
            for spoken in (thing["name"], *thing.get("aliases", ())):
                yield Name(spoken, thing["name"], context)

    entities, areas, floors = (tuple(names(kind)) for kind in ("entities", "areas", "floors"))
    return Vocabulary(entities, areas, floors, home.get("here"))


def test_home_assistants_own_cases_get_hassils_answers(
    ha_intents: Path, ha_files: list[Path], ha_oracle: hassil.Intents
) -> None:
    sentences = Sentences.load(ha_files)
    homes: dict[str, tuple[Language, Oracle]] = {}
    differing = []
    for line in (ha_intents / "cases.jsonl").read_text().splitlines():
        case = json.loads(line)
        if case["home"] not in homes:
            vocabulary = _home(ha_intents / "homes" / case["home"])
            homes[case["home"]] = (Language(sentences, vocabulary), Oracle(ha_oracle, vocabulary))
        language, oracle = homes[case["home"]]
        if _ours(language, case["text"]) != oracle.answer(case["text"]):
            differing.append(case["text"])
    assert differing == []


WILD: dict[str, list[str]] = {
    name: ["oat milk", "take out the trash"]
    for name in ("shopping_list_item", "todo_list_item", "zone", "timer_name", "message", "search_query")
}


def test_random_sentences_of_home_assistant_get_hassils_answers(
    ha_intents: Path, ha_files: list[Path], ha_oracle: hassil.Intents
) -> None:
    home = _home(ha_intents / "homes" / "main-living_room.yaml")
    # That numbers in names may be said in words, hassil does not know.
    entities = tuple(name for name in home.entities if not any(map(str.isdigit, name.spoken)))
    vocabulary = replace(home, entities=entities)
    language = Language(Sentences.load(ha_files), vocabulary)
    oracle = Oracle(ha_oracle, vocabulary)
    intents = [one for one in language.sample(200, 11, WILD) if not _paige_alone(one.text)][:150]
    assert len(intents) == 150
    differing = []
    for intent in intents:
        ours, theirs = (intent.name, _comparable(dict(intent.slots))), oracle.answer(intent.text)
        if ours != theirs:
            differing.append((intent.text, ours, theirs))
    assert differing == []


def _paige_alone(text: str) -> bool:
    """What hassil does not understand: "a hundred", "and a half", and numbers of templates in words."""
    return any(part in text for part in ("a hundred", "and a half", "pm ", "co two"))


def test_the_oracle_itself_answers(ha_intents: Path, ha_oracle: hassil.Intents) -> None:
    oracle = Oracle(ha_oracle, _home(ha_intents / "homes" / "main.yaml"))
    assert oracle.answer("turn on the bedroom lamp") == ("HassTurnOn", {"name": "bedroom lamp"})


Make = Callable[..., Language]


@pytest.mark.parametrize(
    "text",
    [
        "turn on the bedroom lamp",
        "turn on lamps in the sleeping room",
        "please turn on the night light",
        "set bedroom lamp to 50 %",
        "set bedroom lamp to fifty percent",
        "add milk and 2 eggs to my list",
        "turn on the unknown lamp",
        "set bedroom lamp to 101%",
    ],
)
def test_small_sentences_get_hassils_answers(language: Make, home: Vocabulary, text: str) -> None:
    content = """
language: en
intents:
  TurnOn:
    data:
      - sentences: ["turn on [the] {name}"]
        requires_context: {domain: light}
      - sentences: ["turn on lamp[s] in [the] {area}"]
        slots: {domain: light}
  Set: {data: [{sentences: ["set {name} to {percent}[([ ]%)| percent]"]}]}
  Add: {data: [{sentences: ["add {item} to my list"]}]}
lists: {percent: {range: {from: 0, to: 100}}, item: {wildcard: true}}
skip_words: [please]
"""
    intents = hassil.Intents.from_dict(yaml.safe_load(content))
    assert _ours(language(content), text) == Oracle(intents, home).answer(text)
