"""Finds every way in which a sentence can be read.

A chart holds, for each place between the words, the automaton's states that stand there and how they
came there. Words, lists and wildcards move a state on; so do filler words ("please"), which leave it
where it is. The time grows with the words and the states, not with the number of templates or names.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from paige.models.grammar.automaton import Automaton, State, Symbol
from paige.models.grammar.lists import WildcardList
from paige.models.grammar.matching import Candidate, ListMatcher, Match
from paige.models.grammar.numbers import Trie
from paige.models.grammar.tokens import is_number

MOST_WORDS = 128
"""Longer sentences are nobody's command; reading them would only cost time."""
_MOST_PATHS = 512
"""Readings of one sentence that are looked at; several wildcards in a row have very many."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A list's value in a sentence."""

    symbol: Symbol
    start: int
    """Its first word."""
    end: int
    """Behind its last word."""
    candidates: tuple[Candidate, ...]
    """What it may be; none for a wildcard."""

    @property
    def wild(self) -> bool:
        """True for a wildcard."""
        return isinstance(self.symbol.source, WildcardList)

    @property
    def free(self) -> bool:
        """True for a wildcard that takes any words, and not only a sentence."""
        return isinstance(self.symbol.source, WildcardList) and not self.symbol.source.sentence


@dataclass(frozen=True, slots=True)
class Reading:
    """One way through the sentence, as far as words go."""

    templates: tuple[int, ...]
    """Those it may be."""
    slots: tuple[Slot, ...]
    skipped: int
    """Filler words left out."""
    literal: int
    """Words that the templates themselves say."""


_Back = tuple[int, State, Slot | None, bool]
"""Place and state before; the list's value that led here, if one did; whether fillers were skipped."""


class Parser:
    """Reads sentences with one automaton and one home's lists."""

    def __init__(self, automaton: Automaton, matcher: ListMatcher, fillers: Trie) -> None:
        self._automaton = automaton
        self._matcher = matcher
        self._fillers = fillers
        self._firsts: dict[Symbol, Trie | None] = {}
        """What the values of a list begin with; None for wildcards."""

    def readings(self, words: Sequence[str]) -> Iterator[Reading]:
        """Every reading of the whole sentence; none where it has too many words."""
        count = len(words)
        if not 0 < count <= MOST_WORDS:
            return
        chart = self._chart(words)
        budget = [_MOST_PATHS]
        for state in chart[count]:
            if state.accepts:
                for slots, skipped in self._paths(chart, count, state, budget):
                    taken = sum(slot.end - slot.start for slot in slots)
                    yield Reading(state.accepts, slots, skipped, count - taken - skipped)

    def _chart(self, words: Sequence[str]) -> list[dict[State, list[_Back]]]:
        count = len(words)
        chart: list[dict[State, list[_Back]]] = [{} for _ in range(count + 1)]
        chart[0][self._automaton.start] = []
        for at in range(count):
            here = chart[at]
            if not here:
                continue
            word = words[at]
            found: dict[Symbol, list[Match]] = {}
            for state in here:
                target = self._automaton.follow(state, word)
                if target is not None:
                    chart[at + 1].setdefault(target, []).append((at, state, None, False))
                if state.lists:
                    self._lists(chart, state, words, at, found)
            for end in self._filler_ends(words, at):
                for state in here:
                    chart[end].setdefault(state, []).append((at, state, None, True))
        return chart

    def _lists(
        self,
        chart: list[dict[State, list[_Back]]],
        state: State,
        words: Sequence[str],
        at: int,
        found: dict[Symbol, list[Match]],
    ) -> None:
        word = words[at]
        numeric = is_number(word)
        for step in state.lists:
            symbol = step.symbol
            if symbol not in self._firsts:
                wild = isinstance(symbol.source, WildcardList)
                self._firsts[symbol] = None if wild else self._matcher.firsts(symbol.values)
            firsts = self._firsts[symbol]
            if firsts is None:
                self._wildcard(chart, state, self._automaton.enter(step), symbol, words, at)
                continue
            if word not in firsts and not numeric:
                continue  # few lists have a value that begins so
            matches = found.get(symbol)
            if matches is None:
                matches = found[symbol] = self._matcher.matches(symbol.values, words, at)
            for end, candidates in matches:
                slot = Slot(symbol, at, end, candidates)
                chart[end].setdefault(self._automaton.enter(step), []).append((at, state, slot, False))

    def _wildcard(
        self,
        chart: list[dict[State, list[_Back]]],
        state: State,
        target: State,
        symbol: Symbol,
        words: Sequence[str],
        at: int,
    ) -> None:
        count = len(words)
        for end in range(at + 1, count + 1):
            # Most ends of a wildcard lead nowhere, which the next word shows at once.
            if end == count:
                goes_on = bool(target.accepts)
            else:
                goes_on = words[end] in target.words or bool(target.lists) or words[end] in self._fillers
            if goes_on:
                chart[end].setdefault(target, []).append((at, state, Slot(symbol, at, end, ()), False))

    def _filler_ends(self, words: Sequence[str], at: int) -> Iterator[int]:
        node: Trie | None = self._fillers.get(words[at])
        end = at + 1
        while node is not None:
            if "" in node:
                yield end
            if end == len(words):
                return
            node = node.get(words[end])
            end += 1

    def _paths(
        self, chart: list[dict[State, list[_Back]]], count: int, state: State, budget: list[int]
    ) -> Iterator[tuple[tuple[Slot, ...], int]]:
        """Ways from the sentence's start to `state` at its end: their slots in order, and fillers skipped.

        Fillers beside a wildcard belong to it ("play please please me"), but not at the sentence's edges.
        """
        start = self._automaton.start
        todo = [_Tail(count, state, only_fillers=True)]
        while todo and budget[0] > 0:
            tail = todo.pop()
            if tail.at == 0:
                budget[0] -= 1
                yield tail.slots, tail.skipped
                continue
            for before, previous, slot, skip in reversed(chart[tail.at][tail.state]):
                if skip:
                    first = tail.slots[0] if tail.slots else None
                    if first and first.wild and first.start == tail.at and previous is not start:
                        continue
                    skipped = tail.skipped + tail.at - before
                    todo.append(_Tail(before, previous, tail.slots, skipped, True, tail.only_fillers))
                elif slot is None:
                    todo.append(_Tail(before, previous, tail.slots, tail.skipped))
                elif not (slot.wild and tail.after_filler and not tail.only_fillers):
                    todo.append(_Tail(before, previous, (slot, *tail.slots), tail.skipped))


@dataclass(frozen=True, slots=True)
class _Tail:
    """The end of a reading, from `at` on."""

    at: int
    state: State
    slots: tuple[Slot, ...] = ()
    skipped: int = 0
    after_filler: bool = False
    """What stands at `at` is a filler."""
    only_fillers: bool = False
    """There are only fillers from `at` on."""
