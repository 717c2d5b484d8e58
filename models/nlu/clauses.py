"""A sentence with several commands, cut into them.

The first of these that reads the whole sentence wins:

1. the sentence as one command, unless what makes it one is a slot of any words that reaches over a connective
   ("play jazz and turn off the lamp"), in it or in a command inside ("how is [the weather and start] timer"
   in an hour);
2. commands side by side, each of which is understood by itself, with the parts of lists ("turn on the kitchen
   and bedroom lights") each put into the words around them; what is left out ("… except the fan") goes to the
   command before it;
3. as one command after all ("play rock and roll").

A sentence of which a part is not understood is refused whole: half of a request is another request.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Final

from paige.models.grammar.language import Language
from paige.models.grammar.tokens import Tokens, tokenize
from paige.models.intent import Intent, NotRecognized, SlotValue
from paige.models.nlu.connectives import Connectives, Part
from paige.models.nlu.slots import CLOCK
from paige.models.nlu.wording import Wording
from paige.models.vocabulary import Vocabulary

Understand = Callable[[str], Intent | NotRecognized]
"""What one command means."""

Refer = Callable[[str, Sequence[Intent]], Sequence[Intent]]
"""What a sentence about "it" asks, after some commands; nothing where it is about something else."""

TARGETS: Final = frozenset({"name", "area", "floor", "domain", "device_class"})
"""Slots that say whom a command is about."""
_MOST_PARTS = 12
"""A sentence with more parts is nobody's command."""
_MOST_LISTED_WORDS = 12
"""The first and last part of a list with words around it have at most so many."""

_Range = tuple[int, int]


class Clauses:
    """Cuts sentences into commands, in the language of one home.

    Args:
        connectives: Where a sentence may be cut.
        understand: What one command means.
        vocabulary: The names of the home.
        refer: What a part about "it" asks, after the parts before it.
    """

    def __init__(
        self,
        connectives: Connectives,
        understand: Understand,
        vocabulary: Vocabulary,
        refer: Refer = lambda text, before: (),
    ) -> None:
        self._connectives = connectives
        self._understand = understand
        self._vocabulary = vocabulary
        self._refer = refer
        self._exceptions: Language | None = None

    def parse(self, text: str, before: Sequence[Intent] = ()) -> tuple[Intent, ...] | NotRecognized:
        """The commands of a sentence, in their order; one for most.

        Args:
            text: The sentence.
            before: The commands of the sentence before; a part about "it" may be about what those were about.
        """
        whole = self._understand(text)
        if isinstance(whole, Intent) and not _is_open(whole, self._understand):
            return (whole,)
        tokens = tokenize(text)
        parts = self._connectives.parts(tokens)
        cut = len(parts) > 1 or (parts and parts[0].end - parts[0].begin < len(tokens.words))
        if not cut or len(parts) > _MOST_PARTS:
            return (whole,) if isinstance(whole, Intent) else whole
        wording = Wording.for_language(self._connectives.exceptions.language)
        search = _Search(
            tokens, parts, self._understand, self._except, self._refer, self._vocabulary, wording
        )
        found = next(search.read(0, tuple(before)), None)
        if found is not None:
            return found
        return (whole,) if isinstance(whole, Intent) else replace(whole, part=search.not_understood())

    def _except(self, text: str) -> Mapping[str, SlotValue] | None:
        """What a part leaves out of the command before it; None where it is no such part."""
        if self._exceptions is None:
            self._exceptions = Language(self._connectives.exceptions, self._vocabulary)
        found = self._exceptions.parse(text)
        return found.slots if isinstance(found, Intent) else None


