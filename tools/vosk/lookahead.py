"""Turns a transducer into OpenFst's type `olabel_lookahead`, which tells what words can follow.

Composed with a grammar, such a transducer leaves out at each state what the grammar does not allow. For that
it keeps, with each state, the words that can come next, as intervals of numbers; words are numbered such that
there are few of them. See C. Allauzen, M. Riley, J. Schalkwyk, "A Generalized Composition Algorithm for
Weighted Finite-State Transducers", Interspeech 2009. `fstconvert --fst_type=olabel_lookahead` of OpenFst's
tools does the same, but no Python package offers it. The format is that of OpenFst's `add-on.h` and
`label-reachable.h`.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Step = tuple[int, int]
"""The word that an arc says, 0 for none, and the state that it leads to."""
Interval = tuple[int, int]
"""Numbers from the first on, before the second."""

_TYPE: Final = b"olabel_lookahead"
_VERSION: Final = 1
_ADD_ON: Final = 446681434
"""Stands before what is added to a transducer."""
_START_OF_FLAGS: Final = 4 + 4 + len(b"const") + 4 + len(b"standard") + 4
"""Bytes of a file of the library before its flags: a number, two names with their lengths, a version."""
_AFTER_VERSION: Final = struct.calcsize("<iQqqq")
"""Bytes of a header after its version: flags, properties, first state, states, arcs."""


@dataclass(frozen=True, slots=True)
class Lookahead:
    """Which words can come next at each state."""

    numbers: Mapping[int, int]
    """The new number of each word, from 1 on."""
    end: int
    """Stands among them for the end of what is said."""
    following: tuple[tuple[Interval, ...], ...]
    """For each state, what can come next."""

    @classmethod
    def of(cls, steps: Sequence[Sequence[Step]], final: frozenset[int]) -> "Lookahead":
        """The words that can come next in a transducer.

        Args:
            steps: For each state the arcs that leave it. To come back to a state, other than by an arc from
                it to itself, a word must be said.
            final: Where what is said may end.
        """
        numbers: dict[int, int] = {}
        end = 0
        sets: dict[int, int] = {}  # what can come next: the bits of an integer are the new numbers
        for state in _leaves_first(steps):
            found = 0
            for word, target in steps[state]:
                if word:
                    found |= 1 << numbers.setdefault(word, len(numbers) + 1 + (end > 0))
                elif target != state:
                    found |= sets[target]
            if state in final:
                end = end or len(numbers) + 1
                found |= 1 << end
            sets[state] = found
        return cls(numbers, end, tuple(tuple(_intervals(sets[state])) for state in range(len(steps))))

    def convert(self, transducer: bytes) -> bytes:
        """A file of the type `olabel_lookahead`.

        Args:
            transducer: A file of the type `const`, whose words have the new numbers and whose arcs are
                sorted by them.
        """
        after_version = transducer[_START_OF_FLAGS : _START_OF_FLAGS + _AFTER_VERSION]
        header = (
            transducer[:4] + _text(_TYPE) + _text(b"standard") + struct.pack("<i", _VERSION) + after_version
        )
        added = [
            struct.pack("<??", False, True),  # nothing for what is heard, but for words
            struct.pack("<??i", False, False, self.end),  # of the words, without their old numbers
            struct.pack("<q", len(self.following)),
        ]
        for intervals in self.following:
            added.append(struct.pack("<q", len(intervals)))
            added += [struct.pack("<ii", *interval) for interval in intervals]
            added.append(struct.pack("<i", sum(after - first for first, after in intervals)))
        return header + struct.pack("<i", _ADD_ON) + transducer + struct.pack("<?", True) + b"".join(added)


def _leaves_first(steps: Sequence[Sequence[Step]]) -> Iterator[int]:
    """All states, each after those that it leads to without a word."""
    begun: set[int] = set()
    for root in range(len(steps)):
        path = [] if root in begun else [(root, iter(steps[root]))]
        begun.add(root)
        while path:
            state, rest = path[-1]
            for word, target in rest:
                if not word and target not in begun:
                    begun.add(target)
                    path.append((target, iter(steps[target])))
                    break
            else:
                path.pop()
                yield state


def _intervals(bits: int) -> Iterator[Interval]:
    """The runs of ones in an integer.

    >>> list(_intervals(0b110100))
    [(2, 3), (4, 6)]
    """
    place = 0
    while bits:
        zeros = (bits & -bits).bit_length() - 1
        bits >>= zeros
        ones = (~bits & (bits + 1)).bit_length() - 1
        yield place + zeros, place + zeros + ones
        bits >>= ones
        place += zeros + ones


def _text(value: bytes) -> bytes:
    return struct.pack("<i", len(value)) + value
