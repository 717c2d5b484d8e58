"""The sentences of a language as a graph of words, the form that speech recognizers take."""

import struct
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import compress
from typing import Final, NamedTuple, Self, cast, overload

_HEAD: Final = struct.Struct("=4L")


class Arc(NamedTuple):
    """One step through a sentence."""

    source: int
    target: int
    word: str | None
    """Lower case, without punctuation; None for a step that says nothing."""
    weight: float = 1.0
    """Probability of this step among those that leave `source`."""


_arc = cast("Callable[[tuple[int, int, str | None, float]], Arc]", partial(tuple.__new__, Arc))
"""Faster than `Arc`, which looks at each part."""


class Arcs(Sequence[Arc]):
    """Steps that are kept: 20 bytes each, where tuples take 100, and a large home has 200,000 of them."""

    def __init__(self, arcs: Iterable[Arc]) -> None:
        self._sources, self._targets, self._said = array("I"), array("I"), array("I")
        self._weights = array("d")
        numbers: dict[str | None, int] = {None: 0}
        for source, target, word, weight in arcs:
            self._sources.append(source)
            self._targets.append(target)
            self._said.append(numbers.setdefault(word, len(numbers)))
            self._weights.append(weight)
        # In one piece: strings from among all that a graph is made of would keep the memory of that.
        self._text = "\n".join(word or "" for word in numbers)

    @cached_property
    def _words(self) -> tuple[str | None, ...]:
        return tuple(word or None for word in self._text.split("\n"))

    def __len__(self) -> int:
        return len(self._said)

    def __iter__(self) -> Iterator[Arc]:
        return iter(self._some(slice(None)))

    @overload
    def __getitem__(self, at: int) -> Arc: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Arc, ...]: ...
    def __getitem__(self, at: int | slice) -> Arc | tuple[Arc, ...]:
        if isinstance(at, slice):
            return tuple(self._some(at))
        return Arc(self._sources[at], self._targets[at], self._words[self._said[at]], self._weights[at])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Arcs) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as lists have none: to compare takes long

    @property
    def words(self) -> frozenset[str]:
        """Every word that one of them says."""
        return frozenset(word for word in self._words if word is not None)

    def to_bytes(self) -> bytes:
        """All of it, as `from_bytes` of the same machine takes it."""
        columns = (self._sources, self._targets, self._said, self._weights)
        return b"".join((*(column.tobytes() for column in columns), self._text.encode()))

    @classmethod
    def from_bytes(cls, data: bytes, count: int, states: int) -> Self:
        """So many steps between so many states.

        Raises:
            ValueError: These are not.
        """
        made, at = cls(()), 0
        for column in (made._sources, made._targets, made._said, made._weights):
            end = at + count * column.itemsize
            column.frombytes(data[at:end])
            if len(column) != count:
                raise ValueError(f"{len(column)} steps of {count}")
            at = end
        made._text = data[at:].decode()
        most = max(made._sources, default=0), max(made._targets, default=0)
        if max(most) >= states or max(made._said, default=0) >= len(made._words):
            raise ValueError("a step leads nowhere or says nothing")
        return made

    def saying(self, words: Collection[str]) -> Iterator[Arc]:
        """Those that say one of these words, or nothing, in their order."""
        wanted = bytes(word is None or word in words for word in self._words)
        picked = bytes(map(wanted.__getitem__, self._said))
        said = map(self._words.__getitem__, compress(self._said, picked))
        sources, targets = compress(self._sources, picked), compress(self._targets, picked)
        return map(_arc, zip(sources, targets, said, compress(self._weights, picked), strict=True))

    def _some(self, which: slice) -> Iterator[Arc]:
        words = map(self._words.__getitem__, self._said[which])
        columns = self._sources[which], self._targets[which], words, self._weights[which]
        return map(_arc, zip(*columns, strict=True))


@dataclass(frozen=True, slots=True)
class WordGraph:
    """All sentences of a language: each path from `start` to `final` is one."""

    states: int
    """States are numbered from 0 to this, exclusive, such that each arc leads to a higher number."""
    start: int
    final: int
    arcs: Arcs
    """In the order of their sources, so that one pass over them goes through all sentences."""

    @property
    def words(self) -> frozenset[str]:
        """Every word that can be said."""
        return self.arcs.words

    def to_bytes(self) -> bytes:
        """All of it, as `from_bytes` of the same machine takes it."""
        return _HEAD.pack(self.states, self.start, self.final, len(self.arcs)) + self.arcs.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The graph that gave these.

        Raises:
            ValueError, struct.error: None did.
        """
        states, start, final, count = _HEAD.unpack_from(data)
        if max(start, final) >= states:
            raise ValueError("it has no beginning or no end")
        return cls(states, start, final, Arcs.from_bytes(data[_HEAD.size :], count, states))
