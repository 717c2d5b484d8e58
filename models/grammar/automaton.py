"""All templates of a language as one automaton over tokens, made as it is used.

A `Position` is a place in a template: what is still to come, as a linked list that templates share.
A `State` is a set of positions: where all templates stand after the same words and lists. States are
deterministic, so that "turn on the" is followed once, however many templates begin so; and they know
nothing of the home's names, which lists bring in from outside.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from paige.models.errors import SentencesInvalid
from paige.models.grammar.lists import HomeList, ListSource, TextList
from paige.models.grammar.nodes import (
    Choice,
    Gap,
    ListNode,
    Node,
    Permutation,
    Sequence,
    Text,
)
from paige.models.grammar.tokens import joins

STEM = "\ue000"
"""Stands for a list's value whose last word the template goes on with, as in `{area}s`."""
_MOST_STEPS = 20_000
"""A template that can begin in more ways than this from one place is refused."""


@dataclass(frozen=True, slots=True)
class Values:
    """What may be said for a list, with what a template glues to it."""

    source: ListSource
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """One use of a list; the same use is the same object."""

    values: Values
    slot: str | None

    @property
    def source(self) -> ListSource:
        """The list."""
        return self.values.source


class Position:
    """What is still to come in a template: a node, then the rest.

    There are tens of thousands, so those with one more node before a position are a chain, and no dictionary.
    """

    __slots__ = ("_alone", "first", "node", "number", "other", "rest", "steps", "template")

    def __init__(self, node: Node | None, rest: "Position | None", template: int, number: int) -> None:
        self.node = node
        """None at the template's end."""
        self.rest = rest
        self.template = template
        self.number = number
        self.first: Position | None = None
        """The position that was made last with one more node before this one."""
        self.other: Position | None = None
        """The one that was made before it with the same rest."""
        self.steps: Steps | None = None
        self._alone: tuple[Position] | None = None

    @property
    def alone(self) -> "tuple[Position]":
        """What leads here and nowhere else, leads to this; the same object for every such word."""
        if self._alone is None:
            self._alone = (self,)
        return self._alone


class Steps(tuple[object, ...]):
    """What can come next at a position: words and then lists, each with the positions that it leads to.

    There are ten thousand, so each is one flat tuple; one more thing at its end says that the template may
    end there.
    """

    __slots__ = ()

    @classmethod
    def of(cls, steps: Iterable[tuple[str | Symbol, tuple[Position, ...]]], *, ends: bool) -> "Steps":
        """Steps, and whether the template may end where they begin."""
        return cls((*chain.from_iterable(steps), ends) if ends else chain.from_iterable(steps))

    def pairs(self) -> Iterator[tuple[str | Symbol, tuple[Position, ...]]]:
        """Each word or list with what it leads to."""
        flat: Iterator[Any] = iter(self)
        return zip(flat, flat)  # noqa: B905  # not strict, as the last may stand alone

    @property
    def ends(self) -> bool:
        """Whether the template may end here."""
        return len(self) % 2 == 1


@dataclass(slots=True)
class ListStep:
    """A list that can come next."""

    symbol: Symbol
    target: "State | tuple[Position, ...]"
    """What it leads to; a tuple until somebody goes there."""


class State:
    """Where all templates stand after the same words and lists."""

    __slots__ = ("accepts", "lists", "words")

    def __init__(self) -> None:
        self.words: dict[str, State | tuple[Position, ...]] = {}
        """What a word leads to; a tuple until somebody goes there."""
        self.lists: list[ListStep] = []
        self.accepts: tuple[int, ...] = ()
        """Templates that may end here."""


