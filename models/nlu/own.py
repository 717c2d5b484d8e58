"""A user's own intents, understood in other words than the user wrote, without training.

Sentences said by the user's templates are examples. What means nearly the same as one of them asks for the
same; the words of its slots are put into the example, and that is parsed by the templates. So a slot has
only values that the user's lists and the home have, and everything else of the intent is as if the example
had been said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.models.grammar.automaton import Values
from paige.models.grammar.language import Language
from paige.models.grammar.lists import HOME_LISTS, HomeList, ListSource, RangeList
from paige.models.grammar.matching import Match
from paige.models.grammar.numbers import longest, range_trie
from paige.models.grammar.tokens import Tokens, Words, is_number, tokenize
from paige.models.intent import Intent
from paige.models.nlu.frame import Frame
from paige.models.nlu.shapes import Shapes
from paige.models.nlu.tags import Span
from paige.models.nlu.wording import Wording

ENOUGH: Final = 0.5
"""Cosine from which a sentence means what an example does; chosen by `paige bench understand`."""
_LEARNED: Final = 0.4
"""The same where the model has learned the intent from the user's sentences, and takes it for possible."""
_POSSIBLE: Final = 0.05
"""How probable an intent that it has learned must be to the model for that."""
_VERY_NEAR: Final = 0.8
_SHARED: Final = 0.02
"""What the model thinks of both must have so much in common: "how do cats eat" does not ask to feed one."""
_SAMPLED: Final = 400
_AN_INTENT: Final = 16
"""Examples of each intent at most; each takes a millisecond or two, once."""
_TRIED: Final = 6
"""Examples near a sentence whose slots are looked for."""
_SEED: Final = 1
_NUMBERS: Final = RangeList("number", 2, 100)
"""Those that are said in words and are nothing else; "one" may be a thing."""

Read = Callable[[Sequence[str]], tuple[Frame, NDArray[np.float32]]]
"""What the model makes of words: a frame, and their meaning, of length 1. Shape: [hidden]."""


@dataclass(frozen=True, slots=True)
class Alike:
    """An example that means what was said."""

    intent: Intent
    """With the slots of what was said."""
    example: str
    """With the words of what was said in its slots."""
    likeness: float
    """Cosine, to 1."""


@dataclass(frozen=True, slots=True)
class _Example:
    intent: Intent
    words: Words
    frame: Frame


