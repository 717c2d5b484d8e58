"""What sounds like something that can be said to this home: what a recognizer may have got wrong.

A beam search goes through the automaton of the templates along the phones of what was heard, over the words
that may have been said there. So it does not matter where one word ended for the recognizer.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from paige.models.grammar.automaton import ListStep, State
from paige.models.grammar.language import Language
from paige.models.grammar.lists import WildcardList
from paige.models.grammar.nodes import lists_in, words_in
from paige.models.grammar.numbers import Trie
from paige.models.grammar.sampling import joined
from paige.models.grammar.tokens import Words, is_number
from paige.models.intent import Intent
from paige.models.nlu.home_names import HomeNames
from paige.models.nlu.spotting import EDIT, Phones, Spotted, Spotter

_BEAM: Final = 16
"""Ways that are followed from each phone on."""
_BEHIND: Final = 6
"""What is dearer than the cheapest by so much is followed no further."""
_MOST_PHONES: Final = 60
_AHEAD: Final = 1.0
"""Phones by which a sentence may be dearer that is still looked at, as what the nearest is nearer than."""
_READ: Final = 6
"""Sentences at the end of the search that are read."""
_SKIPPED: Final = 3
"""The price of a phone that belongs to no word."""


@dataclass(frozen=True, slots=True)
class Sounding:
    """A sentence of this home that sounds like what was heard."""

    intent: Intent
    said: str
    """The sentence."""
    price: float
    """Phones that differ, as a share of all that were heard."""
    margin: float
    """By how many phones it is nearer than the nearest that means something else."""


@dataclass(slots=True)
class _Way:
    """How far a sentence has come."""

    price: int
    said: Words
    state: State
    """Where it stands; or where it stood before the last word or list, until it is followed."""
    step: ListStep | None = None
    """The list of whose values the last words are one, or the beginning of one."""
    node: Trie | None = None
    """What may go on there; None behind the list."""
    word: str | None = None
    """The template's word that is yet to be followed."""


