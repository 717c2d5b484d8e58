"""The syntax of a sentence template, as Home Assistant reads it: what is written, before names mean anything.

`turn on [the] (lamp|light) in {area}` is words, `[…]` for what may be left out, `(…|…)` for a choice, `(…;…)`
for any order, `{list}` or `{list:slot}`, and `<rule>`; a backslash takes a character as it is. It is read as
hassil reads it, to the letter: `tests/models/grammar/test_syntax.py` compares the two.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

_CLOSING: Final = {"(": ")", "[": "]", "{": "}", "<": ">"}
_ENDS: Final = {
    opening: re.compile(rf"\\.|[\{opening}\{end}]", re.DOTALL) for opening, end in _CLOSING.items()
}
_WORD: Final = re.compile(
    r"(?:\\.|[^\\|;()\[\]{}<>])"  # a space may begin it
    r"(?:\\.|[^\\ |;()\[\]{}<>])*"
    r"(?: (?:\\.| )*)?",
    re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(.)")
_SPACES: Final = re.compile(r"\s+")
_RANGE: Final = re.compile(r"^(\d+)..(\d+)(?:,(\d+))?$")


class Kind(Enum):
    """How the parts of a group stand together."""

    SEQUENCE = auto()
    CHOICE = auto()
    PERMUTATION = auto()


@dataclass(frozen=True, slots=True)
class Literal:
    """Text with the space behind it; empty for what is left out."""

    text: str


@dataclass(frozen=True, slots=True)
class ListUse:
    """A list that is named, or written out as a range."""

    name: str
    slot: str | None
    """None for what is only captured for a response."""
    range: tuple[int, int, int] | None = None
    """Start, stop and step of `{0..100,5:slot}`."""


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule that is named."""

    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """Several parts."""

    kind: Kind
    items: "tuple[Part, ...]"


Part = Literal | ListUse | RuleUse | Group


def parse_template(text: str) -> Group:
    """A template's parts.

    Raises:
        ValueError: It is none; with what is wrong, where that can be said.
        RecursionError: It is nested too deeply.
    """
    whole = text.strip()
    if _end(f"({whole})", 0) != len(whole) + 2:
        raise ValueError("a ) closes nothing")
    group = _group(whole)
    only = group.items[0] if len(group.items) == 1 else None
    return only if isinstance(only, Group) else group


@dataclass(slots=True)
class _Open:
    """A group that is being read."""

    kind: Kind
    items: list["Part | _Open"]

    def split(self, kind: Kind) -> "_Open":
        """The group behind one more separator of a kind."""
        group = self if self.kind is kind else _Open(kind, [self])
        group.items.append(_Open(Kind.SEQUENCE, []))
        return group

    def add(self, part: Part) -> None:
        """Put a part at the end."""
        last = self.items[-1] if self.kind is not Kind.SEQUENCE else self
        assert isinstance(last, _Open)  # a separator puts one there
        last.items.append(part)

    def closed(self) -> Group:
        """The group, when all of it was read."""
        items = [item.closed() if isinstance(item, _Open) else item for item in self.items]
        return Group(self.kind, tuple(items))


def _group(text: str, *, optional: bool = False) -> Group:
    """What stands between brackets."""
    if not text:
        raise ValueError("there is nothing between two brackets, or nothing at all")
    group, at = _Open(Kind.SEQUENCE, []), 0
    while at < len(text):
        if text[at] in "|;":
            group = group.split(Kind.CHOICE if text[at] == "|" else Kind.PERMUTATION)
            at += 1
            continue
        end = _end(text, at)
        group.add(_part(text[at:end]))
        at = end
    if group.kind is Kind.PERMUTATION:
        for item in group.items:
            if not isinstance(item, _Open) or item.kind is not Kind.SEQUENCE:
                raise ValueError("a | and a ; stand in the same brackets")
            item.items = [Literal(" "), *item.items, Literal(" ")]
    if optional:
        if group.kind is not Kind.CHOICE:
            group = _Open(Kind.CHOICE, [group])
        group.items.append(Literal(""))
    return group.closed()


def _end(text: str, begin: int) -> int:
    """Where the part ends that begins at a character."""
    opening = text[begin]
    if opening not in _CLOSING:
        word = _WORD.match(text, begin)
        if word is None:
            raise ValueError(f"{opening} closes nothing" if opening != "\\" else "nothing stands behind a \\")
        return word.end()
    depth = 0
    for found in _ENDS[opening].finditer(text, begin):
        depth += (found[0] == opening) - (found[0] == _CLOSING[opening])
        if depth == 0:
            return found.end()
    raise ValueError(f"{opening} is never closed")


def _part(text: str) -> Part:
    inner = text[1:-1]
    match text[0]:
        case "(":
            return _group(inner)
        case "[":
            return _group(inner, optional=True)
        case "{":
            return _list(_named(inner))
        case "<":
            return RuleUse(_named(inner).strip())
    return Literal(_normal(_ESCAPED.sub(r"\1", text)))


def _named(inner: str) -> str:
    if not inner:
        raise ValueError("there is no name between two brackets")
    return _ESCAPED.sub(r"\1", inner)


def _list(name: str) -> ListUse:
    name, colon, slot = name.partition(":")
    if not colon:
        # `{@name}` is short for `{name:@name}`.
        return (
            ListUse(name[1:].strip(), None) if name.startswith("@") else ListUse(name.strip(), name.strip())
        )
    numbers = _RANGE.match(name)
    written_out = (int(numbers[1]), int(numbers[2]), int(numbers[3] or 1)) if numbers else None
    return ListUse(name.strip(), None if slot.startswith("@") else slot.strip(), written_out)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text)).replace("’", "'")  # a typographic one