@dataclass(slots=True)
class _Search:
    """The readings of one sentence, the likeliest first."""

    tokens: Tokens
    parts: Sequence[Part]
    understand: Understand
    leaves_out: Callable[[str], Mapping[str, SlotValue] | None]
    refer: Refer
    vocabulary: Vocabulary
    wording: Wording
    furthest: int = 0
    """Up to which part all could be read."""

    def __post_init__(self) -> None:
        understand, known = self.understand, dict[str, Intent | NotRecognized]()

        def once(text: str) -> Intent | NotRecognized:
            if text not in known:
                known[text] = understand(text)
            return known[text]

        self.understand = once

    def read(self, start: int, before: tuple[Intent, ...] = ()) -> Iterator[tuple[Intent, ...]]:
        """The readings of all parts from `start` on, behind the commands `before` them."""
        self.furthest = max(self.furthest, start)
        if start == len(self.parts):
            yield ()
            return
        for first, end in self._first(start, before):
            for intents, after in self._with_exceptions(first, end):
                for rest in self.read(after, (*before, *intents)):
                    yield (*intents, *rest)

    def _first(self, start: int, before: Sequence[Intent]) -> Iterator[tuple[tuple[Intent, ...], int]]:
        """What may be read first, and up to which part."""
        if before:
            referring = self.refer(self._text(self._stretch(start, start + 1)), before)
            if referring:
                yield tuple(referring), start + 1
        ways = [self._alone(start), self._lists(start)]
        if self._ends_with_sentence(self.parts[start]) or self._is_bare(start + 1):
            ways.reverse()
        for way in ways:
            yield from way
        for end in range(start + 2, len(self.parts) + 1):
            intent = self.understand(self._text(self._stretch(start, end)))
            if isinstance(intent, Intent) and _is_open(intent, self.understand):
                yield (intent,), end

    def _alone(self, start: int) -> Iterator[tuple[tuple[Intent, ...], int]]:
        for end in range(len(self.parts), start, -1):
            intent = self.understand(self._text(self._stretch(start, end)))
            if isinstance(intent, Intent) and (end - start == 1 or not _is_open(intent, self.understand)):
                yield (intent,), end

    def _lists(self, start: int) -> Iterator[tuple[tuple[Intent, ...], int]]:
        for end in range(len(self.parts), start + 1, -1):
            listed = self._list(start, end)
            if listed is not None:
                yield listed, end

    def _is_bare(self, number: int) -> bool:
        """Whether a part says a name and no more: a command by itself, but rather one of a list."""
        if number >= len(self.parts):
            return False
        part = self.parts[number]
        intent = self.understand(self._text((part.begin, part.end)))
        if not isinstance(intent, Intent) or intent.free:
            return False
        said = sum(end - begin for slot, (begin, end) in intent.spans.items() if slot in TARGETS)
        return said == len(self.wording.without_articles(self.tokens.words[part.begin : part.end]))

    def _ends_with_sentence(self, part: Part) -> bool:
        """Whether a command ends with another, which a list may go on: "in ten minutes turn off the lamp"."""
        intent = self.understand(self._text((part.begin, part.end)))
        return isinstance(intent, Intent) and any(
            isinstance(self.understand(sentence), Intent)
            for sentence in _sentences(intent, part.end - part.begin)
        )

    def _with_exceptions(
        self, intents: tuple[Intent, ...], end: int
    ) -> Iterator[tuple[tuple[Intent, ...], int]]:
        """Commands with what the parts behind them leave out, and those parts' end; then without."""
        for after in range(len(self.parts), end, -1):
            left_out = self._left_out(end, after)
            if left_out is not None:
                everything = tuple(self._without(intent, left_out) for intent in intents)
                yield from self._with_exceptions(everything, after)
        yield intents, end

    def _without(self, intent: Intent, left_out: tuple[Mapping[str, SlotValue], ...]) -> Intent:
        """A command without what is left out. If that is elsewhere, more than the room here is meant."""
        area = intent.slots.get("area")
        if area is not None and "area" not in intent.spans and _elsewhere(left_out, area, self.vocabulary):
            slots = {slot: value for slot, value in intent.slots.items() if slot != "area"}
            intent = replace(intent, slots=slots)
        return replace(intent, excluded=(*intent.excluded, *left_out))

    def _left_out(self, start: int, end: int) -> tuple[Mapping[str, SlotValue], ...] | None:
        """What the parts from `start` to `end` leave out, one or a list."""
        first = self.parts[start]
        whole = self._text((first.before, self.parts[end - 1].end))
        one = self.leaves_out(whole)
        if one is not None or end - start == 1:
            return None if one is None else (one,)
        for elements, around in self._coordinations(start, end, first.before):
            found = [self.leaves_out(self._text(around[0], element, around[1])) for element in elements]
            if None not in found:
                return tuple(one for one in found if one is not None)
        return None

    def _list(self, start: int, end: int) -> tuple[Intent, ...] | None:
        """The parts from `start` to `end` as a list with the same words around each of its elements.

        Of several ways that in which the home has most of what is said, then that with most words in common.
        """
        if not all(part.listed for part in self.parts[start + 1 : end]):
            return None
        best: tuple[int, tuple[Intent, ...]] | None = None
        for elements, around in self._coordinations(start, end, self.parts[start].begin):
            found = self._each(self._text(around[0], element, around[1]) for element in elements)
            if found is None or any(map(_splits_clock, found, elements, repeat(around[0]))):
                continue
            impossible = sum(not self._is_possible(intent) for intent in found)
            if best is None or impossible < best[0]:
                best = (impossible, found)
            if not impossible:
                break
        return None if best is None else best[1]

    def _each(self, texts: Iterable[str]) -> tuple[Intent, ...] | None:
        """What each of them means; None where one means nothing, or has room for any words."""
        found = []
        for text in texts:
            intent = self.understand(text)
            if not isinstance(intent, Intent) or _is_open(intent, self.understand):
                return None
            found.append(intent)
        return tuple(found)

    def _is_possible(self, intent: Intent) -> bool:
        inner = (self.understand(sentence) for sentence in _sentences(intent))
        return is_possible(intent, self.vocabulary) and all(
            is_possible(one, self.vocabulary) for one in inner if isinstance(one, Intent)
        )

    def _coordinations(
        self, start: int, end: int, begin: int
    ) -> Iterator[tuple[list[_Range], tuple[_Range, _Range]]]:
        """Elements of a list, and the words around all of them; with most words in common first.

        Args:
            start: The first part.
            end: Behind the last part.
            begin: Where the words before the first element begin.
        """
        first, last = self.parts[start], self.parts[end - 1]
        inner = [(part.begin, part.end) for part in self.parts[start + 1 : end - 1]]
        ends = range(max(last.begin + 1, last.end - _MOST_LISTED_WORDS), last.end + 1)
        begins = range(max(begin + 1, first.end - _MOST_LISTED_WORDS), first.end)
        ways = [(left, right) for left in begins for right in ends]
        ways.sort(key=lambda way: (way[1] - way[0], -way[0]))
        for left, right in ways:
            yield (
                [(left, first.end), *inner, (last.begin, right)],
                ((begin, left), (right, last.end)),
            )

    def _stretch(self, start: int, end: int) -> _Range:
        return self.parts[start].begin, self.parts[end - 1].end

    def _text(self, *ranges: _Range) -> str:
        return " ".join(self.tokens.between(begin, end) for begin, end in ranges if begin < end)

    def not_understood(self) -> str:
        """The part without which the sentence would be understood; empty where nothing of it is."""
        if self.furthest == 0 and not any(
            isinstance(self.understand(self._text((part.begin, part.end))), Intent) for part in self.parts[1:]
        ):
            return ""
        part = self.parts[min(self.furthest, len(self.parts) - 1)]
        return self._text((part.begin, part.end))


