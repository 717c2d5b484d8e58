"""Where numbers stand in a sentence, in digits or in words."""

from collections.abc import Sequence

from paige.models.grammar.lists import RangeList
from paige.models.grammar.numbers import Trie, range_trie
from paige.models.grammar.tokens import is_number

_RANGE = RangeList("amount", 0, 999, fractions=(0.5,))


class Numbers:
    """Finds the numbers of a language."""

    def __init__(self, language: str) -> None:
        self._trie = range_trie(language, _RANGE)

    def first(self, words: Sequence[str], begin: int, end: int) -> tuple[int, int] | None:
        """The first number between two places: its first word, and one past its last."""
        for at in range(begin, end):
            if is_number(words[at]):
                return at, at + 1
            behind = self._longest(words, at, end)
            if behind is not None:
                return at, behind
        return None

    def _longest(self, words: Sequence[str], at: int, end: int) -> int | None:
        node: Trie = self._trie
        longest = None
        for place in range(at, end):
            node = node.get(words[place], {})
            if "" in node:
                longest = place + 1
        return longest
