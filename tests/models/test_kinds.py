"""Kinds of things: what a thing of a home is, by its class or by what it is called."""

import pytest

from paige.models.errors import SentencesInvalid
from paige.models.grammar.tokens import words_of
from paige.models.kinds import Kinds, read


@pytest.mark.parametrize(
    ("kind", "name", "domain", "is_one"),
    [
        ("kettle", "Kitchen Kettle", "switch", True),
        ("kettle", "kettle plug", "switch", True),
        ("kettle", "Kettle 2", "switch", True),
        ("kettle", "Kettle Plug Kitchen", "switch", True),
        ("kettle", "Kettle Lamp", "switch", False),
        ("kettle", "Kettle", "light", False),
        ("kettle", "", "switch", False),
        ("kettle", "🫖", "switch", False),
        ("coffee_machine", "My Coffee Machine", "switch", True),
        ("coffee_machine", "Coffee", "script", True),
        ("coffee_machine", "Coffee Corner", "switch", False),
        ("tv", "The Telly", "media_player", True),
        ("outlet", "Plug", "switch", True),
    ],
)
def test_a_name_says_what_a_thing_is(kind: str, name: str, domain: str, is_one: bool) -> None:
    english = Kinds.for_language("en")
    found = english.fits(english.by_name[kind], [name], domain=domain, places=["Kitchen"])
    assert found is is_one


def test_a_device_class_says_what_a_thing_is_whatever_it_is_called() -> None:
    english = Kinds.for_language("en-GB")
    tv = english.by_name["tv"]
    assert english.fits(tv, ["Bertha"], domain="media_player", device_class="tv")
    assert not english.fits(tv, ["Bertha"], domain="media_player", device_class="speaker")


def test_a_word_of_one_kind_is_no_word_of_another() -> None:
    english = Kinds.for_language("en")
    words = [words for kind in english.by_name.values() for words in kind.words]
    assert len(words) == len(set(words))
    telly = english.said(words_of("telly"))
    assert telly is not None
    assert telly.name == "tv"
    assert english.said(words_of("lamp of the tv")) is None


def test_where_a_name_begins_with_what_a_thing_is() -> None:
    french = read(
        "head: first\nkinds: {kettle: {words: [bouilloire], plural: bouilloires, domains: [switch]}}", "fr"
    )
    kettle = french.by_name["kettle"]
    assert french.fits(kettle, ["Bouilloire de la cuisine"], domain="switch")
    assert not french.fits(kettle, ["Lampe de la bouilloire"], domain="switch")


def test_a_language_without_kinds_has_none() -> None:
    assert Kinds.for_language("tlh") == Kinds()


@pytest.mark.parametrize("text", ["", "[]", "head: middle\nkinds: {}", "head: last\nkinds: {tv: [TV]}"])
def test_a_file_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(SentencesInvalid, match=r"kinds\.yaml"):
        read(text, "kinds.yaml")
