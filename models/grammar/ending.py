"""Whether what was said so far can be all: the sooner that is known, the sooner it is done."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from paige.models.grammar.graph import Arc, WordGraph


class Ending(StrEnum):
    """How words that were said stand to the sentences of a language."""

    NO_SENTENCE = "no sentence"
    """No sentence begins so."""
    UNFINISHED = "unfinished"
    """More must follow: "turn on the"."""
    MAY_GO_ON = "may go on"
    """A sentence, and the beginning of another: "turn on the lamp", for "in the kitchen" may follow."""
    FINISHED = "finished"
    """A sentence after which only a filler such as "please" can come."""


class Endings:
    """Tells how words stand to the sentences of a graph.

    Args:
        graph: The sentences. A state from which a step that says nothing leads to the final one is where a
            sentence is over, and what else can follow there is fillers (see `graph_builder`).
    """

    def __init__(self, graph: WordGraph) -> None:
        self._graph = graph
        self._first = array("I", [0]) * (graph.states + 1)  # each state's first arc, and behind its last
        for arc in graph.arcs:
            self._first[arc.source + 1] += 1
        for state in range(graph.states):
            self._first[state + 1] += self._first[state]

    def of(self, words: Sequence[str]) -> Ending:
        """What may come after these words."""
        states = self._silently({self._graph.start})
        for word in words:
            states = self._silently({arc.target for arc in self._leaving(states) if arc.word == word})
        if self._graph.final not in states:
            return Ending.UNFINISHED if any(self._leaving(states)) else Ending.NO_SENTENCE
        goes_on = any(arc.word is not None for arc in self._leaving(s for s in states if not self._over(s)))
        return Ending.MAY_GO_ON if goes_on else Ending.FINISHED

    def _leaving(self, states: Iterable[int]) -> Iterator[Arc]:
        for state in states:
            yield from self._graph.arcs[self._first[state] : self._first[state + 1]]

    def _silently(self, states: set[int]) -> set[int]:
        """These states and those behind steps that say nothing."""
        todo = list(states)
        while todo:
            new = {arc.target for arc in self._leaving((todo.pop(),)) if arc.word is None} - states
            states |= new
            todo += new
        return states

    def _over(self, state: int) -> bool:
        return any(arc.target == self._graph.final and arc.word is None for arc in self._leaving((state,)))
