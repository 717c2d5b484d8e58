import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.models.grammar.tokens import joins, tokenize, tokenize_piece, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Turn on the LIGHT, please!", ["turn", "on", "the", "light", "please"]),
        ("what's the kitchen’s temperature?", ["what", "'", "s", "the", "kitchen", "'", "s", "temperature"]),
        ("50% 50 % ５０％", ["50", "%", "50", "%", "50", "%"]),
        ("19.5° -5 1,5 1,000 050", ["19.5", "°", "-5", "1.5", "1000", "50"]),
        ("living-room up-to-date", ["living", "room", "up", "to", "date"]),
        ("TV2 A.C. ½", ["tv", "2", "a", "c", "1", "/", "2"]),
        ("rock 'n' roll 'quoted'", ["rock", "n", "roll", "quoted"]),
        ("打开灯 นอน", ["打", "开", "灯", "น", "อ", "น"]),
        ("مصباح ٢٥", ["مصباح", "25"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("Straße CAFÉ café", ["strasse", "café", "café"]),
        ("💡 lamp \u200bx\u202e \x07 \t", ["lamp", "x"]),
        ("", []),
    ],
)
def test_a_sentence_is_cut_into_words_numbers_and_spoken_symbols(text: str, words: list[str]) -> None:
    assert list(words_of(text)) == words


@given(st.text())
def test_tokens_stand_in_their_text_in_order_without_overlap(text: str) -> None:
    tokens = tokenize(text)
    assert len(tokens.words) == len(tokens.spans)
    assert all(tokens.words)
    end = 0
    for start, stop in tokens.spans:
        assert end <= start < stop <= len(tokens.text)
        end = stop


@given(st.text())
def test_a_template_without_apostrophes_is_cut_as_a_sentence_is(text: str) -> None:
    text = text.translate(dict.fromkeys(map(ord, "'’‘ʼ＇"), " "))
    assert tokenize_piece(text).words == tokenize(text).words


@given(st.lists(st.sampled_from(["lights", "20", "%", "été", "灯", "19.5", "tv"]), max_size=8))
def test_cutting_what_was_cut_changes_nothing(words: list[str]) -> None:
    assert list(words_of(" ".join(words))) == words


def test_a_piece_says_whether_its_edges_may_be_inside_a_word() -> None:
    assert tokenize_piece("s ").open_before
    assert not tokenize_piece("s ").open_after
    assert not tokenize_piece(" minute").open_before
    assert tokenize_piece("'s").words == ("'", "s")


def test_only_letters_with_letters_and_digits_with_digits_become_one_word() -> None:
    assert joins("light", "s")
    assert joins("1", "0")
    assert not joins("20", "c")
    assert not joins("灯", "光")
    assert not joins("what", "'")


def test_a_number_of_thousands_of_digits_is_a_word_like_another() -> None:
    assert words_of("9" * 5000) == ("9" * 5000,)
