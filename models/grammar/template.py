"""Template text to nodes: hassil reads the syntax, so that it is exactly Home Assistant's."""

import difflib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import hassil
from hassil.parser import ParseError

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
    _nodes: dict[str, Node] = field(default_factory=dict)
    _sources: dict[str, ListSource] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    """Rules that are being read, outermost first."""

    def read(self, template: str, place: str) -> Node:
        """A template with its rules resolved.

        Raises:
            SentencesInvalid: The template is not one, or names a list or rule that there is not.
        """
        expression = check_syntax(template, place)
        try:
            return self._node(expression, template, place)
        except RecursionError:
            raise SentencesInvalid(f"{place}: {_shown(template)} is nested too deeply") from None

    def _node(self, expression: hassil.Expression, template: str, place: str) -> Node:
        match expression:
            case hassil.TextChunk(text=text):
                return self._text(text)
            case hassil.ListReference():
                return self._list(expression, template, place)
            case hassil.RuleReference(rule_name=name):
                return self._rule(name.strip(), template, place)
            case hassil.Group(items=items):
                nodes = tuple(self._node(item, template, place) for item in items)
                if isinstance(expression, hassil.Sequence):
                    _check_wildcards(nodes, template, place)
                return self._once((type(expression), nodes), _group(expression, nodes, template, place))
        raise SentencesInvalid(f"{place}: {_shown(template)} cannot be read; {_SYNTAX}")

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

    def _list(self, reference: hassil.ListReference, template: str, place: str) -> Node:
        name = reference.list_name.strip()
        slot = None if reference.is_capture else reference.slot_name.strip()
        if name not in self._sources:
            self._sources[name] = self._source(reference, name, template, place)
        return self._once((self._sources[name], slot), ListNode(self._sources[name], slot))

    def _source(self, reference: hassil.ListReference, name: str, template: str, place: str) -> ListSource:
        if name in self.lists:
            return self.lists[name]
        if name in HOME_LISTS:
            return HomeList(name)
        inline = reference.get_inline_range()
        if inline and inline[0] <= inline[1] and inline[2] > 0:
            return RangeList(name, *inline)
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


@lru_cache(maxsize=4096)
def _parsed(template: str) -> hassil.Expression:
    """Rules are read again for each block that has lists or rules of its own."""
    return hassil.parse_sentence(template).expression


def forget_syntax() -> None:
    """Drop what hassil made of templates: once they are nodes, it is megabytes of nothing."""
    _parsed.cache_clear()


def check_syntax(template: str, place: str) -> hassil.Expression:
    """Read a template's text.

    Raises:
        SentencesInvalid: It is not a template.
    """
    if len(template) > _MOST_CHARACTERS:
        raise SentencesInvalid(f"{place}: {_shown(template)} has more than {_MOST_CHARACTERS} characters")
    try:
        return _parsed(template)
    except RecursionError:
        raise SentencesInvalid(f"{place}: {_shown(template)} is nested too deeply") from None
    except (ParseError, AssertionError, IndexError, ValueError) as error:
        raise SentencesInvalid(
            f"{place}: {_shown(template)} cannot be read{_complaint(template, error)}; {_SYNTAX}"
        ) from None


def _group(group: hassil.Group, nodes: tuple[Node, ...], template: str, place: str) -> Node:
    if isinstance(group, hassil.Alternative):
        return Choice(nodes)
    if isinstance(group, hassil.Permutation):
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


def _complaint(template: str, error: Exception) -> str:
    pairs = {"(": ")", "[": "]", "{": "}", "<": ">"}
    for opening, closing in pairs.items():
        opened, closed = template.count(opening), template.count(closing)
        if opened != closed:
            return f": {opened} × {opening} but {closed} × {closing}"
    return f": {error}" if str(error) and isinstance(error, ParseError) and "chunk" not in str(error) else ""
