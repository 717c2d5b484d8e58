"""Sentences and templates as tokens, cut by one and the same rule.

A token is a run of letters with their marks, a number, or one of the few symbols that are spoken
(`%`, `°`, `+`, …). Everything else (sentence punctuation, quotes, hyphens, emoji, control characters)
only separates. An apostrophe between letters is a token of its own, so that "kitchen's" is the name
"kitchen" and an ending. Scripts that are written without spaces give a token for each character.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

_SPOKEN_ASCII = "%&#@+*/$=<>"
_APOSTROPHES = "'’‘ʼ＇"
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]")

# Written without spaces between words, so each character (with its marks) is a token.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x4DBF),  # CJK extension A
    (0x4E00, 0x9FFF),  # CJK
    (0xAC00, 0xD7AF),  # Hangul syllables
    (0xF900, 0xFAFF),  # CJK compatibility
    (0x20000, 0x3FFFF),  # CJK extensions
)

_LETTER, _SINGLE, _MARK, _DIGIT, _SYMBOL, _APOSTROPHE, _GAP = "acm0%' "


class _CharacterClasses(dict[int, str]):
    """One stand-in character for each character, found when it is first seen."""

    def __missing__(self, code: int) -> str:
        found = self[code] = _classify(code)
        return found


def _classify(code: int) -> str:
    character = chr(code)
    category = unicodedata.category(character)
    if character in _APOSTROPHES:
        return _APOSTROPHE
    if character in "-.,":
        return character
    if category[0] == "M":
        return _MARK
    if category == "Nd":
        return _DIGIT
    if category[0] in "LN":
        return _SINGLE if any(low <= code <= high for low, high in _UNSPACED) else _LETTER
    if character in _SPOKEN_ASCII or category in ("Sm", "Sc") or character == "°":
        return _SYMBOL
    return _GAP


_CLASSES = _CharacterClasses()
_WORD = r"a[am]*|cm*|(?:(?<![acm0])-)?0+(?:[.,]0+)?|%"
_INPUT = re.compile(_WORD + r"|(?<=[acm0])'(?=[ac0])")
# A piece of a template may begin or end with an apostrophe that belongs to its neighbour.
_PIECE = re.compile(_WORD + r"|(?:(?<=[acm0])|^)'(?=[ac0]|$)")

_LONGEST_NUMBER = 12

Words = tuple[str, ...]
"""Tokens one after the other."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A sentence cut into tokens."""

    given: str
    """As it was said or written."""
    text: str
    """Normalized (NFKC), with its letters' cases as given."""
    words: tuple[str, ...]
    """Folded for comparison."""
    spans: tuple[tuple[int, int], ...]
    """Where each word stands in `text`."""

    def between(self, start: int, end: int) -> str:
        """The text of the tokens from `start` up to `end`, exclusive, as it was written."""
        return self.text[self.spans[start][0] : self.spans[end - 1][1]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a template's literal text."""

    words: tuple[str, ...]
    open_before: bool
    """True where the first word may be the rest of a word that began before this piece."""
    open_after: bool
    """True where the last word may go on behind this piece."""


def normalize(text: str) -> str:
    """NFKC, without invisible characters; what spans refer to."""
    if text.isascii():
        return text
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).replace("\u2044", "/")


def tokenize(text: str) -> Tokens:
    """Cut a sentence that somebody said or wrote."""
    given, text = text, normalize(text)
    spans = tuple(match.span() for match in _INPUT.finditer(text.translate(_CLASSES)))
    return Tokens(given, text, tuple(_folded(text[start:end]) for start, end in spans), spans)


@lru_cache(maxsize=4096)
def tokenize_piece(text: str) -> Piece:
    """Cut a piece of a template, whose edges may stand inside a word."""
    text = normalize(text)
    spans = [match.span() for match in _PIECE.finditer(text.translate(_CLASSES))]
    words = tuple(_folded(text[start:end]) for start, end in spans)
    if not spans:
        return Piece((), open_before=not text, open_after=not text)
    return Piece(words, open_before=spans[0][0] == 0, open_after=spans[-1][1] == len(text))


def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a name or value."""
    return tokenize(text).words


def occurrences(phrases: Collection[Words], words: Words) -> Iterator[tuple[int, int]]:
    """Where any of these phrases stand among words: the first word of each, and one past its last."""
    for size in sorted({len(phrase) for phrase in phrases} - {0}):
        for at in range(len(words) - size + 1):
            if words[at : at + size] in phrases:
                yield at, at + size


def says_any(phrases: Collection[Words], words: Words) -> bool:
    """Whether any of these phrases stands among words."""
    return next(occurrences(phrases, words), None) is not None


def joins(left: str, right: str) -> bool:
    """Whether two words that touch are one: letters with letters, digits with digits."""
    before, after = _CLASSES[ord(left[-1])], _CLASSES[ord(right[0])]
    if before == _MARK:
        before = _LETTER
    return (before == _LETTER and after in "am") or (before == _DIGIT and after == _DIGIT)


def is_number(word: str) -> bool:
    """Whether a token is a number."""
    return _CLASSES[ord(word[-1])] == _DIGIT


def number_of(word: str) -> int | float:
    """The value of a number token."""
    value = float(word)
    return int(value) if value.is_integer() else value


def is_apostrophe(word: str) -> bool:
    """Whether a token is the apostrophe, which is written without spaces around it."""
    return word == "'"


def is_symbol(word: str) -> bool:
    """Whether a token is a symbol, which is said by another word or not at all."""
    return _CLASSES[ord(word[0])] == _SYMBOL and not is_number(word)


def _folded(word: str) -> str:
    kind = _CLASSES[ord(word[-1])]
    if kind == _DIGIT:
        return _number(word)
    if kind == _APOSTROPHE:
        return "'"
    return word.casefold()


def _number(word: str) -> str:
    """One spelling for each value: `050` and `50.0` are `50`; a comma before three digits groups."""
    if len(word) > _LONGEST_NUMBER:
        return word
    whole, comma, rest = word.partition(",")
    plain = f"{whole}{rest}" if comma and len(rest) == 3 else word.replace(",", ".")
    return format(number_of(plain), "g") if "." in plain else str(int(plain))
