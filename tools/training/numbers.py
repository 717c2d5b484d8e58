"""Where numbers stand in a sentence, in digits or in words."""

from collections.abc import Sequence

from paige.models.grammar.lists import RangeList
from paige.models.grammar.numbers import longest, range_trie
from paige.models.grammar.tokens import is_number, number_of

_RANGE = RangeList("amount", 0, 999, fractions=(0.5,))


class Numbers:
    """Finds the numbers of a language."""

    def __init__(self, language: str) -> None:
        self._trie = range_trie(language, _RANGE)

    def first(self, words: Sequence[str], begin: int, end: int) -> tuple[int, int] | None:
        """The first number between two places: its first word, and one past its last."""
        found = self._first(words, begin, end)
        return None if found is None else found[:2]

    def value(self, words: Sequence[str]) -> float | None:
        """The first number that words say; None where they say none."""
        found = self._first(words, 0, len(words))
        return None if found is None else found[2]

    def _first(self, words: Sequence[str], begin: int, end: int) -> tuple[int, int, float] | None:
        for at in range(begin, end):
            if is_number(words[at]):
                return at, at + 1, float(number_of(words[at]))
            found = longest(self._trie, words[:end], at)
            if found is not None:
                return at, found[0], float(found[1])
        return None