class Automaton:
    """All templates of a language. Any number of threads may use it while it grows."""

    def __init__(self, templates: Iterable[tuple[Node, str]]) -> None:
        """Takes each template's node, and what a message calls it."""
        self._growing = threading.RLock()
        self._count = 0
        self._states: dict[tuple[int, ...], State] = {}
        self._suffixes: dict[int, list[tuple[str, tuple[Position, ...]]]] = {}
        self._symbols: dict[tuple[Values, str | None], Symbol] = {}
        self._rests: dict[Sequence, Sequence] = {}
        self._names: list[str] = []
        starts = []
        for number, (node, name) in enumerate(templates):
            self._names.append(name)
            self._count += 1
            starts.append(self.before(node, Position(None, None, number, self._count)))
        self.starts: tuple[Position, ...] = tuple(starts)
        """Where each template begins."""
        self._start: State | None = None

    @property
    def start(self) -> State:
        """Where every sentence begins."""
        if self._start is None:
            self._start = self.state(self.starts)
        return self._start

    def state(self, positions: Iterable[Position]) -> State:
        """The state that stands at all of these positions."""
        distinct = {position.number: position for position in positions}
        key = tuple(sorted(distinct))
        found = self._states.get(key)
        if found is not None:
            return found
        with self._growing:
            found = self._states.get(key)
            if found is None:
                found = State()
                self._fill(found, [distinct[number] for number in key])
                self._states[key] = found  # only now, whole: others look without the lock
            return found

    def follow(self, state: State, word: str) -> State | None:
        """Where a word leads; None where it leads nowhere."""
        target = state.words.get(word)
        if isinstance(target, tuple):
            target = state.words[word] = self.state(target)
        return target

    def enter(self, step: ListStep) -> State:
        """Where a list leads."""
        if isinstance(step.target, tuple):
            step.target = self.state(step.target)
        return step.target

    def _fill(self, state: State, positions: list[Position]) -> None:
        words: dict[str, list[Position]] = {}
        lists: dict[Symbol, list[Position]] = {}
        accepts = []
        for position in positions:
            steps = self.steps(position)
            for said, targets in steps.pairs():
                if isinstance(said, str):
                    words.setdefault(said, []).extend(targets)
                else:
                    lists.setdefault(said, []).extend(targets)
            if steps.ends:
                accepts.append(position.template)
        state.words = {word: tuple(targets) for word, targets in words.items()}
        state.accepts = tuple(sorted(set(accepts)))
        state.lists = [ListStep(symbol, tuple(targets)) for symbol, targets in lists.items()]

    def steps(self, position: Position) -> Steps:
        """What can come next at a position."""
        if position.steps is not None:
            return position.steps
        with self._growing:
            walk = _Walk(self, self._names[position.template])
            walk.at(position, "")
            position.steps = Steps.of((*walk.words.items(), *walk.lists.items()), ends=walk.ends)
            return position.steps

    def suffixes(self, position: Position) -> list[tuple[str, tuple[Position, ...]]]:
        """Letters that the template puts right behind a list's value, and where they lead."""
        found = self._suffixes.get(position.number)
        if found is not None:
            return found
        with self._growing:
            walk = _Walk(self, self._names[position.template])
            walk.at(position, STEM)
            found = self._suffixes[position.number] = [
                (word[len(STEM) :], targets) for word, targets in walk.words.items() if word != STEM
            ]
            return found

    def without_first(self, node: Sequence) -> Sequence:
        """A sequence of two or more without its first; always the same one."""
        found = self._rests.get(node)
        if found is None:
            found = self._rests[node] = Sequence(node.items[1:])
        return found

    def symbol(self, values: Values, slot: str | None) -> Symbol:
        """The use of a list for a slot."""
        return self._symbols.setdefault((values, slot), Symbol(values, slot))

    def before(self, node: Node, rest: Position) -> Position:
        """The place with one more node before `rest`; always the same one."""
        found = rest.first
        while found is not None:
            if found.node is node:
                return found
            found = found.other
        self._count += 1
        found = Position(node, rest, rest.template, self._count)
        found.other, rest.first = rest.first, found
        return found


