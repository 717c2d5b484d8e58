"""What the values of lists look like in a sentence: a trie of words for each list, made when needed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paige.models.grammar.automaton import Values
from paige.models.grammar.lists import (
    AREA,
    FLOOR,
    NAME,
    HomeList,
    ListSource,
    RangeList,
    TextList,
    TextValue,
    WildcardList,
)
from paige.models.grammar.numbers import Trie, range_trie, spell
from paige.models.grammar.tokens import Words, is_number, number_of, words_of
from paige.models.intent import SlotValue
from paige.models.vocabulary import Name, Vocabulary

_MOST_WAYS = 10_000
"""A name with numbers is listened for in so many ways at most."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a slot would get."""

    value: SlotValue | None
    """None for the words as they were said."""
    context: Mapping[str, str] = field(default_factory=dict)
    spoken: str = ""
    """The name or value as it is written down, where it is one."""


Match = tuple[int, tuple[Candidate, ...]]
"""Where it ends, and what it may be."""


class ListMatcher:
    """Finds the values of lists in a sentence."""

    def __init__(
        self, language: str, ways: Mapping[TextValue, Sequence[Words]], vocabulary: Vocabulary
    ) -> None:
        self._language = language
        self._said = ways
        self._home = {NAME: vocabulary.entities, AREA: vocabulary.areas, FLOOR: vocabulary.floors}
        self._tries: dict[ListSource, Trie] = {}
        self._glued: dict[Values, Trie] = {}

    def matches(self, values: Values, words: Sequence[str], start: int) -> list[Match]:
        """Values that stand at `start`; not for wildcards."""
        source = values.source
        if isinstance(source, RangeList):
            return self._numbers(source, words, start)
        trie = self.firsts(values)
        return list(_walk(trie, words, start)) if words[start] in trie else []

    def firsts(self, values: Values) -> Trie:
        """What values begin with, but for numbers in digits and wildcards."""
        return self._glued_trie(values) if values.prefix or values.suffix else self.trie(values.source)

    def trie(self, source: ListSource) -> Trie:
        """All that may be said for a list → its candidates, or for a range its value."""
        found = self._tries.get(source)
        if found is None:
            found = self._tries[source] = self._made(source)
        return found

    def _made(self, source: ListSource) -> Trie:
        if isinstance(source, RangeList):
            return range_trie(self._language, source) if source.words else {}
        if isinstance(source, WildcardList):
            return {}
        root: Trie = {}
        for words, candidate in self._ways(source):
            _add(root, words, candidate)
        return root

    def ways(self, values: Values) -> Iterator[tuple[Words, Candidate]]:
        """Each way to say each value of a word list, or each name of the home, with what is glued to it."""
        for words, candidate in self._ways(values.source):
            first = (values.prefix + words[0], *words[1:])
            yield (*first[:-1], first[-1] + values.suffix), candidate

    def _ways(self, source: ListSource) -> Iterator[tuple[Words, Candidate]]:
        if isinstance(source, TextList):
            for value in source.values:
                candidate = Candidate(value.value, value.context, value.template)
                for words in self._said[value]:
                    yield words, candidate
        elif isinstance(source, HomeList):
            for name in self._home[source.name]:
                candidate = Candidate(name.value, name.context, name.spoken)
                for words in self._named(name):
                    yield words, candidate

    def _numbers(self, source: RangeList, words: Sequence[str], start: int) -> list[Match]:
        if is_number(words[start]):
            number = number_of(words[start])
            if source.digits and source.contains(number):
                return [(start + 1, (Candidate(source.value(number)),))]
            return []
        trie = self.trie(source)
        if words[start] not in trie:
            return []
        return [(end, (Candidate(value),)) for end, value in _walk(trie, words, start)]

    def _named(self, name: Name) -> Iterable[Words]:
        """A name's words; its numbers in digits or in words, because recognizers hear only words."""
        ways: list[Words] = [()]
        for word in words_of(name.spoken):
            said: list[Words] = [(word,)]
            if is_number(word):
                said += spell(self._language, number_of(word))
            ways = [way + more for way in ways for more in said][:_MOST_WAYS]
        return (way for way in ways if way)

    def _glued_trie(self, values: Values) -> Trie:
        found = self._glued.get(values)
        if found is None:
            found = {}
            for words, candidate in self.ways(values):
                _add(found, words, candidate)
            self._glued[values] = found  # only now, whole: another thread may look
        return found


def _add(root: Trie, words: Words, candidate: Candidate) -> None:
    node = root
    for word in words:
        node = node.setdefault(word, {})
    node[""] = (*node.get("", ()), candidate)


def _walk(trie: Trie, words: Sequence[str], start: int) -> Iterator[tuple[int, Any]]:
    node: Trie | None = trie
    for at in range(start, len(words)):
        node = node.get(words[at]) if node else None
        if node is None:
            return
        if "" in node:
            yield at + 1, node[""]
