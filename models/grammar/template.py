"""Template text to nodes: what its lists and rules are."""

import difflib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from paige.models.errors import SentencesInvalid
from paige.models.grammar.lists import (
    HOME_LISTS,
    HomeList,
    ListSource,
    RangeList,
    SlotList,
    WildcardList,
)
from paige.models.grammar.nodes import (
    EMPTY,
    GAP,
    Choice,
    ListNode,
    Node,
    Permutation,
    Sequence,
    Text,
)
from paige.models.grammar.numbers import spell
from paige.models.grammar.syntax import Group, Kind, ListUse, Literal, Part, RuleUse, parse_template
from paige.models.grammar.tokens import Piece, is_number, is_symbol, joins, number_of, tokenize_piece

_MOST_PERMUTED = 8
_MOST_CHARACTERS = 10_000
_SYNTAX = (
    "write (a|b) for a choice, [a] for what may be left out, (a;b) for any order, {list}, {list:slot}, <rule>"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """An expansion rule as it was written."""

    template: str
    place: str
    """File and line."""


@dataclass(slots=True)
class Scope:
    """What lists and rules mean in one block of sentences."""

    lists: Mapping[str, SlotList]
    rules: Mapping[str, Rule]
    language: str
    made: dict[Hashable, Node] = field(default_factory=dict)
    """Nodes, which scopes may share: templates repeat each other, and equal nodes are one node."""
    parts: dict[str, Group] = field(default_factory=dict)
    """The parts of each template, shared likewise: each scope with lists of its own reads the rules again."""
    _nodes: dict[str, Node] = field(default_factory=dict)
    _sources: dict[str, ListSource] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    """Rules that are being read, outermost first."""

    def read(self, template: str, place: str) -> Node:
        """A template with its rules resolved.

        Raises:
            SentencesInvalid: The template is not one, or names a list or rule that there is not.
        """
        if template not in self.parts:
            self.parts[template] = check_syntax(template, place)
        try:
            return self._node(self.parts[template], template, place)
        except RecursionError:
            raise SentencesInvalid(f"{place}: {_shown(template)} is nested too deeply") from None

    def _node(self, part: Part, template: str, place: str) -> Node:
        match part:
            case Literal(text=text):
                return self._text(text)
            case ListUse():
                return self._list(part, template, place)
            case RuleUse(name=name):
                return self._rule(name, template, place)
            case Group(kind=kind, items=items):
                nodes = tuple(self._node(item, template, place) for item in items)
                if kind is Kind.SEQUENCE:
                    _check_wildcards(nodes, template, place)
                return self._once((kind, nodes), _group(kind, nodes, template, place))

    def _once(self, key: Hashable, node: Node) -> Node:
        """The first node that was made for this key, which says all about it."""
        return self.made.setdefault(key, node)

    def _text(self, text: str) -> Node:
        piece = tokenize_piece(text)
        if piece not in self.made:
            self.made[piece] = self._piece(piece)
        return self.made[piece]

    def _piece(self, piece: Piece) -> Node:
        if not piece.words:
            return EMPTY if piece.open_before else GAP
        if not any(map(is_number, piece.words)) or any(map(is_symbol, piece.words)):
            return Text.of(piece.words, piece.open_before, piece.open_after)
        last = len(piece.words) - 1
        nodes: list[Node] = []
        for at, word in enumerate(piece.words):
            open_before, open_after = piece.open_before and at == 0, piece.open_after and at == last
            node: Node = Text.of((word,), open_before, open_after)
            if is_number(word):
                # Who speaks says it in words.
                said = spell(self.language, number_of(word))
                node = Choice((node, *(Text.of(words, open_before, open_after) for words in said)))
            nodes.append(node)
        return Sequence(tuple(nodes))

    def _list(self, use: ListUse, template: str, place: str) -> Node:
        if use.name not in self._sources:
            self._sources[use.name] = self._source(use, template, place)
        source = self._sources[use.name]
        return self._once((source, use.slot), ListNode(source, use.slot))

    def _source(self, use: ListUse, template: str, place: str) -> ListSource:
        name = use.name
        if name in self.lists:
            return self.lists[name]
        if name in HOME_LISTS:
            return HomeList(name)
        if use.range and use.range[0] <= use.range[1] and use.range[2] > 0:
            return RangeList(name, *use.range)
        known = sorted({*self.lists, *HOME_LISTS})
        raise SentencesInvalid(
            f"{place}: {_shown(template)} uses the list {{{name}}}, which there is not{_nearest(name, known)}"
        )

    def _rule(self, name: str, template: str, place: str) -> Node:
        if name in self._nodes:
            return self._nodes[name]
        if name in self._open:
            circle = " → ".join(f"<{rule}>" for rule in [*self._open[self._open.index(name) :], name])
            raise SentencesInvalid(f"{place}: the rule <{name}> contains itself: {circle}")
        rule = self.rules.get(name)
        if rule is None:
            raise SentencesInvalid(
                f"{place}: {_shown(template)} uses the rule <{name}>, which there is not"
                f"{_nearest(name, sorted(self.rules))}"
            )
        self._open.append(name)
        try:
            self._nodes[name] = self.read(rule.template, rule.place)
        finally:
            self._open.pop()
        return self._nodes[name]


def check_syntax(template: str, place: str) -> Group:
    """Read a template's text.

    Raises:
        SentencesInvalid: It is not a template.
    """
    if len(template) > _MOST_CHARACTERS:
        raise SentencesInvalid(f"{place}: {_shown(template)} has more than {_MOST_CHARACTERS} characters")
    try:
        return parse_template(template)
    except RecursionError:
        raise SentencesInvalid(f"{place}: {_shown(template)} is nested too deeply") from None
    except ValueError as error:
        raise SentencesInvalid(
            f"{place}: {_shown(template)} cannot be read{_complaint(template, error)}; {_SYNTAX}"
        ) from None


def _group(kind: Kind, nodes: tuple[Node, ...], template: str, place: str) -> Node:
    if kind is Kind.CHOICE:
        return Choice(nodes)
    if kind is Kind.PERMUTATION:
        if len(nodes) > _MOST_PERMUTED:
            raise SentencesInvalid(
                f"{place}: {_shown(template)} puts {len(nodes)} parts in any order; "
                f"at most {_MOST_PERMUTED} are allowed"
            )
        return Permutation(nodes)
    return nodes[0] if len(nodes) == 1 else Sequence(nodes)


def _check_wildcards(nodes: Iterable[Node], template: str, place: str) -> None:
    for left, right in pairwise(nodes):
        before = isinstance(left, Text) and left.open_after and joins(left.words[-1], "a")
        after = isinstance(right, Text) and right.open_before and joins("a", right.words[0])
        if (before and _is_wildcard(right)) or (after and _is_wildcard(left)):
            raise SentencesInvalid(
                f"{place}: {_shown(template)} has letters that touch a wildcard, which stands for whole "
                "words; put a space between them"
            )


def _is_wildcard(node: Node) -> bool:
    return isinstance(node, ListNode) and isinstance(node.source, WildcardList)


def _shown(template: str) -> str:
    short = template if len(template) <= 120 else template[:117] + "…"
    return f'"{short}"'


def _nearest(name: str, known: Iterable[str]) -> str:
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    return f"; there are {', '.join(known[:20])}{', …' if len(known) > 20 else ''}" if known else ""


def _complaint(template: str, error: ValueError) -> str:
    pairs = {"(": ")", "[": "]", "{": "}", "<": ">"}
    for opening, closing in pairs.items():
        opened, closed = template.count(opening), template.count(closing)
        if opened != closed:
            return f": {opened} × {opening} but {closed} × {closing}"
    return f": {error}"
