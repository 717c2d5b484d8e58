"""From a frame to an intent of this home: values and names looked up, or why that cannot be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from paige.models.grammar.language import Language
from paige.models.grammar.lists import AREA, FLOOR, NAME, WildcardList
from paige.models.grammar.tokens import Tokens, occurrences, words_of
from paige.models.intent import Intent, NotRecognized, SlotValue, Why
from paige.models.nlu.frame import Frame
from paige.models.nlu.home_names import HomeNames
from paige.models.nlu.meanings import MeaningOf
from paige.models.nlu.references import FollowWords
from paige.models.nlu.shapes import DEVICE_CLASS, DOMAIN, PLACES, TARGETS, Shapes
from paige.models.nlu.slots import GOAL, MUTE, STEP, SWITCHING, WHEN
from paige.models.nlu.tags import Span
from paige.models.nlu.targets import Lookup, TargetFinder, Targets, merged
from paige.models.nlu.values import Value, ValueReader, goes_down, is_amount
from paige.models.nlu.whole import singly
from paige.models.nlu.wording import Wording


@dataclass(frozen=True, slots=True)
class Built:
    """What a frame became, and how."""

    result: tuple[Intent, ...] | NotRecognized
    values: tuple[Value, ...] = ()
    lookups: tuple[Lookup, ...] = ()


_ALL: Final = "all"
"""What Home Assistant's own sentences give as the name of everything."""
_DEGREES: Final = "temperature"
_MOST_A_STEP: Final = 12
"""Degrees that "drop the heat three degrees" may go down by; with no word that says which, it is no goal."""


def _may_be_step(value: Value) -> bool:
    return isinstance(value.value, int | float) and value.value <= _MOST_A_STEP


@dataclass(slots=True)
class _Draft:
    """An intent that is being made."""

    intent: str
    sentence: Tokens
    slots: dict[str, SlotValue] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    values: list[Value] = field(default_factory=list)
    lookups: list[Lookup] = field(default_factory=list)

    def take(self, value: Value) -> None:
        self.slots[value.slot] = value.value
        self.spans[value.slot] = value.begin, value.end
        self.values.append(value)

    def refused(self, why: Why) -> Built:
        refusal = NotRecognized(self.sentence.given, why=why)
        return Built(refusal, tuple(self.values), tuple(self.lookups))