class _Walk:
    """Finds what can come next: goes on from a position until each way has a whole word or a list."""

    def __init__(self, automaton: Automaton, name: str) -> None:
        self.words: dict[str, tuple[Position, ...]] = {}
        self.lists: dict[Symbol, tuple[Position, ...]] = {}
        self.ends = False
        self._automaton = automaton
        self._name = name
        self._seen: set[tuple[Node, Position, str]] = set()

    def at(self, position: Position, begun: str) -> None:
        """Go on from a position, with the word that was begun just before it."""
        if position.node is not None and position.rest is not None:
            self._go(position.node, position.rest, begun)
        elif begun:
            self._word(begun, position)
        else:
            self.ends = True

    def _go(self, node: Node, rest: Position, begun: str) -> None:
        """Go on with a node, and then the rest. A position is only made of what a word can lead to."""
        key = (node, rest, begun)
        if key in self._seen:
            return
        self._seen.add(key)
        check_ways(len(self._seen), self._name)
        if isinstance(node, Text):
            self._text(node, rest, begun)
        elif isinstance(node, Sequence):
            self._sequence(node, rest, begun)
        elif isinstance(node, Choice):
            for item in node.items:
                self._go(item, rest, begun)
        elif isinstance(node, Permutation):
            self._permutation(node, rest, begun)
        elif isinstance(node, Gap):
            if begun:
                self._word(begun, rest)
            else:
                self.at(rest, "")
        else:
            self._list(node, rest, begun)

    def _word(self, word: str, target: Position) -> None:
        known = self.words.get(word)
        self.words[word] = target.alone if known is None else (*known, target)

    def _text(self, node: Text, rest: Position, begun: str) -> None:
        first = node.words[0]
        if begun:
            if not (node.open_before and continues(begun, first)):
                self._word(begun, self._automaton.before(node, rest))
                return
            first = begun + first
        if node.rest is not None:
            self._word(first, self._automaton.before(node.rest, rest))
        elif node.open_after:
            self.at(rest, first)
        else:
            self._word(first, rest)

    def _sequence(self, node: Sequence, rest: Position, begun: str) -> None:
        if not node.items:
            self.at(rest, begun)
        elif len(node.items) == 1:
            self._go(node.items[0], rest, begun)
        else:
            after = self._automaton.before(self._automaton.without_first(node), rest)
            self._go(node.items[0], after, begun)

    def _permutation(self, node: Permutation, rest: Position, begun: str) -> None:
        if not node.items:
            self.at(rest, begun)
        for item, left in node.split():
            self._go(item, self._automaton.before(left, rest) if left.items else rest, begun)

    def _list(self, node: ListNode, rest: Position, begun: str) -> None:
        glues = isinstance(node.source, TextList | HomeList)
        if begun and (not glues or begun.startswith(STEM) or not begun[-1].isalpha()):
            self._word(begun, self._automaton.before(node, rest))
            return
        self._symbol(Values(node.source, begun), node.slot, rest.alone)
        if glues:
            for suffix, targets in self._automaton.suffixes(rest):
                self._symbol(Values(node.source, begun, suffix), node.slot, targets)

    def _symbol(self, values: Values, slot: str | None, targets: tuple[Position, ...]) -> None:
        symbol = self._automaton.symbol(values, slot)
        self.lists[symbol] = (*self.lists.get(symbol, ()), *targets)


def continues(begun: str, word: str) -> bool:
    """Whether a word goes on where another was begun, or a list's value ended (`STEM`)."""
    return word[0].isalpha() if begun == STEM else joins(begun, word)


def check_ways(count: int, name: str) -> None:
    """Refuse a template that can go on in so many ways from one place.

    Raises:
        SentencesInvalid: They are too many.
    """
    if count > _MOST_STEPS:
        raise SentencesInvalid(
            f"{name}: this can be said in too many ways at once; write it as several sentences"
        )
