"""From the words of a slot to its value, by the lists that the templates of the same intent use for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from paige.models.grammar.automaton import Values as ListUse
from paige.models.grammar.lists import HomeList, ListSource, TextList, WildcardList
from paige.models.grammar.matching import ListMatcher
from paige.models.grammar.tokens import Tokens
from paige.models.intent import SlotValue
from paige.models.nlu.frame import Frame
from paige.models.nlu.likeness import Sounds, Words
from paige.models.nlu.names import ENOUGH, MARGIN
from paige.models.nlu.shapes import Shapes
from paige.models.nlu.slots import ABSOLUTE, AMOUNT, DOWN, GOAL, LEVEL, STEP
from paige.models.nlu.tags import Span
from paige.models.nlu.wording import Wording

_BEHIND: Final = 2
"""A unit stands at most so many words behind its number: "20 degrees celsius"."""


@dataclass(frozen=True, slots=True)
class Value:
    """What some words give a slot."""

    slot: str
    value: SlotValue
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Amount:
    """How a number is meant: the intent that it makes of a sentence, and the slot that it fills."""

    intent: str
    slot: str
    is_step: bool
    is_bare: bool = False
    """No word tells whether it is to be reached, or more or less of it."""


class ValueReader:
    """Reads the values of slots in one language.

    Args:
        shapes: The lists of each intent.
        matcher: Finds values of lists in words.
        wording: Tells a level from a step.
        sounds: Of the language.
    """

    def __init__(self, shapes: Shapes, matcher: ListMatcher, wording: Wording, sounds: Sounds) -> None:
        self._shapes = shapes
        self._matcher = matcher
        self._wording = wording
        self._sounds = sounds
        self._words: dict[tuple[str, ...], Words] = {}

    def amount(self, frame: Frame, span: Span) -> Amount | None:
        """How a number of a sentence is meant; None where its intent has no place for one."""
        _, begin, end = span
        goal, step = GOAL.get(frame.intent), STEP.get(frame.intent)
        before = {frame.words[max(0, begin - count) : begin] for count in (1, 2)}
        if step is None or not before.isdisjoint(self._wording.goal):
            absolute = ABSOLUTE.get(frame.intent, frame.intent)
            goal = GOAL.get(absolute)
            return None if goal is None else Amount(absolute, goal, False)
        by = not before.isdisjoint(self._wording.step) or not frame.words[begin:end]
        if goal is None or by or step in frame.traits:
            return Amount(frame.intent, step, True)
        return Amount(frame.intent, goal, False, is_bare=True)

    def read(self, intent: str, span: Span, sentence: Tokens, *, down: bool = False) -> Value | None:
        """What the words of a span give a slot of an intent.

        Args:
            intent: Its name.
            span: The slot and its words.
            sentence: All words.
            down: Whether a step goes down.

        Returns:
            None where these words are no value of the slot. Where it is another slot of the same intent that
            has them ("warm white" is no colour, but a temperature of light), that one.
        """
        slot, begin, end = span
        own = self._shapes.lists(intent, slot)
        found = self._longest(own, sentence.words[begin:end], self._sign(slot, down=down))
        if found is not None:
            return self._value(slot, found, begin, sentence)
        alike = self._alike(own, sentence.words[begin:end])
        if alike is not None:
            return Value(slot, alike, begin, end)
        if any(isinstance(source, WildcardList) or _says_itself(source) for source in own):
            return self._elsewhere(intent, span, sentence) or Value(
                slot, sentence.between(begin, end), begin, end
            )
        return self._elsewhere(intent, span, sentence)

    def unit(self, intent: str, behind: Value, known: Sequence[str], sentence: Tokens) -> Iterator[Value]:
        """What stands right behind a value and is said of it, such as its unit.

        Args:
            intent: Its name.
            behind: The value.
            known: Slots that the model finds by itself.
            sentence: All words.
        """
        for slot in sorted(self._shapes.slots(intent) - set(known)):
            if not slot.startswith(behind.slot):
                continue
            sources = tuple(one for one in self._shapes.lists(intent, slot) if isinstance(one, TextList))
            for at in range(behind.end, min(behind.end + _BEHIND, len(sentence.words))):
                found = self._longest(sources, sentence.words[at:], None, anywhere=False)
                if found is not None:
                    yield self._value(slot, found, at, sentence)
                    break

    def _alike(self, sources: Sequence[ListSource], words: Sequence[str]) -> SlotValue | None:
        """The value that sounds or is written most like a word, where that is clear: red for "read"."""
        if len(words) != 1:
            return None
        values = {
            value.template: value.value
            for source in sources
            if isinstance(source, TextList) and _says_itself(source)
            for value in source.values
        }
        key = tuple(values)
        if key not in self._words:
            self._words[key] = Words(key, self._sounds)
        near = sorted(self._words[key].near(words[0]), key=lambda one: -one[1])
        clear = near and near[0][1] >= ENOUGH and (len(near) < 2 or near[1][1] <= near[0][1] - MARGIN)
        return values[near[0][0]] if clear else None

    def _sign(self, slot: str, *, down: bool) -> int | None:
        return None if slot not in STEP.values() else -1 if down else 1

    def _elsewhere(self, intent: str, span: Span, sentence: Tokens) -> Value | None:
        slot, begin, end = span
        words = sentence.words[begin:end]
        if slot in LEVEL.values():  # all of them are percentages; some have more words for them
            for other, level in LEVEL.items():
                found = self._longest(self._shapes.lists(other, level), words, None)
                if found is not None:
                    return self._value(slot, found, begin, sentence)
        if slot in LEVEL.values() or slot in STEP.values():
            return None
        for other in sorted(self._shapes.slots(intent) - {slot}):
            sources = tuple(one for one in self._shapes.lists(intent, other) if isinstance(one, TextList))
            found = self._longest(sources, words, None)
            if found is not None and found[1] - found[0] == len(words):
                return self._value(other, found, begin, sentence)
        return None

    def _longest(
        self, sources: Sequence[ListSource], words: Sequence[str], sign: int | None, *, anywhere: bool = True
    ) -> tuple[int, int, SlotValue | None] | None:
        """The longest value among some words, the first of equals: where it begins and ends, and it."""
        best: tuple[int, int, SlotValue | None] | None = None
        for at in range(len(words) if anywhere else min(1, len(words))):
            for source in sources:
                if isinstance(source, HomeList | WildcardList):
                    continue
                for end, candidates in self._matcher.matches(ListUse(source), words, at):
                    if end - at < len(words) and _says_itself(source):
                        continue  # "dark green" is not the green of the list
                    value = candidates[0].value
                    if sign is not None and (not isinstance(value, int | float) or value * sign <= 0):
                        continue
                    if best is None or end - at > best[1] - best[0]:
                        best = at, end, value
        return best

    def _value(self, slot: str, found: tuple[int, int, SlotValue | None], at: int, sentence: Tokens) -> Value:
        begin, end, value = found
        said = sentence.between(at + begin, at + end)
        return Value(slot, said if value is None else value, at + begin, at + end)


def goes_down(frame: Frame, slot: str) -> bool:
    """Whether a step of a sentence goes down."""
    return frame.traits.get(slot) == DOWN


def is_amount(frame: Frame, span: Span) -> bool:
    """Whether a span is a number that a level or step may have."""
    return span[0] == AMOUNT or (span[0] == GOAL.get(frame.intent) and frame.intent in STEP)


def _says_itself(source: ListSource) -> bool:
    """Whether values of a list are what is said, so that what it lacks is a value, too: a rarer colour."""
    return isinstance(source, TextList) and all(value.value == value.template for value in source.values)
