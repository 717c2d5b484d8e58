"""Sentences as they are said in passing, and as a recognizer writes them down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from paige.models.grammar.tokens import words_of
from paige.models.nlu.slots import WHEN
from paige.models.nlu.tags import NONE, Span, bio, spans
from paige.tools.training.examples import Example
from paige.tools.training.heard import Mishearing
from paige.tools.training.table import table

_ARTICLES = 0.12
_CONFUSED = 0.06
_LOST = 0.02
_AROUND = 0.35
_CORRECTED = 0.03
_TIMED = 0.06
_MISHEARD = 0.25
"""Of sentences, so many are written down as a recognizer heard them, which may be as they were said."""
_STRANGE = 0.1
"""Of names, so many have a word in them that is none of theirs: misheard, or not known."""
_ACTING = (
    "HassTurn",
    "HassToggle",
    "HassLight",
    "HassSet",
    "HassFan",
    "HassClimateSet",
    "HassVacuum",
    "HassMedia",
)
"""How the intents begin that would act at once."""
_NAMES = ("name", "area", "floor")


@dataclass(frozen=True, slots=True)
class Noise:
    """What a language has for it; `noise.yaml` in its folder."""

    before: Sequence[tuple[str, ...]]
    after: Sequence[tuple[str, ...]]
    corrections: Sequence[tuple[str, ...]]
    times: Sequence[tuple[str, ...]]
    confused: Mapping[str, Sequence[tuple[str, ...]]]
    articles: frozenset[str]
    mishearing: Mishearing = field(default_factory=lambda: Mishearing({}))

    @classmethod
    def of(cls, language: str) -> "Noise":
        """The noise of a language."""
        data: Mapping[str, Any] = table(f"{language}/noise.yaml")
        before, after, corrections, times = (
            [words_of(said) for said in data[key]] for key in ("before", "after", "corrections", "times")
        )
        return cls(
            before,
            after,
            corrections,
            times,
            {word: [words_of(other) for other in others] for word, others in data["confused"].items()},
            frozenset(data["articles"]),
            Mishearing.of(language),
        )

    def disturbed(self, example: Example, random: Random) -> Example:
        """The same request, said otherwise or misheard a little; often just as it was."""
        if example.tags is None:
            return example
        if random.random() < _MISHEARD:
            example = self.mishearing.heard(example, random)
        else:
            example = _each_word(example, lambda word, tag: self._heard(word, tag, random))
        if example.other:
            return example
        if random.random() < _STRANGE:
            example = self._strange(example, random)
        if random.random() < _TIMED and example.intent.startswith(_ACTING):
            example = _timed(example, random.choice(self.times), first=random.random() < 0.2)
        if random.random() < _CORRECTED:
            example = self._corrected(example, random)
        if random.random() < _AROUND:
            before = random.choice(self.before) if random.random() < 0.7 else ()
            after = random.choice(self.after) if not before or random.random() < 0.3 else ()
            example = _around(example, before, after)
        return example

    def _heard(self, word: str, tag: str, random: Random) -> tuple[str, ...]:
        draw = random.random()
        if tag == NONE and word in self.articles:
            return () if draw < _ARTICLES else (word,)
        if word in self.confused and draw < _CONFUSED:
            return random.choice(self.confused[word])
        return () if tag == NONE and draw > 1 - _LOST else (word,)

    def _strange(self, example: Example, random: Random) -> Example:
        """A word of a name is another word; it is a name all the same."""
        assert example.tags is not None
        named = [at for at, tag in enumerate(example.tags) if tag[2:] in _NAMES]
        if not named:
            return example
        at = random.choice(named)
        heard = random.choice(random.choice(list(self.confused.values())))[0]
        return replace(example, words=(*example.words[:at], heard, *example.words[at + 1 :]))

    def _corrected(self, example: Example, random: Random) -> Example:
        """As in "the kitchen, no wait, the bedroom": what was said first is not tagged."""
        assert example.tags is not None
        found = spans(example.tags)
        if not found:
            return example
        _, begin, end = random.choice(found)
        said = example.words[begin:end]
        wrong = said[:-1] or (random.choice(("kitchen", "red", "ten", "lamp", "door")),)
        inserted = (*wrong, *random.choice(self.corrections))
        words = (*example.words[:begin], *inserted, *example.words[begin:])
        tags = (*example.tags[:begin], *[NONE] * len(inserted), *example.tags[begin:])
        return replace(example, words=words, tags=tags)


def _each_word(example: Example, heard: Callable[[str, str], tuple[str, ...]]) -> Example:
    assert example.tags is not None
    words: list[str] = []
    moved: dict[int, int] = {}
    for at, (word, tag) in enumerate(zip(example.words, example.tags, strict=True)):
        moved[at] = len(words)
        words += heard(word, tag)
    moved[len(example.words)] = len(words)
    kept: list[Span] = [
        (slot, moved[begin], moved[end])
        for slot, begin, end in spans(example.tags)
        if moved[begin] < moved[end]
    ]
    if not words:
        return example
    return replace(example, words=tuple(words), tags=bio(len(words), kept))


def _timed(example: Example, words: tuple[str, ...], *, first: bool) -> Example:
    """The same, but not now."""
    assert example.tags is not None
    tags = bio(len(words), [(WHEN, 0, len(words))])
    if first:
        return replace(example, words=(*words, *example.words), tags=(*tags, *example.tags))
    return replace(example, words=(*example.words, *words), tags=(*example.tags, *tags))


def _around(example: Example, before: tuple[str, ...], after: tuple[str, ...]) -> Example:
    assert example.tags is not None
    return replace(
        example,
        words=(*before, *example.words, *after),
        tags=(*[NONE] * len(before), *example.tags, *[NONE] * len(after)),
    )