def _elsewhere(left_out: Iterable[Mapping[str, SlotValue]], here: SlotValue, vocabulary: Vocabulary) -> bool:
    """Whether any of what is left out is not in the area `here`."""
    return any(
        one.get("area", here) != here
        or "floor" in one
        or any(
            name.value == one["name"] and name.context.get("area", here) != here
            for name in (vocabulary.entities if "name" in one else ())
        )
        for one in left_out
    )


def _is_open(intent: Intent, understand: Understand) -> bool:
    """Whether it, or a command within it, has a slot of any words."""
    inner = map(understand, _sentences(intent))
    return bool(intent.free) or any(isinstance(one, Intent) and one.free for one in inner)


def _splits_clock(intent: Intent, element: _Range, before: _Range) -> bool:
    """Whether an hour got its minute from elsewhere: in "at 7 am and 8 am" nothing is at 7:08.

    Args:
        intent: What an element of a list means, with the words around the list.
        element: Its words in the sentence.
        before: The words before the list.
    """
    hour, minute = (intent.spans.get(CLOCK + part) for part in ("hour", "minute"))
    if hour is None or minute is None:
        return False
    begin = before[1] - before[0]
    end = begin + element[1] - element[0]
    return any((hour[0] < place) != (minute[0] < place) for place in (begin, end))


def _sentences(intent: Intent, end: int | None = None) -> Iterator[str]:
    """What may be commands within a command; with `end`, those that begin later and end there."""
    for slot, span in intent.spans.items():
        if (
            slot not in intent.free
            and slot not in TARGETS
            and (end is None or (span[0] > 0 and span[1] == end))
        ):
            yield str(intent.slots.get(slot, ""))


def is_possible(intent: Intent, vocabulary: Vocabulary) -> bool:
    """Whether the home has anything of what is said of the targets, all of it together."""
    said = {slot: value for slot, value in {**intent.context, **intent.slots}.items() if slot in TARGETS}
    name = said.pop("name", None)
    if name is None and not said.keys() - {"domain"}:
        return True
    return any(
        (name is None or name in (one.value, one.spoken))
        and all(one.context.get(slot, value) == value for slot, value in said.items())
        for one in vocabulary.entities
    )