class OwnIntents:
    """Finds what a user's own sentences mean in other words.

    Args:
        language: With the user's sentences, for the user's home.
        shapes: Of its sentences.
        read: Asks the model.
        threshold: How sure the model must be of its own intents.
    """

    def __init__(self, language: Language, shapes: Shapes, read: Read, threshold: float) -> None:
        self._language = language
        self._shapes = shapes
        self._read = read
        self._threshold = threshold
        self._any = any(template.block.custom for template in language.sentences.templates)
        self._wording = Wording.for_language(language.sentences.language)
        self._numbers = range_trie(language.sentences.language, _NUMBERS)

    def __bool__(self) -> bool:
        return self._any

    def warm(self) -> None:
        """Read the examples now, for which the first sentence would wait."""
        _ = self._examples

    @cached_property
    def _examples(self) -> tuple[tuple[_Example, ...], NDArray[np.float32]]:
        """Examples, and what they mean. Shape: [examples, hidden]."""
        try:
            said = self._language.sample(_SAMPLED, _SEED, custom=True)
        except ValueError:  # all of them have a place for any words, or for what this home has not
            said = []
        chosen: dict[str, dict[Words, Intent]] = {}
        for one in said:
            its = chosen.setdefault(one.name, {})
            if len(its) < _AN_INTENT:
                its.setdefault(tokenize(one.text).words, one)
        read = [(one, words, *self._read(words)) for its in chosen.values() for words, one in its.items()]
        examples = tuple(_Example(one, words, frame) for one, words, frame, _ in read)
        meanings = [meaning for *_, meaning in read]
        return examples, np.stack(meanings) if meanings else np.zeros((0, 1), np.float32)

    def find(self, sentence: Tokens, frame: Frame, meaning: NDArray[np.float32]) -> Alike | None:
        """What a sentence means by the example nearest to it; None where none is near or has all its slots.

        Args:
            sentence: Its words.
            frame: What the model found in it.
            meaning: What the model says that it means. Shape: [hidden].
        """
        examples, meanings = self._examples
        if not examples:
            return None
        likeness = meanings @ meaning  # [examples]
        meant = ""
        for at in np.argsort(-likeness)[:_TRIED]:
            example, near = examples[at], float(likeness[at])
            if near < (_LEARNED if _probability(frame, example.intent.name) >= _POSSIBLE else ENOUGH):
                continue
            if self._wording.opposed(example.words, sentence.words):
                continue
            # What is nearest, and lacks a slot, is not the next nearest instead.
            meant = meant or example.intent.name
            if example.intent.name != meant or _shared(example.frame, frame) < _SHARED:
                continue
            found = self._filled(example, sentence)
            if found is not None and self._may_be(found[1], frame, near):
                return Alike(replace(found[0], confidence=min(near, 1.0)), " ".join(found[1]), near)
        return None

    def _may_be(self, example: Words, frame: Frame, near: float) -> bool:
        """Whether the model is not sure that a sentence is something else than an example is.

        Of its own intents it knows nothing else; so what is very near is not turned down for another of
        these, but for a question.
        """
        if frame.confidence < self._threshold:
            return True
        its = self._read(example)[0].intent
        return its == frame.intent or (near >= _VERY_NEAR and _asks(its) == _asks(frame.intent))

    def _filled(self, example: _Example, sentence: Tokens) -> tuple[Intent, Words] | None:
        """An example with the words of a sentence in its slots, and what it means then.

        None where one of them is not said, or something of this home or a number that the example has not.
        """
        spans: dict[str, tuple[int, int]] = {}
        for slot in sorted(example.intent.spans, key=lambda slot: example.intent.spans[slot]):
            found = self._said(example.intent.name, slot, sentence, list(spans.values()))
            if found is None:
                return None
            spans[slot] = found
        if not self._special(sentence.words, spans.values()) <= self._special(example.words):
            return None
        words = tuple(_replaced(example, sentence, spans))
        parsed = self._language.parse(" ".join(words))
        if not isinstance(parsed, Intent) or parsed.name != example.intent.name:
            return None
        return replace(parsed, text=sentence.between(0, len(sentence.words)), spans=spans), words

    def _special(self, words: Words, apart: Iterable[tuple[int, int]] = ()) -> set[Words]:
        """What the home calls its things and places, and numbers, that stand among words, apart from some."""
        used = {at for begin, end in apart for at in range(begin, end)}
        found = set()
        for begin in range(len(words)):
            ends = [end for home in HOME_LISTS for end, _ in self._matches(HomeList(home), words, begin)]
            ends += [number[0]] if (number := longest(self._numbers, words, begin)) else []
            ends += [begin + 1] if is_number(words[begin]) else []
            found |= {words[begin:end] for end in ends if used.isdisjoint(range(begin, end))}
        return found

    def _matches(self, source: ListSource, words: Words, begin: int) -> list[Match]:
        return self._language.matcher.matches(Values(source), words, begin)

    def _said(
        self, intent: str, slot: str, sentence: Tokens, taken: Sequence[tuple[int, int]]
    ) -> tuple[int, int] | None:
        """The longest words of a sentence that are a value of a slot, apart from those taken."""
        used = {at for begin, end in taken for at in range(begin, end)}
        found = [
            (begin, end)
            for source in self._shapes.lists(intent, slot)
            for begin in range(len(sentence.words))
            for end, _ in self._matches(source, sentence.words, begin)
            if used.isdisjoint(range(begin, end))
        ]
        return max(found, key=lambda span: span[1] - span[0], default=None)


def _asks(intent: str) -> bool:
    """Whether an intent changes nothing, by Home Assistant's names."""
    return "Get" in intent


def _probability(frame: Frame, intent: str) -> float:
    """How probable an intent is; 0 for what is not among the likeliest, or was never learned."""
    return frame.confidence if frame.intent == intent else dict(frame.runners_up).get(intent, 0.0)


def _shared(one: Frame, other: Frame) -> float:
    """What two frames have in common of what they may be."""
    its, others = (dict([(frame.intent, frame.confidence), *frame.runners_up]) for frame in (one, other))
    return sum(min(share, others.get(name, 0.0)) for name, share in its.items())


def _replaced(example: _Example, sentence: Tokens, spans: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    """The words of an example, with those of a sentence in its slots."""
    begins: dict[int, Span] = {
        begin: (slot, begin, end) for slot, (begin, end) in example.intent.spans.items()
    }
    at = 0
    while at < len(example.words):
        if at in begins:
            slot, _, at = begins[at]
            yield from sentence.words[slice(*spans[slot])]
        else:
            yield example.words[at]
            at += 1
