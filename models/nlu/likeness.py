"""How alike two words are, by their letters and by their sounds."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from paige.models.grammar.numbers import spell, spoken
from paige.models.grammar.tokens import is_number, number_of, words_of
from paige.models.language_folder import primary
from paige.models.recognizer.spelling import Spelling

LEAST: Final = 0.6
"""Words that are less alike are two words."""
_NEAR: Final = 12
"""So many words that share the most pairs of letters are compared."""
_SHARED: Final = 0.3
"""Less of two words' pairs of letters in common (Dice, 1945), and they are not compared."""
_KEPT: Final = 5_000
"""Words whose neighbours are remembered."""


class Sounds:
    """What the words of a language sound like, by its `spelling.txt.gz`; read when first asked."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._known: dict[str, tuple[str, ...]] = {}
        self._ways: dict[str, tuple[tuple[str, ...], ...]] = {}
        self._spelling: Spelling | None = None

    def of(self, word: str) -> tuple[str, ...]:
        """The phones of a word; none where the language has no rules, or the word no letters.

        Raises:
            ModelUnusable: The file of the rules is damaged.
        """
        found = self._known.get(word)
        if found is None:
            found = self._said(word)
            if len(self._known) < _KEPT:
                self._known[word] = found
        return found

    def _said(self, word: str) -> tuple[str, ...]:
        if is_number(word):
            return tuple(phone for part in self._plain(word) for phone in self._rules.sound(part))
        return self._rules.sound(word)

    def ways(self, word: str) -> tuple[tuple[str, ...], ...]:
        """The ways to say a word, a number or a sign, the likeliest first, by words that are known, too.

        Raises:
            ModelUnusable: The file of the rules is damaged.
        """
        found = self._ways.get(word)
        if found is None:
            found = self._said_in_ways(word)
            if len(self._ways) < _KEPT:
                self._ways[word] = found
        return found

    def _said_in_ways(self, word: str) -> tuple[tuple[str, ...], ...]:
        parts = self._plain(word)
        if len(parts) == 1:
            return self._rules.ways(parts[0])
        said = tuple(phone for part in parts for way in self._rules.ways(part)[:1] for phone in way)
        return (said,) if said else ()

    def _plain(self, word: str) -> tuple[str, ...]:
        """What is said for what is written."""
        if is_number(word):
            return next(iter(spell(self._language, number_of(word))), ())
        symbol = spoken(primary(self._language)).symbols.get(word)
        return words_of(symbol) if symbol else (word,)

    @property
    def _rules(self) -> Spelling:
        if self._spelling is None:
            self._spelling = Spelling.for_language(self._language)
        return self._spelling


class Words:
    """The words of a home's names, and which of them another word may have been.

    Args:
        words: Each of them.
        sounds: Of their language.
    """

    def __init__(self, words: Iterable[str], sounds: Sounds) -> None:
        self._words = frozenset(words)
        self._sounds = sounds
        self._near: dict[str, tuple[tuple[str, float], ...]] = {}
        self._having: defaultdict[str, list[str]] = defaultdict(list)
        for word in sorted(self._words):
            for pair in _pairs(word):
                self._having[pair].append(word)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def near(self, word: str) -> tuple[tuple[str, float], ...]:
        """The words that are alike, with how alike they are, from `LEAST` to 1; the word itself is one."""
        found = self._near.get(word)
        if found is None:
            found = tuple(self._search(word))
            if len(self._near) < _KEPT:
                self._near[word] = found
        return found

    def _search(self, word: str) -> Iterable[tuple[str, float]]:
        if word in self._words:
            yield word, 1.0
        if is_number(word):
            return  # another number is another thing
        pairs = _pairs(word)
        shared = Counter(other for pair in pairs for other in self._having.get(pair, ()))
        nearest = sorted(
            ((2 * count / (len(pairs) + len(other) + 1), other) for other, count in shared.items()),
            key=lambda one: (-one[0], one[1]),
        )
        for dice, other in nearest[:_NEAR]:
            if dice >= _SHARED and other != word and not is_number(other):
                alike = self.alike(word, other)
                if alike >= LEAST:
                    yield other, alike

    def alike(self, word: str, other: str) -> float:
        """How alike two words are: by their letters or by their sounds, whichever is more."""
        letters = 1 - distance(word, other) / max(len(word), len(other))
        said, heard = self._sounds.of(word), self._sounds.of(other)
        if not said or not heard:
            return letters
        sounds = 1 - distance(said, heard) / max(len(said), len(heard))
        # What sounds the same is still written otherwise.
        return max(letters, 0.97 * sounds)


@lru_cache(maxsize=50_000)
def distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Edits from one to the other: to put in, leave out, replace, or swap two neighbours.

    Optimal string alignment (Damerau, 1964, with each place edited once).
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, symbol in enumerate(one, 1):
        older, before, row = before, row, [at]
        for there, another in enumerate(other, 1):
            cost = min(before[there] + 1, row[there - 1] + 1, before[there - 1] + (symbol != another))
            if at > 1 and there > 1 and symbol == other[there - 2] and one[at - 2] == another:
                cost = min(cost, older[there - 2] + 1)
            row.append(cost)
    return row[-1]


def _pairs(word: str) -> set[str]:
    padded = f"^{word}$"
    return {padded[at : at + 2] for at in range(len(padded) - 1)}
