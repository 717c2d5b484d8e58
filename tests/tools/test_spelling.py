"""Letters learn their sounds from words."""

from pathlib import Path

import pytest

from paige.models.recognizer.spelling import Spelling
from paige.tools.spelling import align, learn, main, read_dictionary

WORDS = {
    "lamp": "L AE M P", "lip": "L IH P", "map": "M AE P", "pill": "P IH L", "mill": "M IH L",
    "box": "B AA K S", "fox": "F AA K S", "fix": "F IH K S", "phil": "F IH L",
    "phip": "F IH P", "pham": "F AE M",
    "him": "HH IH M", "ham": "HH AE M", "hill": "HH IH L", "hip": "HH IH P",
}  # fmt: skip


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    file = tmp_path / "words.dict"
    file.write_text(
        "".join(f"{word} {phones}\n" for word, phones in WORDS.items()) + "lip(2) L AY P\na.b. EY B IY\n"
    )
    return file


def test_a_letter_may_make_two_sounds_or_none(dictionary: Path) -> None:
    sounds = dict(align(read_dictionary(dictionary)))
    assert sounds["box"] == ("B", "AA", "K S")
    assert sounds["mill"].count("") == 1


def test_words_that_were_never_seen_are_said_by_what_was_learned(dictionary: Path) -> None:
    spelling = Spelling(learn(align(read_dictionary(dictionary))))
    assert spelling.sound("mix") == ("M", "IH", "K", "S")
    assert spelling.sound("lam") == ("L", "AE", "M")
    assert spelling.sound("phix") == ("F", "IH", "K", "S")


def test_the_same_dictionary_gives_the_same_file(dictionary: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert main([str(dictionary), str(tmp_path / name)]) == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert Spelling.load(tmp_path / "one").sound("map") == ("M", "AE", "P")


def test_measuring_prints_how_many_held_out_words_are_right(
    dictionary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(dictionary), "--measure"]) == 0
    assert "held-out words 1\nwords right" in capsys.readouterr().out
