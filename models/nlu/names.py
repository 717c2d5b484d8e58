"""Which things and places of a home some words may mean.

One score for all evidence: the words of a name that were said, as they are written or as they sound, weighed
by how much they tell one name from another; words for what kind of thing it is; and where it stands. A clear
winner is what was meant. Several that are alike are for a question, and nothing is guessed.
"""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Final

from paige.models.grammar.lists import AREA, FLOOR, RangeList
from paige.models.grammar.numbers import Trie, longest, range_trie
from paige.models.grammar.tokens import Words, words_of
from paige.models.kinds import Kinds
from paige.models.nlu.likeness import Sounds
from paige.models.nlu.likeness import Words as Neighbours
from paige.models.vocabulary import Name

ENOUGH: Final = 0.75
"""A name with a lower score was not meant."""
MARGIN: Final = 0.1
"""Of names whose scores are nearer than this, it is not clear which was meant."""
_PLACE: Final = 0.95
"""How well a word is met by the place where a thing stands, when its name does not say it."""
_SAID: Final = 0.75
"""Share of the score for what was said; the rest is for how much of the name was said."""
_MOST: Final = 40
"""Names that are scored: those that meet most of what was said."""
_SHOWN: Final = 8

_COMMON: Final = 400
"""Words that more names have, such as the ending of "Anna's", do not tell which are worth scoring."""
_ROUGHLY: Final = 0.7
"""Names that meet less than this share of what the best one meets are not scored."""

Fits = Callable[[Mapping[str, str]], bool]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing or place that may be meant."""

    value: str
    """Its main name."""
    spoken: str
    """The name that matched."""
    score: float
    """0 to 1; 1 for a name that was said as it is."""
    context: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What some words may mean."""

    said: Words
    chosen: tuple[Candidate, ...]
    """One that is meant, several of which each may be, or none."""
    considered: tuple[Candidate, ...]
    """The best, with their scores."""

    @property
    def score(self) -> float:
        """Of the best that is meant; 0 where none is."""
        return self.chosen[0].score if self.chosen else 0.0


@dataclass(frozen=True, slots=True)
class _Indexed:
    name: Name
    words: Words
    place: frozenset[str]
    """Words of its area and floor."""


class Spellings:
    """One spelling for words that mean the same: numbers as digits, and one word for each kind of thing."""

    def __init__(self, language: str, kinds: Kinds) -> None:
        self._numbers: Trie = range_trie(language, RangeList("", 0, 100))
        self._kinds: Trie = {}
        for kind in kinds.by_name.values():
            for words in kind.words:
                node = self._kinds
                for word in words:
                    node = node.setdefault(word, {})
                node[""] = f"<{kind.name}>"

    def of(self, words: Sequence[str]) -> Words:
        """These words in their one spelling."""
        found: list[str] = []
        at = 0
        while at < len(words):
            entries = (longest(trie, words, at) for trie in (self._kinds, self._numbers))
            at, word = max(filter(None, entries), key=itemgetter(0), default=(at + 1, words[at]))
            found.append(str(word))
        return tuple(found)


