"""A text is left with what can be said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.audio.voices.text import parts, speakable


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("It is 21.5 °C in the kitchen.", "It is 21.5 degrees Celsius in the kitchen."),
        ("1 kWh, 30W and 5 m²", "1 kilowatt hours, 30 watts and 5 square metres"),
        ("40 % of 5 Whoppers", "40 % of 5 Whoppers"),
        ("**Done**: the `lamp` is on 😀\x1b[31m\x00\u200b", "Done : the lamp is on 31m"),
        ("cafe\u0301", "café"),
        ("…\n\n- *", ""),
        ("\ud800", ""),
    ],
)
def test_what_nobody_says_is_left_out(written: str, said: str) -> None:
    assert speakable(written, "en-GB") == said


def test_units_of_a_language_without_words_stay() -> None:
    assert speakable("21 °C", "de") == "21 °C"


@given(st.text())
def test_nothing_is_left_that_is_no_text(written: str) -> None:
    said = speakable(written, "en")
    assert said.isprintable()
    said.encode()  # no half of a surrogate pair


@given(st.text("ab. !", min_size=1), st.integers(1, 40))
def test_parts_lose_nothing_but_spaces(text: str, longest: int) -> None:
    pieces = list(parts(text, longest))
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(len(piece) <= longest for piece in pieces)


def test_parts_end_where_sentences_do() -> None:
    assert list(parts("One two. Three four. Five", 18)) == ["One two.", "Three four. Five"]
