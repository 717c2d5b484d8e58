"""The numbers that are spelled out are those that the rules spell."""

import gzip
from pathlib import Path

import pytest

from paige.models.errors import SentencesInvalid
from paige.models.grammar import numbers
from paige.models.grammar.numbers import SPELLED_OUT, by_rules, spell
from paige.models.language_folder import language_folder
from paige.tools.number_words import lines, main


def test_the_file_that_ships_is_what_the_rules_make(tmp_path: Path) -> None:
    assert main(["en", str(tmp_path / "made.gz")]) == 0
    shipped = language_folder("en") / SPELLED_OUT
    assert gzip.decompress(shipped.read_bytes()) == gzip.decompress((tmp_path / "made.gz").read_bytes())


def test_a_number_is_said_alike_whether_it_is_spelled_out_or_not() -> None:
    spelled_out = [line.partition("\t")[0] for line in lines("en")]
    assert len(spelled_out) > 1_500
    for written in spelled_out:
        number = float(written) if "." in written else int(written)
        assert spell("en", number) == by_rules("en", number)
    assert spell("en", 123_456) == by_rules("en", 123_456) != ()
    assert spell("en-GB", 21) == (("twenty", "one"),)
    assert spell("tlh", 21) == ()


def test_a_damaged_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / SPELLED_OUT).write_bytes(b"no numbers")
    monkeypatch.setattr(numbers, "language_folder", lambda _: tmp_path)
    with pytest.raises(SentencesInvalid, match="no numbers with their words"):
        spell("qq", 1)
