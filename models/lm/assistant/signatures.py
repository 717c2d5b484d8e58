"""Which slots a call can have, read off the sentence templates: a model can ask for what a sentence can.

Each intent has signatures: slots in their order, each with what it may be. What is about a thing by its name
says nothing more of it, as the name tells the rest; only where several things share a name does the area
follow it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Final

from paige.models.grammar.lists import AREA, FLOOR, NAME, HomeList, ListSource, RangeList, TextList
from paige.models.grammar.nodes import Choice, ListNode, Node, Permutation, Sequence, nodes_in
from paige.models.grammar.sentences import Sentences, Template
from paige.models.intent import SlotValue
from paige.models.lm.assistant.calls import TARGETS, slot_order

UNCALLED: Final = frozenset({"HassNevermind", "HassRespond", "HassBroadcast"})
"""Intents that only a person says to Paige, or that Paige does not do."""
UNTOLD: Final = frozenset({"conversation_command", "at_hour", "at_named", "kind"})
"""Slots of what is for later, and of alarms: that is not left to a model."""

HOME: Final = "home"
"""A slot with a name of the home: of a thing, an area or a floor."""
FREE: Final = "free"
"""A slot with any words."""
Values = str | tuple[SlotValue, ...]
"""`HOME`, `FREE`, or what a slot may be."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Slots that a call has together, all of them."""

    slots: tuple[tuple[str, Values], ...]
    """In their order."""

    def without(self, slot: str) -> "Signature":
        """The same without a slot."""
        return Signature(tuple(pair for pair in self.slots if pair[0] != slot))


def signatures(sentences: Sentences) -> Mapping[str, tuple[Signature, ...]]:
    """By intent, in the order of its sentences; a user's own sentences are left out."""
    found: dict[str, dict[Signature, None]] = {}
    required: dict[Node, frozenset[str]] = {}
    for template in sentences.templates:
        block = template.block
        if block.custom or block.intent in UNCALLED:
            continue
        its = found.setdefault(block.intent, {})
        for one in _of(template, _required(template.node, required)):
            its.setdefault(one)
    return {intent: tuple(_merged(its)) for intent, its in sorted(found.items())}


def _required(node: Node, known: dict[Node, frozenset[str]]) -> frozenset[str]:
    """Slots that every sentence of a template fills."""
    if node not in known:
        slots = frozenset[str]()
        if isinstance(node, ListNode):
            slots = frozenset([node.slot] if node.slot else [])
        elif isinstance(node, Sequence | Permutation | Choice):
            parts = [_required(item, known) for item in node.items]
            if parts:
                slots = parts[0].intersection(*parts) if isinstance(node, Choice) else slots.union(*parts)
        known[node] = slots
    return known[node]


def _of(template: Template, required: frozenset[str]) -> Iterator[Signature]:
    fixed = template.block.slots
    said: dict[str, list[ListSource]] = {}
    for one in nodes_in(template.node):
        if isinstance(one, ListNode) and one.slot and one.slot not in fixed:
            said.setdefault(one.slot, []).append(one.source)
    if not UNTOLD.isdisjoint({*said, *fixed}):
        return
    values: dict[str, Values] = {slot: (value,) for slot, value in fixed.items()}
    values |= {slot: _values(sources) for slot, sources in said.items()}
    optional = sorted(said.keys() - required - UNTOLD)
    for more in chain.from_iterable(combinations(optional, size) for size in range(len(optional) + 1)):
        slots = _told({*fixed, *(required & said.keys()), *more}, values)
        yield Signature(tuple((slot, values[slot]) for slot in sorted(slots, key=slot_order)))


def _told(slots: set[str], values: Mapping[str, Values]) -> set[str]:
    """Slots without those that others make needless."""
    if values.get(NAME) == HOME and NAME in slots:
        return {slot for slot in slots if slot == NAME or slot not in TARGETS}
    return slots - {FLOOR} if AREA in slots else slots


def _values(sources: Iterable[ListSource]) -> Values:
    found: dict[SlotValue, None] = {}
    for source in sources:
        if isinstance(source, HomeList):
            return HOME
        if isinstance(source, TextList):
            found |= dict.fromkeys(one.template if one.value is None else one.value for one in source.values)
        elif isinstance(source, RangeList):
            found |= dict.fromkeys(map(source.value, source.numbers()))
        else:
            return FREE
    return tuple(found)


def _merged(some: Iterable[Signature]) -> Iterable[Signature]:
    """Signatures with the same slots that differ in what one of them may be, as one."""
    found = list(dict.fromkeys(some))
    longest = max((len(one.slots) for one in found), default=0)
    for at in reversed(range(longest)):
        groups: dict[object, Signature] = {}
        for one in found:
            key: object = one
            if at < len(one.slots) and isinstance(one.slots[at][1], tuple):
                slot = one.slots[at][0]
                key = slot, one.without(slot), tuple(name for name, _ in one.slots)
                if key in groups:
                    one = _joined(groups[key], one, at)
            groups[key] = one
        found = list(groups.values())
    return found


def _joined(one: Signature, other: Signature, at: int) -> Signature:
    slot, values = one.slots[at]
    more = other.slots[at][1]
    assert isinstance(values, tuple)
    assert isinstance(more, tuple)
    both = tuple(dict.fromkeys((*values, *more)))
    return Signature((*one.slots[:at], (slot, both), *one.slots[at + 1 :]))
