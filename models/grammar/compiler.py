"""From templates to a minimal automaton of words and lists.

A template is compiled from its end to its beginning. What can follow a node is a state of the automaton, so
that templates and rules which go on alike share all that comes before, and are compiled once.

What a template says is what `automaton` says, which follows a sentence through templates without compiling
them: letters that touch are one word, and what touches a list's value belongs to it.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

from paige.models.grammar.acyclic import Acyclic
from paige.models.grammar.automaton import STEM, Values, check_ways, continues
from paige.models.grammar.lists import HomeList, ListSource, TextList
from paige.models.grammar.nodes import Choice, Gap, ListNode, Node, Permutation, Sequence, Text
from paige.models.grammar.tokens import Words

Said = frozenset[Words]
"""What may be said for a list."""
Label = str | Said
"""A word, or a list."""


class Lists(Protocol):
    """The lists of one template, as its conditions leave them."""

    def said(self, values: Values) -> Said:
        """What may be said for a use of a list."""
        ...

    def alike(self, lists: frozenset[ListSource]) -> Hashable:
        """The same for two templates where the same may be said for each of these lists."""
        ...


class Rest:
    """What follows a node."""

    __slots__ = ("node", "rest", "state")

    def __init__(self, state: int, node: Node | None = None, rest: "Rest | None" = None) -> None:
        self.state = state
        """Where it begins, if no word is begun before it."""
        self.node = node
        """What a begun word may go on with, `rest` behind it; None where it always ends."""
        self.rest = rest


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a node wherever it stands."""

    lists: frozenset[ListSource]
    """Lists of words or names that it may use."""
    goes_on: bool | None
    """Whether it may begin with the rest of a word; None where that depends on what is behind it."""


class Compiler:
    """Compiles templates into states of one automaton.

    Args:
        states: Gets the states.
    """

    def __init__(self, states: Acyclic[Label]) -> None:
        self.states = states
        self._ends: dict[int, Rest] = {}
        self._rests: dict[tuple[Node, Hashable, Rest], Rest] = {}
        self._facts: dict[Node, _Facts] = {}
        self._same: dict[frozenset[ListSource], frozenset[ListSource]] = {}
        self._end = self._ended(states.end)

    def compile(self, node: Node, lists: Lists, name: str) -> int:
        """The state where a template begins.

        Args:
            node: The template.
            lists: What may be said for its lists.
            name: What a message calls it.

        Raises:
            SentencesInvalid: It can be said in too many ways.
        """
        return self.after(node, self._end, lists, name).state

    def after(self, node: Node, rest: Rest, lists: Lists, name: str) -> Rest:
        """What follows before a node with `rest` behind it; always the same object."""
        if isinstance(node, Gap):
            return self._ended(rest.state)
        facts = self._facts.get(node) or self._learn(node)
        key = (node, lists.alike(facts.lists), rest)
        found = self._rests.get(key)
        if found is None:
            step = _Step(self, lists, name)
            step.node(node, rest, "")
            state = self.states.joined(step.arcs, accepts=step.accepts)
            goes_on = rest.node is not None if facts.goes_on is None else facts.goes_on
            found = self._rests[key] = Rest(state, node, rest) if goes_on else self._ended(state)
        return found

    def lists_in(self, node: Node) -> frozenset[ListSource]:
        """Every list of words or names that a node may use."""
        return (self._facts.get(node) or self._learn(node)).lists

    def _ended(self, state: int) -> Rest:
        found = self._ends.get(state)
        if found is None:
            found = self._ends[state] = Rest(state)
        return found

    def _learn(self, node: Node) -> "_Facts":
        lists: frozenset[ListSource] = frozenset()
        goes_on: bool | None = False
        if isinstance(node, Text):
            goes_on = node.open_before
        elif isinstance(node, ListNode) and _glues(node):
            lists, goes_on = frozenset({node.source}), True
        elif isinstance(node, Sequence | Choice | Permutation):
            parts = [self._facts.get(item) or self._learn(item) for item in node.items]
            lists = lists.union(*(part.lists for part in parts))
            begins = [part.goes_on for part in parts]
            if isinstance(node, Sequence):
                goes_on = next((one for one in begins if one is not None), None)
            else:
                goes_on = True if True in begins else False if begins and None not in begins else None
        found = self._facts[node] = _Facts(self._same.setdefault(lists, lists), goes_on)
        return found