class _Beam:
    """The cheapest ways that end at one phone."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._ways: dict[object, _Way] = {}

    def add(self, key: object, price: int, there: Sequence[Any]) -> None:
        """Take a way, where it is worth following and none that leads there is cheaper.

        Args:
            key: Where it leads.
            price: What it costs.
            there: The rest of the way.
        """
        if price > self._most:
            return
        known = self._ways.get(key)
        if known is None or price < known.price:
            self._ways[key] = _Way(price, *there)
            if price + _BEHIND < self._most:
                self._most = price + _BEHIND

    def cheapest(self) -> list[_Way]:
        """The ways, the cheapest first."""
        found = (way for way in self._ways.values() if way.price <= self._most)
        return sorted(found, key=lambda way: (way.price, way.said))[:_BEAM]


class SoundAlikes:
    """Finds what sounds alike, among the sentences of a home.

    Args:
        language: Its sentences.
        names: The home's, which places of the speaker may share.
    """

    def __init__(self, language: Language, names: HomeNames) -> None:
        self._language = language
        self._automaton = language.sentences.automaton
        self._names = names

    @cached_property
    def _spotter(self) -> Spotter:
        return self._names.spotter(self._words)

    def _words(self) -> Iterator[str]:
        """What can be said to this home, word by word."""
        yield from self._fillers
        for template in self._language.sentences.templates:
            yield from words_in(template.node)
        for source in {
            one for template in self._language.sentences.templates for one in lists_in(template.node)
        }:
            yield from _words_of(self._language.matcher.trie(source))

    def knows(self, word: str) -> bool:
        """Whether a word can be said to this home; templates put a letter behind some, as in `{device}s`."""
        return word in self._spotter or word[:-1] in self._spotter or is_number(word)

    @cached_property
    def _fillers(self) -> tuple[str, ...]:
        """Words that may be left out wherever they stand."""
        return tuple(word for word, node in self._language.sentences.fillers.items() if "" in node)

    def warm(self) -> None:
        """Make what the first sentence would wait for."""
        _ = self._spotter

    def find(self, words: Words, most: float = 0.2) -> Sounding | None:
        """What sounds most like these words; None where nothing that can be said does.

        Args:
            words: As they were heard.
            most: The share of their phones that may differ.
        """
        phones = [phones for word in words for phones in _alike(self._names.sounds.ways(word))]
        if not 0 < len(phones) <= _MOST_PHONES:
            return None
        found: dict[Any, tuple[Intent, str, int]] = {}
        budget = int(most * EDIT * len(phones)) + int(_AHEAD * EDIT)
        for price, said in self._search(self._spotter.spot(phones, budget), budget)[:_READ]:
            intent = self._language.parse(said)
            if isinstance(intent, Intent) and not intent.free:
                found.setdefault((intent.name, tuple(sorted(intent.slots.items()))), (intent, said, price))
        ranked = sorted(found.values(), key=lambda one: one[2])
        if not ranked:
            return None
        intent, said, price = ranked[0]
        share = price / EDIT / len(phones)
        margin = (ranked[1][2] - price) / EDIT if len(ranked) > 1 else float(len(phones))
        return Sounding(replace(intent, confidence=round(1 - share, 4)), said, share, margin)

    def _search(self, spotted: Sequence[Spotted], budget: int) -> list[tuple[int, str]]:
        """Sentences by their price, the cheapest first."""
        beams = [_Beam(budget) for _ in range(len(spotted) + 1)]
        beams[0].add(0, 0, ((), self._automaton.start))
        for at, words in enumerate(spotted):
            for way in map(self._followed, beams[at].cheapest()):
                stays = way.said, way.state, way.step, way.node
                beams[at + 1].add((id(way.state), id(way.node)), way.price + _SKIPPED, stays)
                for word, key, *there in self._nexts(way, words):
                    for end, price in words[word]:
                        beams[end].add(key, way.price + price, there)
                for word in _both(self._fillers, words) if way.step is None else ():
                    for end, price in words[word]:
                        if not price:  # what may be left out must have been heard as it is
                            beams[end].add((id(way.state), id(None)), way.price, (way.said, way.state))
        ended = map(self._followed, beams[-1].cheapest())
        return [(way.price, joined(way.said)) for way in ended if way.node is None and way.state.accepts]

    def _followed(self, way: _Way) -> _Way:
        """The way, where it stands now: states are made of what is worth it alone."""
        if way.word is not None:
            target = self._automaton.follow(way.state, way.word)
            return way if target is None else _Way(way.price, way.said, target)
        if way.step is not None and way.node is None:
            return _Way(way.price, way.said, self._automaton.enter(way.step))
        return way

    def _nexts(self, way: _Way, words: Spotted) -> Iterator[tuple[Any, ...]]:
        """Words that may have been said and can be said: each with where it leads, and the way there."""
        if way.step is not None:
            yield from self._in_list(way, way.step, way.node or {}, words)
            return
        state, said = way.state, way.said
        for word in _both(state.words, words):
            yield word, id(state.words[word]), (*said, word), state, None, None, word
        for step in state.lists:
            values = step.symbol.values
            if not (isinstance(values.source, WildcardList) or values.prefix or values.suffix):
                yield from self._in_list(way, step, self._language.matcher.trie(values.source), words)

    @staticmethod
    def _in_list(way: _Way, step: ListStep, trie: Trie, words: Spotted) -> Iterator[tuple[Any, ...]]:
        for word in _both(trie, words):
            node, said = trie[word], (*way.said, word)
            if "" in node:
                yield word, id(step), said, way.state, step
            if len(node) > ("" in node):
                yield word, (id(way.state), id(node)), said, way.state, step, node


def _both(some: Collection[str], others: Collection[str]) -> list[str]:
    """What is in both, found by the smaller."""
    few, many = (some, others) if len(some) < len(others) else (others, some)
    return [word for word in few if word in many]


def _alike(ways: Sequence[Phones]) -> Iterator[set[str]]:
    """A word's phones, by its first way to be said and those that have as many."""
    return map(set, zip(*(way for way in ways if len(way) == len(ways[0])), strict=True))


def _words_of(trie: Trie) -> Iterator[str]:
    for word, node in trie.items():
        if word:
            yield word
            yield from _words_of(node)
