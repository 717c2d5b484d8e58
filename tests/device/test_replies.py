"""The texts of a language, and a user's own in front of them."""

from pathlib import Path

import pytest

from paige.device.errors import RepliesInvalid
from paige.device.replies import Replies, thing
from paige.iot.entity import Entity
from paige.models.errors import SentencesInvalid
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.vocabulary import Vocabulary

FIELDS = {"slots": {"name": "Kitchen Lamp"}, "names": ["Kitchen Lamp"]}


def own(folder: Path, text: str) -> Replies:
    (folder / "own.yaml").write_text(text)
    return Replies.for_language("en", [folder])


def test_a_users_text_comes_before_the_packaged_one(tmp_path: Path) -> None:
    replies = own(
        tmp_path,
        'language: en\nresponses: {intents: {HassTurnOn: {default: "{{ slots.name }}, let there be light"}}}',
    )
    assert replies.done("HassTurnOn", "default", FIELDS) == "Kitchen Lamp, let there be light"
    assert replies.done("HassTurnOff", "default", FIELDS) == "Turned off the Kitchen Lamp."


@pytest.mark.parametrize("name", ["tea.yaml", "tea.yml"])
def test_a_folder_gives_its_sentences_and_its_texts_from_the_same_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(
        "language: en\nintents: {BrewTea: {data: [{sentences: [brew tea]}]}}\n"
        "responses: {intents: {BrewTea: {default: It is drawing}}}\n"
    )
    understood = Language(Sentences.for_language("en", [tmp_path]), Vocabulary()).parse("brew tea")
    assert isinstance(understood, Intent)
    assert understood.name == "BrewTea"
    assert Replies.for_language("en", [tmp_path]).done("BrewTea", "default", {}) == "It is drawing"


def test_a_users_intent_without_a_text_is_told_by_its_name() -> None:
    with pytest.raises(RepliesInvalid, match="BrewCoffee"):
        Replies.for_language("en").done("BrewCoffee", "default", {})


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ names.append(1) }}",
        "{{ 1 / 0 }}",
        "{% for %}",
        "{{ nobody.knows.this }}",
    ],
)
def test_a_users_text_can_neither_break_out_nor_break_us(tmp_path: Path, text: str) -> None:
    replies = own(tmp_path, f'language: en\nresponses: {{intents: {{HassTurnOn: {{default: "{text}"}}}}}}')
    with pytest.raises(RepliesInvalid, match="cannot be said"):
        replies.done("HassTurnOn", "default", FIELDS)


@pytest.mark.parametrize(
    "text", ["responses: {intents: {HassTurnOn: 3}}", "responses: {intents: {HassTurnOn: {default: 3}}}"]
)
def test_what_is_no_text_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(RepliesInvalid, match=r"own\.yaml.*HassTurnOn"):
        own(tmp_path, text)


def test_a_file_that_is_not_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SentencesInvalid, match=r"own\.yaml, line 2"):
        own(tmp_path, "responses:\n  intents: [}")


def test_a_language_that_is_not_spoken_is_refused() -> None:
    with pytest.raises(RepliesInvalid, match="tlh"):
        Replies.for_language("tlh")


def test_texts_see_a_thing_with_its_unit() -> None:
    sensor = Entity("sensor.a", "A", "sensor", state="3", attributes={"unit_of_measurement": "W"})
    assert (thing(sensor)["state"], thing(sensor)["unit"]) == ("3", "W")


def test_what_all_texts_share_is_made_when_it_is_asked_for() -> None:
    replies = Replies.for_language("en")
    assert "_environment" not in vars(replies)
    replies.warm()
    assert "_preamble" in vars(replies)