class IntentBuilder:
    """Makes the intents of one home, for someone at one place in it.

    Args:
        language: Its sentences, whose rules hold for the model's intents, too.
        shapes: Of these sentences.
        names: The home's.
        tagged: Slots that the model tags.
        meaning_of: What words mean, to find names by; None where they are not found by that.
    """

    def __init__(
        self,
        language: Language,
        shapes: Shapes,
        names: HomeNames,
        tagged: Sequence[str],
        meaning_of: MeaningOf | None = None,
    ) -> None:
        code = language.sentences.language
        self._here = language.vocabulary.here
        self._shapes = shapes
        self._tagged = tuple(tagged)
        self._wording = Wording.for_language(code)
        self._values = ValueReader(shapes, language.matcher, self._wording, names.sounds)
        self._targets = TargetFinder(shapes, language.matcher, names, self._wording, self._here, meaning_of)
        self._kinds = names.kinds
        self.warm = names.warm
        follow = FollowWords.for_language(code)
        self._it = follow.pronouns | follow.plurals
        self._becoming = self._wording.becoming
        self._fillers = {word for phrase in language.sentences.skip_words for word in words_of(phrase)}

    def build(self, frame: Frame, sentence: Tokens, *, is_list: bool = False) -> Built:
        """The intent of a frame, or why it is none.

        Args:
            frame: What a sentence seems to ask for; whether that is sure enough is not looked at here.
            sentence: The sentence.
            is_list: Whether it may name several things, each of which gets an intent.
        """
        spans = merged(frame.spans)
        names = {slot: found for slot, found in spans.items() if self._is_target(frame.intent, slot)}
        if self._is_about_it(frame, sentence, names):
            return _Draft(frame.intent, sentence).refused(Why.INCOMPLETE)
        things = singly(names)
        if things is None or (len(things) > 1 and not is_list):
            return _Draft(frame.intent, sentence).refused(Why.SEVERAL)
        # Of two values for one slot the later corrects the earlier.
        said = [found[-1] for slot, found in spans.items() if slot not in names]
        built = [self._build(frame, sentence, said, thing) for thing in things]
        intents = tuple(
            intent for one in built if not isinstance(one.result, NotRecognized) for intent in one.result
        )
        refused = next((one.result for one in built if isinstance(one.result, NotRecognized)), None)
        return Built(
            intents if refused is None else refused,
            built[0].values,
            tuple(lookup for one in built for lookup in one.lookups),
        )

    def _build(
        self, frame: Frame, sentence: Tokens, said: Sequence[Span], thing: Mapping[str, Span]
    ) -> Built:
        draft = _Draft(frame.intent, sentence)
        for span in said:
            if span[0] == WHEN:
                return draft.refused(Why.NOT_NOW)
            if not self._value(frame, span, draft):
                return draft.refused(Why.INCOMPLETE)
        targets = self._targets.find(frame, thing, sentence)
        if thing and not self._says_more(targets.beside):
            return draft.refused(Why.UNSURE)
        draft.lookups = targets.lookups
        draft.slots |= targets.slots
        draft.spans |= targets.spans
        self._traits(frame, draft)
        return self._finished(frame, draft, targets)

    def _is_about_it(self, frame: Frame, sentence: Tokens, names: Mapping[str, Sequence[Span]]) -> bool:
        """Whether it would switch "it" or "them", and nobody knows what that is.

        Such a word ends the sentence, or stands before one that says what becomes of it; "it is dark" is
        about nothing that was said, and "those lights" says what is meant.
        """
        words = sentence.words
        if any(words[begin:end] in self._it for its in names.values() for _, begin, end in its):
            return True
        if names or frame.intent not in (*SWITCHING, MUTE):
            return False
        # An apostrophe is a word of its own, and what it begins is an ending: "it's dark".
        return any(
            end == len(words)
            or (words[end] in self._fillers and words[end].isalpha())
            or (words[end],) in self._becoming
            for _, end in occurrences(self._it, words)
        )

    def _says_more(self, beside: Sequence[str]) -> bool:
        """Whether anything is said but a name: what shall become of it would be a guess."""
        return any(word not in self._fillers and (word,) not in self._wording.articles for word in beside)

    def _is_target(self, intent: str, slot: str) -> bool:
        if slot not in (NAME, AREA, FLOOR):
            return False
        return not self._is_free(intent, slot)

    def _is_free(self, intent: str, slot: str) -> bool:
        own = self._shapes.lists(intent, slot)
        return bool(own) and all(isinstance(source, WildcardList) for source in own)

    def _value(self, frame: Frame, span: Span, draft: _Draft) -> bool:
        """Take what a span says; False where it says nothing that its slot can have."""
        slot = span[0]
        if is_amount(frame, span):
            amount = self._values.amount(frame, span)
            if amount is None:
                return False
            draft.intent, slot, bare = amount.intent, amount.slot, amount.is_bare
        else:
            bare = False
        down = goes_down(frame, STEP.get(frame.intent, ""))
        value = self._values.read(draft.intent, (slot, *span[1:]), draft.sentence, down=down)
        if value is None or (bare and slot == _DEGREES and _may_be_step(value)):
            return False
        draft.take(value)
        for more in self._values.unit(draft.intent, value, self._tagged, draft.sentence):
            draft.take(more)
        return True

    def _traits(self, frame: Frame, draft: _Draft) -> None:
        """Add the slots that no words say by themselves, as far as such an intent has them."""
        for slot, value in frame.traits.items():
            if slot in STEP.values():
                reached = GOAL.get(draft.intent) in draft.slots
                if STEP.get(draft.intent) == slot and not reached:
                    draft.slots.setdefault(slot, value)
            elif slot in TARGETS and (
                NAME in draft.slots or (slot == DOMAIN and DEVICE_CLASS in draft.slots)
            ):
                continue  # the thing itself says what it is
            elif self._shapes.knows(draft.intent, slot, value) or value in self._kinds.by_name:
                draft.slots.setdefault(slot, value)

    def _finished(self, frame: Frame, draft: _Draft, targets: Targets) -> Built:
        everything = targets.whole_home or self._wording.says_all(targets.beside)
        if not self._aim(draft, targets, everything):
            return draft.refused(Why.INCOMPLETE)
        if self._shapes.lacks(draft.intent, draft.slots):
            return draft.refused(Why.INCOMPLETE)
        domain = targets.context.get(DOMAIN) or draft.slots.get(DOMAIN)
        if (NAME not in draft.slots or targets.context) and not self._targets.permits(
            draft.intent, None if domain is None else str(domain), targets.beside
        ):
            return draft.refused(Why.UNFIT)
        if (
            everything
            and STEP.get(draft.intent) in draft.slots
            and not (PLACES | {NAME}) & draft.slots.keys()
        ):
            draft.slots[NAME] = _ALL
        near = targets.here or not everything
        shape = self._shapes.fitting(draft.intent, draft.slots, targets.context, near=near)
        if shape is not None and shape.here and self._here is not None:
            draft.slots.setdefault(shape.here, self._here)
        intent = Intent(
            draft.intent,
            draft.slots,
            round(frame.confidence, 4),
            draft.sentence.given,
            "default" if shape is None else shape.block.response,
            spans=draft.spans,
            context=_domain(targets.context),
            choices=targets.choices,
            guessed=targets.guessed,
            free=frozenset(slot for slot in draft.slots if self._is_free(draft.intent, slot)),
        )
        return Built((intent,), tuple(draft.values), tuple(draft.lookups))

    def _aim(self, draft: _Draft, targets: Targets, everything: bool) -> bool:
        """See to it that the intent says what it is about; False where it does not and should."""
        slots = draft.slots
        if targets.here and not PLACES & slots.keys() and self._here is not None:
            slots[AREA] = self._here
        if DEVICE_CLASS in slots and DOMAIN not in slots:
            domain = self._shapes.domain_of_class(draft.intent, slots[DEVICE_CLASS])
            if domain is not None and self._shapes.knows(draft.intent, DEVICE_CLASS, slots[DEVICE_CLASS]):
                slots[DOMAIN] = domain
        if not self._shapes.is_general(draft.intent):
            return True
        about = TARGETS & slots.keys()
        if not about:
            return everything and self._shapes.takes_everything(draft.intent)
        if about <= PLACES and draft.intent in SWITCHING and not everything:
            if not self._wording.place_alone:
                return False
            slots[DOMAIN] = self._wording.place_alone
        return True


def _domain(context: Mapping[str, str]) -> Mapping[str, str]:
    return {DOMAIN: context[DOMAIN]} if DOMAIN in context else {}