class NameIndex:
    """The names of one sort: entities, areas or floors. Made once for a vocabulary.

    Args:
        names: Each name of each thing.
        spellings: Of their language.
        sounds: Of their language.
    """

    def __init__(self, names: Iterable[Name], spellings: Spellings, sounds: Sounds) -> None:
        self._spellings = spellings
        self._exact: defaultdict[str, list[Name]] = defaultdict(list)
        # By its letters alone: recognizers hear "night light" and "t v".
        self._names: list[_Indexed] = []
        self._having: defaultdict[str, list[int]] = defaultdict(list)
        self._joined: dict[str, Words] = {}
        places: dict[str | None, frozenset[str]] = {None: frozenset()}
        for name in names:
            plain = words_of(name.spoken)
            if not plain:
                continue
            self._exact["".join(plain)].append(name)
            words = spellings.of(plain)
            for place in (name.context.get(AREA), name.context.get(FLOOR)):
                if place not in places:
                    places[place] = frozenset(spellings.of(words_of(place or "")))
            stands = places[name.context.get(AREA)] | places[name.context.get(FLOOR)]
            for word in set(words):
                self._having[word].append(len(self._names))
            for two in pairwise(plain):
                self._joined.setdefault("".join(two), two)
            self._names.append(_Indexed(name, words, stands))
        things = Counter(
            word for word, _ in {(word, one.name.value) for one in self._names for word in one.words}
        )
        self._weights = {word: 1 / (1 + math.log2(count)) for word, count in things.items()}
        self._words = Neighbours(self._having, sounds)

    def has(self, words: Words) -> bool:
        """Whether something is called exactly so, however it is cut into words."""
        return "".join(words) in self._exact

    def nearest(self, word: str) -> float:
        """How alike a word and one of the names' words are; 1 where it is one of them."""
        return max((alike for _, alike in self._words.near(word)), default=0.0)

    def find(self, words: Words, fits: Fits, beside: Words = ()) -> Found:
        """What some words may mean.

        Args:
            words: As they were said.
            fits: Whether a thing can be meant at all; where none can, this does not count.
            beside: Words of a place that was said with them.
        """
        if exact := self._exact.get("".join(words)):
            known = tuple(Candidate(one.value, one.spoken, 1.0, one.context) for one in exact)
            allowed = tuple(one for one in known if fits(one.context)) or known
            return Found(words, allowed, allowed[:_SHOWN])
        said = self._spellings.of(self._split(words))
        scored = self._scored(said, frozenset(self._spellings.of(beside)))
        allowed_names = [one for one in scored if fits(one.context)]
        best = _best(allowed_names or scored)
        return Found(words, _winners(best), tuple(best[:_SHOWN]))

    def _split(self, words: Words) -> Words:
        """Words as the names have them: one that is two there as two, and two that are one there as one."""
        found: list[str] = []
        for word in words:
            known = found and found[-1] in self._words and word in self._words
            if found and not known and found[-1] + word in self._words:
                found[-1] += word
            elif word not in self._words and word in self._joined:
                found += self._joined[word]
            else:
                found.append(word)
        return tuple(found)

    def _scored(self, said: Words, beside: frozenset[str]) -> list[Candidate]:
        near = {word: self._words.near(word) for word in said}
        weights = {word: self._weight(ways) for word, ways in near.items()}
        found = [(other, weights[word] * alike) for word, ways in near.items() for other, alike in ways]
        shares: defaultdict[int, float] = defaultdict(float)
        for other, share in sorted(found, key=lambda one: len(self._having[one[0]])):
            having = self._having[other]
            if shares and len(having) > _COMMON:
                break  # rarer words were said, too
            for number in having:
                shares[number] += share
        # Counted roughly, for two words may meet the same one of a name; those that can win are then scored.
        least = _ROUGHLY * max(shares.values(), default=0.0)
        likely = [number for number, share in shares.items() if share >= least]
        if len(likely) > _MOST:
            likely = heapq.nsmallest(_MOST, likely, key=lambda at: (-shares[at], len(self._names[at].words)))
        alike_to = {word: dict(ways) for word, ways in near.items()}
        return [self._candidate(self._names[number], said, alike_to, weights, beside) for number in likely]

    def _weight(self, ways: Sequence[tuple[str, float]]) -> float:
        """How much a word tells: as much as the word that it is most like, and most where it is like none."""
        return self._weights[max(ways, key=lambda way: way[1])[0]] if ways else 1.0

    def _candidate(
        self,
        one: _Indexed,
        said: Words,
        alike: Mapping[str, Mapping[str, float]],
        weights: Mapping[str, float],
        beside: frozenset[str],
    ) -> Candidate:
        met, named = dict.fromkeys(said, 0.0), dict.fromkeys(one.words, 0.0)
        pairs = (
            (share, word, other) for word in said for other, share in alike[word].items() if other in named
        )
        # The most alike first; no word of a name is said twice.
        for share, word, other in sorted(pairs, reverse=True):
            if not met[word] and not named[other]:
                met[word] = named[other] = share
        for word in said:
            if word in one.place:
                met[word] = max(met[word], _PLACE)
        for word in named:
            if word in beside:
                named[word] = max(named[word], _PLACE)
        whole = sum(self._weights[word] for word in named)
        covered = sum(self._weights[word] * share for word, share in named.items())
        # What was said and is not in the name tells as much against it as any word can.
        asked = sum(weights[word] if share else 1.0 for word, share in met.items())
        understood = sum(weights[word] * share for word, share in met.items())
        score = _SAID * understood / asked + (1 - _SAID) * covered / whole if any(named.values()) else 0.0
        return Candidate(one.name.value, one.name.spoken, round(score, 4), one.name.context)


def _best(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The best name of each thing, the best first."""
    found: dict[tuple[str, str | None], Candidate] = {}
    for one in sorted(candidates, key=lambda one: (-one.score, one.value, one.spoken)):
        found.setdefault((one.value, one.context.get(AREA)), one)
    return list(found.values())


def _winners(best: Sequence[Candidate]) -> tuple[Candidate, ...]:
    if not best or best[0].score < ENOUGH:
        return ()
    return tuple(one for one in best if one.score > best[0].score - MARGIN)


def narrowed(candidates: Sequence[Candidate], *tests: Fits) -> tuple[Candidate, ...]:
    """Those that pass the tests, of which each counts only where it leaves something."""
    left = tuple(candidates)
    for test in tests:
        if len(left) > 1:
            left = tuple(one for one in left if test(one.context)) or left
    return left


def values(candidates: Iterable[Candidate]) -> Iterator[str]:
    """Their main names, each once."""
    yield from dict.fromkeys(one.value for one in candidates)
