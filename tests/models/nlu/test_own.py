"""A user's own intents in other words than the user wrote, by the model that comes with Paige."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import paige.tools.demo
from paige.iot.home_file import load_home
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import tokenize
from paige.models.intent import Intent, NotRecognized
from paige.models.nlu.explanation import Path as Answered
from paige.models.nlu.frame import Frame, frame
from paige.models.nlu.own import OwnIntents, Read
from paige.models.nlu.parser import IntentParser
from paige.models.nlu.shapes import Shapes
from paige.models.nlu.shipped import LazyModel

HOME = Path(paige.tools.demo.__file__).with_name("home.yaml")
OWN = """
language: en
intents:
  BrewDrink:
    data:
      - sentences: ["make me a {drink}", "prepare a cup of {drink}", "i would like [to drink] a {drink}"]
  FeedPet:
    data:
      - sentences: ["feed the cat", "give the cat some food", "fill the bowl of the cat"]
  PartyMode:
    data:
      - sentences: ["start party mode", "activate the party lights in {area}"]
  WaterPlants:
    data:
      - sentences: ["water the plants in the garden"]
  ReadMail:
    data:
      - sentences: ["read my new mail", "do i have new mail", "what is in my inbox"]
lists:
  drink: {values: [latte, {in: (cappuccino|cappucino), out: cappuccino}, green tea, espresso]}
"""


@cache
def own_file() -> Path:
    import tempfile

    path = Path(tempfile.mkdtemp()) / "own.yaml"
    path.write_text(OWN)
    return path


@cache
def parser() -> IntentParser:
    sentences = Sentences.for_language("en", [own_file()])
    return IntentParser(Language(sentences, load_home(HOME).vocabulary()), LazyModel.for_language("en"))


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("please feed my cat now", "FeedPet", {}),
        ("can you give some food to the cat", "FeedPet", {}),
        ("could you brew a green tea for me", "BrewDrink", {"drink": "green tea"}),
        ("i want to drink a cappucino", "BrewDrink", {"drink": "cappuccino"}),
        ("is there any new mail in my inbox", "ReadMail", {}),
        ("please water my plants in the garden", "WaterPlants", {}),
    ],
)
def test_other_words_ask_for_the_same_with_the_slots_that_they_say(
    text: str, intent: str, slots: dict[str, str]
) -> None:
    assert isinstance(parser().language.parse(text), NotRecognized), "a template has it"
    found = parser().parse(text)
    assert isinstance(found, Intent), found
    assert (found.name, dict(found.slots), found.text) == (intent, slots, text)
    assert 0.5 < found.confidence <= 1
    words = text.split()
    for slot, (begin, end) in found.spans.items():
        assert slots[slot].split()[0][:6] == words[begin][:6]
        assert end - begin == len(slots[slot].split())


@pytest.mark.parametrize(
    "text",
    [
        "stop party mode",
        "don't feed the cat",
        "never start party mode",
        "is party mode started",
        "please water all the plants in the kitchen",
        "begin party mode number 7",
        "begin twenty party modes",
        "deactivate the party lights in the kitchen",
        "make me a sandwich",
        "how do cats eat",
        "who invented the mailbox",
        "what is the capital of france",
        "",
        "🐈",
    ],
)
def test_an_opposite_a_missing_slot_or_something_else_is_none_of_them(text: str) -> None:
    found = parser().parse(text)
    assert not isinstance(found, Intent) or found.name.startswith("Hass"), found


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("would you be so kind to switch the kitchen lamp off", "HassTurnOff"),
        ("make the kitchen lamp red", "HassLightSet"),
    ],
)
def test_what_the_house_can_do_anyway_stays_what_it_is(text: str, intent: str) -> None:
    found = parser().parse(text)
    assert isinstance(found, Intent)
    assert found.name == intent


def test_it_is_told_which_sentence_means_the_same() -> None:
    explained = parser().explain("could you brew a green tea for me")
    assert explained.path is Answered.MODEL
    (reading,) = explained.readings
    assert reading.alike is not None
    assert "green tea" in reading.alike.example
    assert isinstance(parser().language.parse(reading.alike.example), Intent)
    assert isinstance(explained.result, tuple)
    assert reading.alike.likeness == pytest.approx(explained.result[0].confidence)


def test_sentences_of_which_none_can_be_said_are_no_examples() -> None:
    only_wild = OWN.split("intents:")[0] + (
        'intents: {Note: {data: [{sentences: ["note {anything}"]}]}}\nlists: {anything: {wildcard: true}}\n'
    )
    path = own_file().with_name("wild.yaml")
    path.write_text(only_wild)
    language = Language(Sentences.for_language("en", [path]), load_home(HOME).vocabulary())
    wild = IntentParser(language, LazyModel.for_language("en"))
    wild.warm()
    assert isinstance(wild.parse("write down that the sky is blue"), NotRecognized)


def test_what_the_model_has_learned_of_an_own_intent_counts() -> None:
    """ "any letters today" is at 0.46 of "do i have new mail": too far by meaning alone."""
    understood = parser()
    model = LazyModel.for_language("en").get()

    def reads(mail: float) -> Read:
        def read(words: Sequence[str]) -> tuple[Frame, NDArray[np.float32]]:
            scores = model.read(words)
            found = frame(words, scores, model.labels)
            return replace(found, runners_up=(*found.runners_up, ("ReadMail", mail))), scores.embedding

        return read

    said = tokenize("any letters today")
    found = []
    for mail in (0.0, 0.04, 0.1):
        own = OwnIntents(understood.language, Shapes(understood.language.sentences), reads(mail), 0.6)
        found.append(own.find(said, *reads(mail)(said.words)))
    untrained, hardly, learned = found
    assert untrained is None
    assert hardly is None
    assert learned is not None
    assert learned.intent.name == "ReadMail"