class _Step:
    """What can come next at one place: goes on from there until each way has a whole word or a list."""

    def __init__(self, compiler: Compiler, lists: Lists, name: str) -> None:
        self.arcs: dict[Label, list[int]] = {}
        self.accepts = False
        self._compiler = compiler
        self._lists = lists
        self._name = name
        self._seen: set[tuple[Rest, str]] = set()

    def node(self, node: Node, rest: Rest, begun: str) -> None:
        """Go on with a node and `rest` behind it, with the word that was begun just before them."""
        if isinstance(node, Text):
            self._text(node, rest, begun)
        elif isinstance(node, Sequence):
            if not node.items:
                self._rest(rest, begun)
                return
            for item in node.items[:0:-1]:
                rest = self._after(item, rest)
            self.node(node.items[0], rest, begun)
        elif isinstance(node, Choice):
            for item in node.items:
                self.node(item, rest, begun)
        elif isinstance(node, Permutation):
            if not node.items:
                self._rest(rest, begun)
            for item, left in node.split():
                self.node(item, self._after(left, rest) if left.items else rest, begun)
        elif isinstance(node, Gap):
            if begun:
                self._add(begun, rest.state)
            else:
                self._rest(rest, "")
        else:
            self._list(node, rest, begun)

    def _after(self, node: Node, rest: Rest) -> Rest:
        return self._compiler.after(node, rest, self._lists, self._name)

    def _add(self, label: Label, state: int) -> None:
        if state != self._compiler.states.nothing:
            self.arcs.setdefault(label, []).append(state)

    def _rest(self, rest: Rest, begun: str) -> None:
        states = self._compiler.states
        if not begun:
            for label, target in states.arcs(rest.state).items():
                self.arcs.setdefault(label, []).append(target)
            self.accepts = self.accepts or states.accepts(rest.state)
        elif rest.node is None or rest.rest is None:
            self._add(begun, rest.state)
        elif (rest, begun) not in self._seen:
            self._seen.add((rest, begun))
            check_ways(len(self._seen), self._name)
            self.node(rest.node, rest.rest, begun)

    def _text(self, node: Text, rest: Rest, begun: str) -> None:
        first, *more = node.words
        if begun:
            if not (node.open_before and continues(begun, first)):
                self._add(begun, self._after(node, rest).state)
                return
            first = begun + first
        if not node.open_after or rest.node is None:
            self._add(first, self._compiler.states.chain(more, rest.state))
        elif more:
            last = _Step(self._compiler, self._lists, self._name)
            last._rest(rest, more.pop())
            self._add(first, self._compiler.states.chain(more, self._compiler.states.joined(last.arcs)))
        else:
            self._rest(rest, first)

    def _list(self, node: ListNode, rest: Rest, begun: str) -> None:
        glues = _glues(node)
        if begun and (not glues or begun.startswith(STEM) or not begun[-1].isalpha()):
            self._add(begun, self._after(node, rest).state)
            return
        self._said(Values(node.source, begun), [rest.state])
        if glues and rest.node is not None:
            behind = _Step(self._compiler, self._lists, self._name)
            behind._rest(rest, STEM)
            for word, states in behind.arcs.items():
                if isinstance(word, str) and word != STEM:
                    self._said(Values(node.source, begun, word.removeprefix(STEM)), states)

    def _said(self, values: Values, targets: list[int]) -> None:
        said = self._lists.said(values)
        if said:
            for target in targets:
                self._add(said, target)


def _glues(node: ListNode) -> bool:
    """Whether letters that touch a list's value belong to it."""
    return isinstance(node.source, TextList | HomeList)
