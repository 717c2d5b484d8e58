"""What a sentence template is made of, with its rules resolved."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from paige.models.grammar.lists import ListSource


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """Literal words. Never without words."""

    words: tuple[str, ...]
    open_before: bool
    """True where the first word may end a word that began before."""
    open_after: bool
    """True where the last word may go on behind."""
    rest: "Text | None" = None
    """The same without the first word."""

    @staticmethod
    def of(words: tuple[str, ...], open_before: bool, open_after: bool) -> "Text":
        """The words as a chain."""
        rest = None if len(words) == 1 else Text.of(words[1:], False, open_after)
        return Text(words, open_before, open_after, rest)


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """A place between words."""


@dataclass(frozen=True, slots=True, eq=False)
class ListNode:
    """`{list:slot}`: one of a list's values."""

    source: ListSource
    slot: str | None
    """None for what is only captured for a response (`{list:@capture}`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """One after the other."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of them."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Permutation:
    """All of them, in any order."""

    items: tuple["Node", ...]
    _without: dict[tuple[int, ...], "Permutation"] = field(default_factory=dict)
    _keys: tuple[int, ...] = ()

    def split(self) -> list[tuple["Node", "Permutation"]]:
        """Each item that may come first, with what is left: one object however it came about."""
        keys = self._keys or tuple(range(len(self.items)))
        found = []
        for at, item in enumerate(self.items):
            left = keys[:at] + keys[at + 1 :]
            if left not in self._without:
                items = self.items[:at] + self.items[at + 1 :]
                self._without[left] = Permutation(items, self._without, left)
            found.append((item, self._without[left]))
        return found


def nodes_in(node: "Node") -> Iterator["Node"]:
    """A node and all below it, each once."""
    seen = {node}
    todo = [node]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, Sequence | Choice | Permutation):
            new = [item for item in node.items if item not in seen]
            seen.update(new)
            todo.extend(new)


def lists_in(node: "Node") -> frozenset[ListSource]:
    """Every list that a template may use."""
    return frozenset(one.source for one in nodes_in(node) if isinstance(one, ListNode))


def words_in(node: "Node") -> frozenset[str]:
    """Every word that a template says, as far as it stands in one piece."""
    return frozenset(word for one in nodes_in(node) if isinstance(one, Text) for word in one.words)


Node = Text | Gap | ListNode | Sequence | Choice | Permutation

EMPTY = Sequence(())
GAP = Gap()
