"""Words are said as the dictionary has them, as their parts are said, or as their letters sound."""

import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest

from paige.models.errors import ModelUnusable
from paige.models.recognizer.lexicon import pronounce
from paige.models.recognizer.pocketsphinx_model import SphinxModel
from paige.models.recognizer.spelling import Spelling

DICTIONARY = SphinxModel.find().dictionary
ENGLISH = Spelling.for_language("en-GB")


def said(*words: str) -> Mapping[str, tuple[str, ...]]:
    return pronounce(words, DICTIONARY, ENGLISH)


def test_the_dictionary_comes_first_with_all_its_ways() -> None:
    assert said("kitchen", "the") == {"kitchen": ("K IH CH AH N",), "the": ("DH AH", "DH IY")}


def test_a_compound_is_said_as_its_parts() -> None:
    assert said("powerwall")["powerwall"] == ("P AW ER W AO L",)


def test_what_is_written_and_not_said_is_passed_over() -> None:
    assert said("lamp's")["lamp's"] == ("L AE M P S",)


def test_a_short_unknown_word_may_be_spelled_out() -> None:
    assert "JH IY EH S EH M" in said("gsm")["gsm"]


@pytest.mark.parametrize(
    ("word", "phones"),
    [("zigbee", "Z IH G B IY"), ("roomba", "R UW M B AH"), ("illuminance", "IH L UW M AH N AH N S")],
)
def test_names_of_no_dictionary_sound_as_they_are_written(word: str, phones: str) -> None:
    assert said(word)[word][0] == phones


def test_accents_are_read_as_the_letters_under_them() -> None:
    assert said("küche") == {"küche": said("kuche")["kuche"]}


@pytest.mark.parametrize(
    ("word", "phones"),
    [("chloé", "K L OW IY"), ("café", "K AH F EY"), ("rené", "R AH N EY"), ("zoë", "Z OW IY")],
)
def test_a_word_with_accents_is_looked_up_without_them_too(word: str, phones: str) -> None:
    assert said(word)[word][0] == phones


def test_a_diaeresis_parts_two_vowels() -> None:
    assert said("anaïs")["anaïs"] == ("AE N AH IH S",)
    assert said("anai\u0308s")["anai\u0308s"] == ("AE N AH IH S",)  # the mark as a character of its own


def test_what_has_no_letters_of_the_language_cannot_be_said() -> None:
    assert said("客厅", "кухня", "", "lamp") == {"lamp": ("L AE M P",)}


def test_a_language_without_rules_has_only_its_dictionary() -> None:
    assert pronounce(["lamp", "xyzzyx"], DICTIONARY, Spelling.for_language("tlh")) == {"lamp": ("L AE M P",)}


def test_a_dictionary_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"none\.dict.*cannot be read"):
        pronounce(["lamp"], tmp_path / "none.dict", ENGLISH)


@pytest.mark.parametrize(
    "content", [b"", b"no rules", gzip.compress(b"no tab\n", mtime=0), gzip.compress(b"a\tb", mtime=0)[:-3]]
)
def test_a_damaged_rules_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "spelling.txt.gz"
    file.write_bytes(content)
    with pytest.raises(ModelUnusable, match="no rules from letters to sounds"):
        Spelling.load(file)
