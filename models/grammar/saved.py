"""Sentences as JSON, and from it: to read them so takes a tenth of what it takes from their files.

Nodes, lists and blocks are numbered, so that what was one object is one again. A node stands behind those
that it is made of.
"""

import json
from collections.abc import Hashable, Mapping
from dataclasses import astuple
from typing import Any, Final

from paige.models.grammar.lists import (
    HomeList,
    ListSource,
    RangeList,
    SlotList,
    TextList,
    TextValue,
    WildcardList,
)
from paige.models.grammar.nodes import EMPTY, GAP, Choice, ListNode, Node, Permutation, Sequence, Text
from paige.models.grammar.sentences import Block, Requirement, Sentences, Template
from paige.models.grammar.template import Rule
from paige.models.grammar.yaml_file import Place

_GROUPS: Final = (Sequence, Choice, Permutation)
_TEXT, _LIST, _EMPTY, _GAP = range(len(_GROUPS), len(_GROUPS) + 4)


def to_bytes(sentences: Sentences) -> bytes:
    """All that sentences are, but for what is derived from them."""
    return json.dumps(_Writer().sentences(sentences), ensure_ascii=False, separators=(",", ":")).encode()


def from_bytes(data: bytes, made_of: bytes) -> Sentences:
    """The sentences that gave these bytes.

    Args:
        data: The bytes.
        made_of: See `Sentences.made_of`.

    Raises:
        Exception: None gave them; of whatever kind.
    """
    return _read(json.loads(data), made_of)


class _Numbered:
    """Things, each once, in the order in which they came."""

    def __init__(self) -> None:
        self.written: list[Any] = []
        self._numbers: dict[Hashable, int] = {}
        self._all: list[Hashable] = []
        """They stay, so that no other has the identity of one that went."""

    def known(self, thing: Hashable) -> bool:
        """Whether it came."""
        return thing in self._numbers

    def number(self, thing: Hashable, written: Any) -> int:  # noqa: ANN401  # JSON may hold anything
        """The number of a thing."""
        if thing not in self._numbers:
            self._numbers[thing] = len(self._all)
            self._all.append(thing)
            self.written.append(written)
        return self._numbers[thing]

    def __getitem__(self, thing: Hashable) -> int:
        return self._numbers[thing]


class _Writer:
    def __init__(self) -> None:
        self._lists = _Numbered()
        self._nodes = _Numbered()
        self._blocks = _Numbered()

    def sentences(self, sentences: Sentences) -> dict[str, Any]:
        named = {name: self._list(one, sentences) for name, one in sentences.lists.items()}
        templates = [
            [one.text, self._node(one.node, sentences), self._block(one.block), _place(one.place)]
            for one in sentences.templates
        ]
        return {
            "language": sentences.language,
            "lists": self._lists.written,
            "named": named,
            "nodes": self._nodes.written,
            "blocks": self._blocks.written,
            "templates": templates,
            "rules": {name: [rule.template, _place(rule.place)] for name, rule in sentences.rules.items()},
            "skip_words": sentences.skip_words,
        }

    def _list(self, source: ListSource, sentences: Sentences) -> int:
        if self._lists.known(source):
            return self._lists[source]
        written: list[Any] = [type(source).__name__]
        if isinstance(source, TextList):
            values = [
                [one.template, one.value, dict(one.context), _place(one.place), sentences.ways[one]]
                for one in source.values
            ]
            written += [source.name, values]
        else:
            written += astuple(source)
        return self._lists.number(source, written)

    def _node(self, node: Node, sentences: Sentences) -> int:
        """The number of a node, after those of all that it is made of; not by recursion, as some are deep."""
        todo = [node]
        while todo:
            one = todo[-1]
            missing = [part for part in _parts(one) if not self._nodes.known(part)]
            if missing:
                todo += missing
                continue
            todo.pop()
            if not self._nodes.known(one):
                self._nodes.number(one, self._written(one, sentences))
        return self._nodes[node]

    def _written(self, node: Node, sentences: Sentences) -> list[Any]:
        if node is EMPTY:
            return [_EMPTY]
        if node is GAP:
            return [_GAP]
        if isinstance(node, Text):
            return [_TEXT, node.words, node.open_before, node.open_after]
        if isinstance(node, ListNode):
            return [_LIST, self._list(node.source, sentences), node.slot]
        assert isinstance(node, _GROUPS), "there is one gap"
        return [_GROUPS.index(type(node)), *(self._nodes[item] for item in node.items)]

    def _block(self, block: Block) -> int:
        requires, excludes = (
            [[one.key, None if one.allowed is None else sorted(one.allowed), one.slot] for one in some]
            for some in (block.requires, block.excludes)
        )
        keywords = sorted(block.keywords)
        written = [
            block.intent,
            dict(block.slots),
            requires,
            excludes,
            block.response,
            keywords,
            block.custom,
        ]
        return self._blocks.number(block, written)


