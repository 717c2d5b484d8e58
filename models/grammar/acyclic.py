"""Finite languages as minimal automata, made from their ends to their beginnings.

Each state is made once: one that accepts the same and has the same arcs is the same number. So whatever is
made is minimal at once, two languages are equal where their states are, and work on a state need not be done
twice. The idea is that of binary decision diagrams (R. Bryant, "Graph-Based Algorithms for Boolean Function
Manipulation", 1986), for sequences (E. Loekito et al., "A binary decision diagram based approach for mining
frequent subsequences", 2010).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

Label = TypeVar("Label", bound=Hashable)


class Acyclic(Generic[Label]):
    """Deterministic automata without cycles, which share their states.

    A state is a number, greater than that of each state it leads to. It stands for the language of what can
    still come from it on.
    """

    def __init__(self) -> None:
        self._states: dict[tuple[bool, frozenset[tuple[Label, int]]], int] = {}
        self._arcs: list[Mapping[Label, int]] = []
        self._accepts: list[bool] = []
        self._unions: dict[frozenset[int], int] = {}
        self.nothing = self.state({})
        """The language without any sequence."""
        self.end = self.state({}, accepts=True)
        """The language of the empty sequence."""

    def arcs(self, state: int) -> Mapping[Label, int]:
        """What can come next, and where it leads."""
        return self._arcs[state]

    def accepts(self, state: int) -> bool:
        """Whether a sequence may end here."""
        return self._accepts[state]

    def state(self, arcs: Mapping[Label, int], *, accepts: bool = False) -> int:
        """The state with these arcs; none of them may lead to `nothing`."""
        key = (accepts, frozenset(arcs.items()))
        found = self._states.get(key)
        if found is None:
            found = self._states[key] = len(self._arcs)
            self._arcs.append(arcs)
            self._accepts.append(accepts)
        return found

    def chain(self, labels: Sequence[Label], state: int) -> int:
        """The state from which some labels lead to `state`."""
        if state == self.nothing:
            return state
        for label in reversed(labels):
            state = self.state({label: state})
        return state

    def joined(self, arcs: Mapping[Label, Sequence[int]], *, accepts: bool = False) -> int:
        """The state whose arcs lead to the union of some states each."""
        made = {
            label: targets[0] if len(targets) == 1 else self.union(targets) for label, targets in arcs.items()
        }
        return self.state(made, accepts=accepts)

    def union(self, states: Iterable[int]) -> int:
        """The state of what can come from any of these on."""
        wanted = frozenset(states)
        if len(wanted) == 1:
            return next(iter(wanted))
        wanted -= {self.nothing}
        if not wanted:
            return self.nothing
        todo = [wanted]
        # What a union needs is made before it; not by recursion, as sentences may be long.
        while todo:
            union = todo[-1]
            missing = [] if union in self._unions else self._unite(union)
            if missing:
                todo += missing
            else:
                todo.pop()
        return self._unions[wanted]

    def _unite(self, states: frozenset[int]) -> list[frozenset[int]]:
        """Make the union of some states, or give the unions that it needs first."""
        together: dict[Label, list[int]] = {}
        for state in states:
            for label, target in self._arcs[state].items():
                if label in together:
                    together[label].append(target)
                else:
                    together[label] = [target]
        made: dict[Label, int] = {}
        missing = []
        for label, targets in together.items():
            if len(targets) == 1:
                made[label] = targets[0]
                continue
            union = frozenset(targets)
            if union in self._unions:
                made[label] = self._unions[union]
            elif len(union) == 1:
                made[label] = targets[0]
            else:
                missing.append(union)
        if not missing:
            accepts = any(self._accepts[state] for state in states)
            self._unions[states] = self.state(made, accepts=accepts)
        return missing

    def below(self, state: int) -> list[int]:
        """All states that can be reached, each before those it leads to."""
        seen, todo = {state}, [state]
        while todo:
            for target in self._arcs[todo.pop()].values():
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return sorted(seen, reverse=True)
