"""What a frame is about: its names, areas and floors as the home has them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from paige.models.grammar.automaton import Values as ListUse
from paige.models.grammar.lists import AREA, FLOOR, NAME, TextList
from paige.models.grammar.matching import ListMatcher
from paige.models.grammar.tokens import Tokens, Words, words_of
from paige.models.intent import SlotValue
from paige.models.nlu.frame import Frame
from paige.models.nlu.home_names import HomeNames
from paige.models.nlu.meanings import MeaningOf
from paige.models.nlu.names import Candidate, Fits, Found, narrowed, values
from paige.models.nlu.shapes import DEVICE_CLASS, DOMAIN, PLACES, Shapes
from paige.models.nlu.slots import SWITCHING
from paige.models.nlu.tags import Span
from paige.models.nlu.wording import Wording

_WIDER: Final = ((1, 0), (0, 1), (1, 1), (0, 2))
"""How many words before and behind a span it may go on, in the order in which that is tried."""
_LONGEST_NAME: Final = 6
"""Words of a thing's name that is found although the model cut it."""
_LONGEST_PLACE: Final = 4
"""Words of a place's name that is found although the model overlooked it."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """How one name was looked up, for explanation."""

    slot: str
    said: str
    found: Found | None
    """None where it was not looked up, because it says a kind of thing or no certain place."""
    outcome: str
    """`clear`, `ambiguous`, `near`, `unknown`, `kind`, `here` or `whole_home`."""
    chosen: tuple[Candidate, ...] = ()
    """What it may be, after what else was said is counted."""


@dataclass(slots=True)
class Targets:
    """What is found, while it is found."""

    slots: dict[str, SlotValue] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    guessed: frozenset[str] = frozenset()
    """Slots whose choices are only near in meaning."""
    context: Mapping[str, str] = field(default_factory=dict)
    """What is known of the thing that was named, or of all that it may be."""
    lookups: list[Lookup] = field(default_factory=list)
    whole_home: bool = False
    """Whether the whole home was said."""
    here: bool = False
    """Whether it was said to be where the speaker is."""
    untold: frozenset[int] = frozenset()
    """Where the words stand that say neither a name nor anything else that a slot has."""
    beside: Words = ()
    """Those words."""


class TargetFinder:
    """Finds what frames are about, for one home and one place of the speaker.

    Args:
        shapes: What intents can be about.
        matcher: Finds words for kinds of things in the lists of an intent.
        names: The home's.
        wording: The language's.
        here: The main name of the speaker's area, where that is known.
        meaning_of: What words mean; None where nothing is looked up by that.
    """

    def __init__(
        self,
        shapes: Shapes,
        matcher: ListMatcher,
        names: HomeNames,
        wording: Wording,
        here: str | None,
        meaning_of: MeaningOf | None = None,
    ) -> None:
        self._meaning_of = meaning_of
        self._shapes = shapes
        self._matcher = matcher
        self._names = names
        self._wording = wording
        self._here = here

    def find(self, frame: Frame, spans: Mapping[str, Span], sentence: Tokens) -> Targets:
        """What a frame is about.

        Args:
            frame: As the model found it.
            spans: Its spans of names and places.
            sentence: Its words.
        """
        untold = _untold(len(sentence.words), frame.spans)
        targets = Targets(untold=untold, beside=tuple(sentence.words[at] for at in sorted(untold)))
        spans = self._with_exact_name(frame, spans, sentence, targets)
        overlooked = () if {AREA, FLOOR} & spans.keys() else self._overlooked(targets.untold, sentence)
        targets.here = not overlooked and _has(targets.beside, self._wording.here)
        for span in (*(spans[slot] for slot in (AREA, FLOOR) if slot in spans), *overlooked):
            if NAME in spans or not self._thing_instead(frame, span, sentence, targets):
                self._place(span, sentence, targets)
        if NAME in spans:
            self._name(frame, spans[NAME], sentence, targets)
        return targets

    def _with_exact_name(
        self, frame: Frame, spans: Mapping[str, Span], sentence: Tokens, targets: Targets
    ) -> Mapping[str, Span]:
        """The spans, with the longest name of a thing that was said as it is where the model cut it.

        "Bedroom lamp" is the lamp of that name, and not the lamps of the bedroom, as for the templates.
        """
        open_to = targets.untold | {at for _, begin, end in spans.values() for at in range(begin, end)}
        count = len(sentence.words)
        for size in range(min(_LONGEST_NAME, count), 0, -1):
            for begin in range(count - size + 1):
                at = frozenset(range(begin, begin + size))
                words = sentence.words[begin : begin + size]
                if (
                    not at <= open_to
                    or not self._names.entities.has(words)
                    or words in self._wording.articles
                ):
                    continue
                covered = {slot for slot, span in spans.items() if at & set(range(*span[1:]))}
                wider = all(at > set(range(*spans[slot][1:])) for slot in covered)
                if not wider or (NAME in spans and NAME not in covered):
                    continue
                found = self._names.entities.find(words, partial(self._fits, frame, beside=targets.beside))
                if any(self._fits(frame, one.context, beside=targets.beside) for one in found.chosen):
                    targets.untold -= at
                    targets.beside = tuple(sentence.words[place] for place in sorted(targets.untold))
                    kept = {slot: span for slot, span in spans.items() if slot not in covered}
                    return {**kept, NAME: (NAME, begin, begin + size)}
        return spans

    def _overlooked(self, untold: frozenset[int], sentence: Tokens) -> tuple[Span, ...]:
        """The longest name of a place among the words that the model took for nothing.

        Who says "upstairs" does not mean the whole house.
        """
        count = len(sentence.words)
        for size in range(min(_LONGEST_PLACE, count), 0, -1):
            for begin in range(count - size + 1):
                words = sentence.words[begin : begin + size]
                if untold.issuperset(range(begin, begin + size)) and self._is_known(words):
                    return ((AREA, begin, begin + size),)
        return ()

    def _thing_instead(self, frame: Frame, span: Span, sentence: Tokens, targets: Targets) -> bool:
        """Take words for a thing's name that were found to be a place's, where the home has no such place."""
        _, begin, end = span
        words = self._wording.without_articles(sentence.words[begin:end])
        if words in self._wording.whole_home | self._wording.here or self._places(words)[1].chosen:
            return False
        found = self._names.entities.find(words, partial(self._fits, frame, beside=targets.beside))
        if found.chosen:
            self._name(frame, (NAME, begin, end), sentence, targets)
        return bool(found.chosen)

    def _places(self, words: Words, likely: str = AREA) -> tuple[str, Found]:
        """The areas or floors that words may mean: which one the home has decides, then what is likely."""
        found = {
            AREA: self._names.areas.find(words, _any),
            FLOOR: self._names.floors.find(words, _any),
        }
        best = max(found, key=lambda place: (found[place].score, place == likely))
        return best, found[best]

    def _place(self, span: Span, sentence: Tokens, targets: Targets) -> None:
        slot, begin, end = span
        words = self._wording.without_articles(sentence.words[begin:end])
        said = sentence.between(end - len(words), end)
        known = self._is_known(words)
        if not known and words in self._wording.whole_home:
            targets.whole_home = True
            targets.lookups.append(Lookup(slot, said, None, "whole_home"))
            return
        if not known and words in self._wording.here:
            targets.here = True
            targets.lookups.append(Lookup(slot, said, None, "here"))
            return
        begin, end, found = self._widened(
            span, sentence, targets, lambda words: self._places(words, slot)[1], self._is_known
        )
        words = self._wording.without_articles(sentence.words[begin:end])
        best, _ = self._places(words, slot)
        said = sentence.between(end - len(words), end)
        self._take(best, said, (begin, end), found, found.chosen, targets)

    def _widened(
        self,
        span: Span,
        sentence: Tokens,
        targets: Targets,
        find: Callable[[Words], Found],
        has: Callable[[Words], bool],
    ) -> tuple[int, int, Found]:
        """The words of a span, with those beside it that the model overlooked where they make it clear."""
        _, begin, end = span
        best = begin, end, find(self._wording.without_articles(sentence.words[begin:end]))
        for left, right in _WIDER:
            first, last = begin - left, end + right
            beside = {*range(first, begin), *range(end, last)}
            if first < 0 or last > len(sentence.words) or not beside <= targets.untold:
                continue
            words = self._wording.without_articles(sentence.words[first:last])
            unclear = len(best[2].chosen) != 1
            if not unclear and not has(words):
                continue
            found = find(words)
            if len(found.chosen) == 1 and (found.score == 1.0 or (unclear and found.score > best[2].score)):
                best = first, last, found
        return best

    def _is_known(self, words: Words) -> bool:
        return self._names.areas.has(words) or self._names.floors.has(words)

    def _name(self, frame: Frame, span: Span, sentence: Tokens, targets: Targets) -> None:
        slot, begin, end = span
        words = self._wording.without_articles(sentence.words[begin:end])
        said = sentence.between(end - len(words), end)
        if not self._names.entities.has(words) and self._kind(frame.intent, words, targets):
            targets.spans[slot] = (begin, end)
            targets.lookups.append(Lookup(slot, said, None, "kind"))
            return
        beside = self._said_beside(targets)
        fits = partial(self._fits, frame, beside=targets.beside)
        begin, end, found = self._widened(
            span,
            sentence,
            targets,
            lambda words: self._names.entities.find(words, fits, beside),
            self._names.entities.has,
        )
        said = sentence.between(end - len(self._wording.without_articles(sentence.words[begin:end])), end)
        if not found.chosen and self._is_place(words, targets):
            self._place((AREA, begin, end), sentence, targets)
            return
        if len(found.chosen) != 1 and self._kind_in_place(frame.intent, (begin, end), sentence, targets):
            return
        if not found.chosen and self._near(slot, said, (begin, end), found, fits, targets):
            return
        chosen = narrowed(
            found.chosen,
            lambda context: self._stands_there(context, targets),
            lambda context: self._here is None or context.get(AREA) == self._here,
        )
        self._take(slot, said, (begin, end), found, chosen, targets)
        targets.context = _common(chosen)
        if len(chosen) == 1:
            self._drop_place_in_name(chosen[0], targets)

    def _near(
        self, slot: str, said: str, span: tuple[int, int], found: Found, fits: Fits, targets: Targets
    ) -> bool:
        """Whether names mean nearly what was said; which of them is asked.

        What is only written wrong is left to its sounds (`misheard`), which find it for less.
        """
        if self._meaning_of is None or self._names.misspelled(words_of(said)):
            return False
        near = self._names.meanings(self._meaning_of).near(words_of(said), fits)
        if not near:
            return False
        targets.slots[slot], targets.choices[slot] = said, tuple(values(near))
        targets.guessed |= {slot}
        targets.context = _common(near)
        targets.spans[slot] = span
        targets.lookups.append(Lookup(slot, said, replace(found, considered=near), "near", near))
        return True

    def _take(
        self,
        slot: str,
        said: str,
        span: tuple[int, int],
        found: Found,
        chosen: tuple[Candidate, ...],
        targets: Targets,
    ) -> None:
        known = tuple(values(chosen))
        targets.slots[slot] = known[0] if len(known) == 1 else said
        if len(known) > 1:
            exact = found.considered[0].score == 1.0
            targets.slots[slot] = chosen[0].spoken if exact else said
            targets.choices[slot] = known
        targets.spans[slot] = span
        outcome = ("unknown", "clear")[len(known)] if len(known) < 2 else "ambiguous"
        targets.lookups.append(Lookup(slot, said, found, outcome, chosen))

    def _kind(self, intent: str, words: Words, targets: Targets) -> bool:
        """Whether words say what kind of thing is meant, and no single one."""
        for slot in (DEVICE_CLASS, DOMAIN):
            for source in self._shapes.lists(intent, slot):
                if not isinstance(source, TextList) or not words:
                    continue
                for end, candidates in self._matcher.matches(ListUse(source), words, 0):
                    value = candidates[0].value
                    if end == len(words) and value is not None and self._can_be(intent, slot, value, targets):
                        targets.slots[slot] = value
                        return True
        kind = self._names.kinds.said(words)
        if kind is not None:
            targets.slots[DEVICE_CLASS] = kind.name
        return kind is not None

    def _kind_in_place(self, intent: str, span: tuple[int, int], sentence: Tokens, targets: Targets) -> bool:
        """Take words for a place and what kind of thing is meant there: "bedroom blinds"."""
        begin, end = span
        if PLACES & targets.slots.keys():
            return False
        for cut in range(begin + 1, end):
            for place, kind in (((begin, cut), (cut, end)), ((cut, end), (begin, cut))):
                words = self._wording.without_articles(sentence.words[slice(*place)])
                if self._is_known(words) and self._kind(intent, sentence.words[slice(*kind)], targets):
                    self._place((AREA, *place), sentence, targets)
                    said = sentence.between(*kind)
                    targets.lookups.append(Lookup(NAME, said, None, "kind"))
                    return True
        return False

    def _can_be(self, intent: str, slot: str, value: SlotValue, targets: Targets) -> bool:
        domain = value if slot == DOMAIN else self._shapes.domain_of_class(intent, value)
        return self.permits(intent, None if domain is None else str(domain), targets.beside)

    def _fits(self, frame: Frame, context: Mapping[str, str], *, beside: Words) -> bool:
        domain, said = context.get(DOMAIN), frame.traits.get(DOMAIN)
        if said is not None and said != domain:
            return False
        return self._shapes.allows(frame.intent, context) and self.permits(frame.intent, domain, beside)

    def permits(self, intent: str, domain: str | None, beside: Words) -> bool:
        """Whether an intent in these words can be about things of a domain."""
        return intent not in SWITCHING or self._wording.permits(domain, beside)

    def _stands_there(self, context: Mapping[str, str], targets: Targets) -> bool:
        return all(context.get(place) == targets.slots[place] for place in PLACES & targets.slots.keys())

    def _said_beside(self, targets: Targets) -> Words:
        return tuple(
            word
            for place in sorted(PLACES & targets.slots.keys())
            for word in words_of(str(targets.slots[place]))
        )

    def _is_place(self, words: Words, targets: Targets) -> bool:
        return not PLACES & targets.slots.keys() and self._is_known(words)

    def _drop_place_in_name(self, chosen: Candidate, targets: Targets) -> None:
        """A place that the thing's own name says, and where it does not stand, is no place beside it."""
        for place in PLACES & targets.slots.keys():
            said = words_of(str(targets.slots[place]))
            elsewhere = chosen.context.get(place) != targets.slots[place]
            if elsewhere and set(said) <= set(words_of(chosen.spoken)):
                del targets.slots[place], targets.spans[place]


def _common(candidates: Sequence[Candidate]) -> Mapping[str, str]:
    """What is known of all of them alike."""
    shared = set(candidates[0].context.items()) if candidates else set()
    return dict(shared.intersection(*(one.context.items() for one in candidates)))


def _untold(count: int, spans: Iterable[Span]) -> frozenset[int]:
    return frozenset(range(count)) - {at for _, begin, end in spans for at in range(begin, end)}


def _has(words: Words, phrases: Collection[Words]) -> bool:
    """Whether one of the phrases stands among some words."""
    return any(words[at : at + len(one)] == one for one in phrases for at in range(len(words)))


def _any(_context: Mapping[str, str]) -> bool:
    return True


def merged(spans: Iterable[Span]) -> dict[str, list[Span]]:
    """The spans of each slot; those that touch are one."""
    found: dict[str, list[Span]] = {}
    for slot, begin, end in sorted(spans, key=lambda span: span[1]):
        known = found.setdefault(slot, [])
        if known and known[-1][2] == begin:
            known[-1] = slot, known[-1][1], end
        else:
            known.append((slot, begin, end))
    return found
