"""The little words of a language, and what a file of something else is told."""

import pytest

from paige.models.errors import SentencesInvalid
from paige.models.nlu.wording import Wording, read


def test_articles_are_no_part_of_a_name_unless_they_are_all_of_it() -> None:
    english = Wording.for_language("en-GB")
    assert english.without_articles(("the", "my", "lamp")) == ("lamp",)
    assert english.without_articles(("the",)) == ("the",)


def test_a_language_without_the_file_permits_everything() -> None:
    assert Wording.for_language("tlh").permits("lock", ())


def test_things_with_words_of_their_own_need_one() -> None:
    english = Wording.for_language("en")
    assert english.permits("light", ("turn", "on"))
    assert not english.permits("lock", ("turn", "on"))
    assert english.permits("lock", ("let", "me", "in"))
    assert not english.permits("cover", ("lock", "up"))


def test_words_that_ask_for_opposites_say_what_becomes_of_a_thing() -> None:
    english = read("opposites: [[[open, lift up], [shut]], [[louder], [softer]]]", "wording.yaml")
    opened, shut = english.opposites[0]
    assert opened == {("open",), ("lift", "up")}
    assert shut == {("shut",)}
    assert english.becoming == {("open",), ("lift", "up"), ("shut",), ("louder",), ("softer",)}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a", "no file of wording"),
        ("here: 1", "no file of wording"),
        ("hear: [here]", "'hear' is no key"),
        ("own_words: [lock]", "own_words has 'lock'"),
        ("opposites: [[[up]]]", "no file of wording"),
        ("opposites: 1", "no file of wording"),
    ],
)
def test_a_file_of_something_else_is_refused(text: str, told: str) -> None:
    with pytest.raises(SentencesInvalid, match=told):
        read(text, "wording.yaml")