def _parts(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, _GROUPS) else ()


def _place(place: str) -> list[Any]:
    """Where something stands: a file and keys, or else as a message says it."""
    return [place.source, *place.keys] if isinstance(place, Place) else [str(place)]


def _placed(written: list[Any]) -> str:
    source, *keys = written
    return Place(source, tuple(keys)) if keys else source


def _read(data: Mapping[str, Any], made_of: bytes) -> Sentences:
    ways: dict[TextValue, list[tuple[str, ...]]] = {}
    lists = [_read_list(written, ways) for written in data["lists"]]
    nodes: list[Node] = []
    for kind, *rest in data["nodes"]:
        if kind < len(_GROUPS):
            nodes.append(_GROUPS[kind](tuple([nodes[number] for number in rest])))
        elif kind == _TEXT:
            words, open_before, open_after = rest
            nodes.append(Text.of(tuple(words), open_before, open_after))
        elif kind == _LIST:
            source, slot = rest
            nodes.append(ListNode(lists[source], slot))
        else:
            nodes.append((EMPTY, GAP)[kind - _EMPTY])
    blocks = [_read_block(written) for written in data["blocks"]]
    return Sentences(
        data["language"],
        tuple(
            Template(text, nodes[node], blocks[block], _placed(place))
            for text, node, block, place in data["templates"]
        ),
        {name: _slot_list(lists[number]) for name, number in data["named"].items()},
        {name: Rule(template, _placed(place)) for name, (template, place) in data["rules"].items()},
        tuple(data["skip_words"]),
        ways,
        made_of,
    )


def _read_list(written: list[Any], ways: dict[TextValue, list[tuple[str, ...]]]) -> ListSource:
    kind, name, *rest = written
    if kind == TextList.__name__:
        values = []
        for template, value, context, place, said in rest[0]:
            values.append(TextValue(template, value, context, _placed(place)))
            ways[values[-1]] = [tuple(words) for words in said]
        return TextList(name, tuple(values))
    if kind == RangeList.__name__:
        start, stop, step, multiplier, fractions, *others = rest
        return RangeList(name, start, stop, step, multiplier, tuple(fractions), *others)
    if kind == WildcardList.__name__:
        spoken, sentence = rest
        return WildcardList(name, tuple(spoken), sentence)
    return HomeList(name)


def _slot_list(source: ListSource) -> SlotList:
    if isinstance(source, HomeList):
        raise TypeError("only the home gives that list")
    return source


def _read_block(written: list[Any]) -> Block:
    intent, slots, requires, excludes, response, keywords, custom = written
    wanted, unwanted = (
        tuple(
            Requirement(key, None if allowed is None else frozenset(allowed), slot)
            for key, allowed, slot in some
        )
        for some in (requires, excludes)
    )
    return Block(intent, slots, wanted, unwanted, response, frozenset(map(tuple, keywords)), custom)
