"""The sentences of a language as a graph of words, the form that speech recognizers take."""

from dataclasses import dataclass
from typing import NamedTuple


class Arc(NamedTuple):
    """One step through a sentence; a tuple, for a large home has 200,000 of them."""

    source: int
    target: int
    word: str | None
    """Lower case, without punctuation; None for a step that says nothing."""
    weight: float = 1.0
    """Probability of this step among those that leave `source`."""


@dataclass(frozen=True, slots=True)
class WordGraph:
    """All sentences of a language: each path from `start` to `final` is one."""

    states: int
    """States are numbered from 0 to this, exclusive, such that each arc leads to a higher number."""
    start: int
    final: int
    arcs: tuple[Arc, ...]
    """In the order of their sources, so that one pass over them goes through all sentences."""

    @property
    def words(self) -> frozenset[str]:
        """Every word that can be said."""
        return frozenset(arc.word for arc in self.arcs if arc.word is not None)
