"""Which of several readings of a sentence is meant.

The first of these that tells two readings apart decides:

1. the user's own sentences before packaged ones, as Home Assistant has it;
2. fewer wildcards, then fewer words taken by them;
3. fewer filler words ("please") left out;
4. no contradiction: an entity that is named together with an area or floor stands there;
5. more words taken by the names of entities: "bedroom lamp" is the lamp of that name, not the lamps of the
   bedroom;
6. more words that the template itself says;
7. more slots: the narrower target;
8. the sentence that stands first in its file, and the file that comes first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from paige.models.grammar.lists import AREA, FLOOR, NAME, HomeList
from paige.models.grammar.matching import Candidate
from paige.models.grammar.parser import Reading, Slot
from paige.models.grammar.sentences import Block, Requirement, Template
from paige.models.grammar.tokens import Tokens, says_any
from paige.models.intent import Intent, SlotValue

_MOST_COMBINATIONS = 64
_PLACES = (AREA, FLOOR)

Rank = tuple[int, ...]
"""Lower is better."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A reading as an intent."""

    rank: Rank
    intent: Intent


def interpretations(
    reading: Reading, templates: Sequence[Template], sentence: Tokens, here: str | None
) -> Iterator[Ranked]:
    """What a reading may mean: an intent for each of its templates whose conditions hold."""
    for number in reading.templates:
        template = templates[number]
        block = template.block
        if block.keywords and not says_any(block.keywords, sentence.words):
            continue
        chosen = _chosen(reading.slots, block, here)
        if chosen is None:
            continue
        contradictions, candidates, context = chosen
        slots = _slots(reading.slots, candidates, sentence)
        for name, value in block.slots.items():
            slots.setdefault(name, value)
        for requirement in block.requires:
            if requirement.slot and requirement.key in context:
                slots.setdefault(requirement.slot, context[requirement.key])
        rank = (not block.custom, *_rank(reading, contradictions), -len(slots), number)
        fixed = _fixed(block.requires, candidates)
        spans = {slot.symbol.slot: (slot.start, slot.end) for slot in reading.slots if slot.symbol.slot}
        intent = Intent(
            block.intent,
            slots,
            1.0,
            sentence.given,
            block.response,
            template.text,
            spans,
            context=fixed,
            free=frozenset(slot.symbol.slot for slot in reading.slots if slot.free and slot.symbol.slot),
        )
        yield Ranked(rank, intent)


def _rank(reading: Reading, contradictions: int) -> Rank:
    wild = [slot.end - slot.start for slot in reading.slots if slot.wild]
    named = sum(slot.end - slot.start for slot in reading.slots if _is_home(slot, NAME))
    return (len(wild), sum(wild), reading.skipped, contradictions, -named, -reading.literal)


def _chosen(
    slots: Sequence[Slot], block: Block, here: str | None
) -> tuple[int, list[tuple[Candidate, ...]], Mapping[str, str]] | None:
    """Candidates of each slot that the block's conditions allow, how many contradict what else was said."""
    allowed = []
    for slot in slots:
        fitting = tuple(one for one in slot.candidates if fits(one, block))
        if slot.candidates and not fitting:
            return None
        allowed.append(fitting)
    best: tuple[int, tuple[Candidate, ...], dict[str, str]] | None = None
    speaker = {} if here is None else {AREA: here}
    for combination in islice(product(*(one or (Candidate(None),) for one in allowed)), _MOST_COMBINATIONS):
        context = dict(speaker)
        for candidate in combination:
            context.update((key, value) for key, value in candidate.context.items() if key not in _PLACES)
        if not _holds(block, context):
            continue
        contradictions = _contradictions(slots, combination)
        if best is None or contradictions < best[0]:
            best = (contradictions, combination, context)
    if best is None:
        return None
    return best[0], _alike(slots, allowed, best[1], best[0]), best[2]


def _alike(
    slots: Sequence[Slot],
    allowed: Sequence[tuple[Candidate, ...]],
    chosen: Sequence[Candidate],
    contradictions: int,
) -> list[tuple[Candidate, ...]]:
    """For each slot the candidates that fit as well as the chosen one, that one first."""
    found = []
    for at, candidates in enumerate(allowed):
        others = []
        for candidate in candidates:
            combination = [*chosen[:at], candidate, *chosen[at + 1 :]]
            if candidate is not chosen[at] and _contradictions(slots, combination) <= contradictions:
                others.append(candidate)
        found.append((chosen[at], *others) if candidates else ())
    return found


def fits(candidate: Candidate, block: Block) -> bool:
    """Whether a block's conditions allow a value, as far as the value itself says."""
    context = candidate.context
    for requirement in block.requires:
        if requirement.allowed is not None and requirement.key not in _PLACES:
            value = context.get(requirement.key)
            if value is not None and value not in requirement.allowed:
                return False
    return not any(_excluded(requirement, context) for requirement in block.excludes)


def _excluded(requirement: Requirement, context: Mapping[str, str]) -> bool:
    if requirement.key not in context:
        return False
    return requirement.allowed is None or context[requirement.key] in requirement.allowed


def _holds(block: Block, context: Mapping[str, str]) -> bool:
    for requirement in block.requires:
        value = context.get(requirement.key)
        if value is None or (requirement.allowed is not None and value not in requirement.allowed):
            return False
    return not any(_excluded(requirement, context) for requirement in block.excludes)


def _contradictions(slots: Sequence[Slot], combination: Sequence[Candidate]) -> int:
    """Entities that do not stand in the area, or on the floor, that was said with them."""
    said = {
        place: candidate.value
        for slot, candidate in zip(slots, combination, strict=True)
        for place in _PLACES
        if _is_home(slot, place)
    }
    if not said:
        return 0
    return sum(
        candidate.context.get(place, value) != value
        for slot, candidate in zip(slots, combination, strict=True)
        if _is_home(slot, NAME)
        for place, value in said.items()
    )


def _slots(
    slots: Sequence[Slot], candidates: Sequence[tuple[Candidate, ...]], sentence: Tokens
) -> dict[str, SlotValue]:
    found: dict[str, SlotValue] = {}
    for slot, alike in zip(slots, candidates, strict=True):
        if slot.symbol.slot is None:
            continue
        value = alike[0].value if alike else None
        if len({candidate.value for candidate in alike}) > 1 and isinstance(slot.symbol.source, HomeList):
            # Several things are called so: what was said, and not one of their names, is what is known.
            value = alike[0].spoken
        found[slot.symbol.slot] = sentence.between(slot.start, slot.end) if value is None else value
    return found


def _fixed(requires: Sequence[Requirement], candidates: Sequence[tuple[Candidate, ...]]) -> Mapping[str, str]:
    """What the template demands of its targets, where that is one value."""
    fixed: dict[str, str] = {}
    for requirement in requires:
        if requirement.allowed is None:
            continue
        known = {
            one.context[requirement.key]
            for alike in candidates
            for one in alike
            if requirement.key in one.context
        }
        values = known & requirement.allowed or requirement.allowed
        if len(values) == 1:
            fixed[requirement.key] = next(iter(values))
    return fixed


def _is_home(slot: Slot, name: str) -> bool:
    return isinstance(slot.symbol.source, HomeList) and slot.symbol.source.name == name
