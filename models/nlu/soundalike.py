"""What sounds like something that can be said to this home: what a recognizer may have got wrong.

A beam search goes through the automaton of the templates along what was heard, over the words that may have
been said there.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from paige.models.grammar.automaton import ListStep, State
from paige.models.grammar.language import Language
from paige.models.grammar.lists import ListSource
from paige.models.grammar.nodes import lists_in, words_in
from paige.models.grammar.numbers import Trie
from paige.models.grammar.sampling import joined
from paige.models.grammar.tokens import Words, is_number
from paige.models.intent import Intent
from paige.models.nlu.home_names import HomeNames
from paige.models.nlu.spotting import EDIT, Phones, Spots, Spotted, Spotter

_BEAM: Final = 16
"""Ways that are followed from each heard word on."""
_BEHIND: Final = 6
"""What is dearer than the cheapest by so much is followed no further."""
_MOST_PHONES: Final = 60
_AHEAD: Final = 1.0
"""Phones by which a sentence may be dearer that is still looked at, as what the nearest is nearer than."""
_READ: Final = 6
"""Sentences at the end of the search that are read."""


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


@dataclass(frozen=True, slots=True)
class _Read:
    """A sentence at the end of the search, and what it means."""

    price: int
    said: str
    intent: Intent


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
    target: object = None
    """What the word leads to; held, as it is known by its number."""


class _Beam:
    """The cheapest ways that end at one heard word."""

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
        for source in self._sources():
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
        _ = self._spotter, self._begun

    def find(self, words: Words, most: float = 0.2) -> Sounding | None:
        """What sounds most like these words; None where nothing that can be said does.

        Args:
            words: As they were heard.
            most: The share of their phones that may differ.
        """
        heard = list(self._heard(words))
        count = sum(map(len, heard))
        if not 0 < count <= _MOST_PHONES:
            return None
        most_of_all = int(most * EDIT * count) + int(_AHEAD * EDIT)
        spots = self._spotter.spot(heard, most_of_all)
        budget, ranked = min(spots.least + int(_AHEAD * EDIT), most_of_all), list[_Read]()
        while spots.least <= budget:
            ranked = self._read(spots, budget)
            known = ranked[0].price + int(_AHEAD * EDIT) - 1 if ranked else most_of_all
            if min(known, most_of_all) <= budget:
                break
            budget = min(known, most_of_all)
        if not ranked:
            return None
        nearest = ranked[0]
        share = nearest.price / EDIT / count
        next_price = ranked[1].price if len(ranked) > 1 else budget + 1
        intent = replace(nearest.intent, confidence=round(1 - share, 4))
        return Sounding(intent, nearest.said, share, (next_price - nearest.price) / EDIT)

    def _heard(self, words: Words) -> Iterator[Sequence[Set[str]]]:
        """Words as phones; one that cannot be said to this home is cut into them, as it may hold several."""
        for word in words:
            phones = list(_alike(self._names.sounds.ways(word)))
            if phones and self.knows(word):
                yield phones
            else:
                yield from ([phone] for phone in phones)

    def _read(self, spots: Spots, budget: int) -> list[_Read]:
        """What may have been meant by what costs no more, each once, the cheapest first."""
        found: dict[Any, _Read] = {}
        for price, said in self._search(spots, budget)[:_READ]:
            nearest = next(iter(found.values()), None)
            if nearest is not None and price >= nearest.price + _AHEAD * EDIT:
                break  # however near these are, they are far enough
            intent = self._language.parse(said)
            if isinstance(intent, Intent) and not intent.free:
                meant = intent.name, tuple(sorted(intent.slots.items()))
                found.setdefault(meant, _Read(price, said, intent))
        return list(found.values())

    def _search(self, spots: Spots, budget: int) -> list[tuple[int, str]]:
        """Sentences by their price, the cheapest first."""
        spotted = spots.within(budget)
        beams = [_Beam(budget - spots.beyond(at)) for at in range(len(spotted) + 1)]
        beams[0].add(0, 0, ((), self._automaton.start))
        for at, (words, skipped) in enumerate(zip(spotted, spots.skipped, strict=True)):
            values = self._values_with(words)
            for way in map(self._followed, beams[at].cheapest()):
                stays = way.said, way.state, way.step, way.node
                beams[at + 1].add((id(way.state), id(way.node)), way.price + skipped, stays)
                for word, key, *there in self._nexts(way, words, values) if words else ():
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

    def _nexts(
        self, way: _Way, words: Spotted, values: Mapping[ListSource, Sequence[str]]
    ) -> Iterator[tuple[Any, ...]]:
        """Words that may have been said and can be said: each with where it leads, and the way there.

        Args:
            way: How far a sentence has come.
            words: That may begin where it ends.
            values: Those that the values of lists begin with, by the lists.
        """
        if way.step is not None:
            yield from self._in_list(way, way.step, way.node or {}, _both(way.node or {}, words))
            return
        state, said = way.state, way.said
        for word in _both(state.words, words):
            target = state.words[word]
            yield word, id(target), (*said, word), state, None, None, word, target
        for step in state.lists:
            symbol = step.symbol.values
            firsts = values.get(symbol.source)
            if firsts and not (symbol.prefix or symbol.suffix):
                yield from self._in_list(way, step, self._language.matcher.trie(symbol.source), firsts)

    @staticmethod
    def _in_list(way: _Way, step: ListStep, trie: Trie, words: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        for word in words:
            node, said = trie[word], (*way.said, word)
            if "" in node:
                yield word, id(step), said, way.state, step
            if len(node) > ("" in node):
                yield word, (id(way.state), id(node)), said, way.state, step, node

    def _values_with(self, words: Iterable[str]) -> dict[ListSource, list[str]]:
        """Of some words those that the values of lists begin with, by the lists."""
        found: dict[ListSource, list[str]] = {}
        for word in words:
            for source in self._begun.get(word, ()):
                found.setdefault(source, []).append(word)
        return found

    @cached_property
    def _begun(self) -> dict[str, list[ListSource]]:
        """The lists that have values which begin with a word."""
        found: dict[str, list[ListSource]] = {}
        for source in self._sources():
            for word in self._language.matcher.trie(source):
                found.setdefault(word, []).append(source)
        return found

    def _sources(self) -> frozenset[ListSource]:
        """The lists of all templates."""
        templates = self._language.sentences.templates
        return frozenset(source for template in templates for source in lists_in(template.node))


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
