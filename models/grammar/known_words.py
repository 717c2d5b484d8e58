"""Words that a language knows, found by how they are spelled."""

import difflib
from collections.abc import Iterable

_LOOKED_AT = 16
"""Words that share the most pairs of letters; these are compared letter by letter."""


class KnownWords:
    """Some words, to find those that a misspelled one may stand for."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(set(words))
        self._known = frozenset(self._words)
        self._by_letters: dict[str, list[int]] = {}
        for number, word in enumerate(self._words):
            for letters in _pairs(word):
                self._by_letters.setdefault(letters, []).append(number)

    def __contains__(self, word: str) -> bool:
        return word in self._known

    def near(self, word: str, count: int, least: float) -> list[str]:
        """Words that are spelled like one, and at least so much, from 0 to 1; the most like it first."""
        shared: dict[int, int] = {}
        for letters in _pairs(word):
            for number in self._by_letters.get(letters, ()):
                shared[number] = shared.get(number, 0) + 1
        likely = sorted(shared, key=lambda number: (-shared[number] / (2 + len(self._words[number])), number))
        others = [self._words[number] for number in likely[:_LOOKED_AT] if self._words[number] != word]
        return difflib.get_close_matches(word, others, count, least)


def _pairs(word: str) -> set[str]:
    padded = f" {word} "
    return {padded[at : at + 2] for at in range(len(padded) - 1)} | set(word)
