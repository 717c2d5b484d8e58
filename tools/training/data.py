"""All examples that the shipped model learns from, and their labels."""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from random import Random

from paige.models.nlu.labels import NO_TRAIT, OTHER, Labels
from paige.models.nlu.tags import NONE
from paige.tools.training.examples import Example, distinct
from paige.tools.training.from_clinc import from_clinc
from paige.tools.training.from_grammar import from_grammar, talk
from paige.tools.training.from_home_llm import from_home_llm
from paige.tools.training.from_own import from_own, in_an_epoch, unlike
from paige.tools.training.from_slurp import from_hwu64, from_slurp
from paige.tools.training.noise import Noise
from paige.tools.training.nonsense import fragments, nonsense

_SEEN_AT_LEAST = 12
"""A trait's value that stands in fewer examples is not learned."""

_THRESHOLD = 0.6
"""Chosen by the bench's table "What a threshold lets through": above it, requests are lost for nothing."""

_HELD_OUT = 25
"""One of so many examples is not learned from: with those is measured how sure the network may be."""


@dataclass(frozen=True, slots=True)
class Portions:
    """How many examples of each source stand in an epoch."""

    grammar: int = 20_000
    talk: int = 4_000
    nonsense: int = 1_500
    fragments: int = 1_500
    hwu64: int = 3
    """Times; requests for a home, which are few."""
    own: int = 200
    """Of each intent of a user's own, at least: about as many as there are of one that is shipped."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Every example, none of which is measured with."""

    kept: Sequence[Example]
    """What stands in every epoch: sentences that people said, and talk. Each sentence once."""
    drawn: Sequence[Sequence[Example]]
    """What is drawn by chance, anew for every epoch, so that little depends on one draw."""
    own: Sequence[Example] = ()
    """A user's own sentences, each once. They are few; none is held out."""

    def __iter__(self) -> Iterator[Example]:
        yield from self.own
        yield from self.kept
        for draw in self.drawn:
            yield from draw

    @property
    def once(self) -> list[Example]:
        """What stands in one epoch, as it is."""
        return [*self.own, *self.kept, *self.drawn[0]]

    def epoch(self, number: int, noise: Noise, portions: Portions, random: Random) -> list[Example]:
        """The examples of an epoch, said a little otherwise in each; after the last draw the first again."""
        examples = [*self.kept, *self.drawn[number % len(self.drawn)]]
        repeated = [
            example
            for example in examples
            for _ in range(portions.hwu64 if example.source == "hwu64" and not example.other else 1)
        ]
        repeated += in_an_epoch(self.own, portions.own)
        return [noise.disturbed(example, random) for example in repeated]

    def held_out(self) -> tuple["Corpus", list[Example]]:
        """Those to learn from, and those that are not; the same in every run."""
        learned = Corpus(_apart(self.kept, False), [_apart(draw, False) for draw in self.drawn], self.own)
        return learned, _apart([*self.kept, *self.drawn[0]], True)


def _apart(examples: Iterable[Example], wanted: bool) -> list[Example]:  # which half
    return [
        example
        for example in examples
        if (zlib.crc32(" ".join(example.words).encode()) % _HELD_OUT == 0) == wanted
    ]


def gather(
    language: str, data: Path, portions: Portions, seed: int, draws: int, own: Sequence[Path] = ()
) -> Corpus:
    """Every example.

    Args:
        language: Such as `en`.
        data: A folder with the data sets, each in the folder of its name.
        portions: How many.
        seed: The same seed gives the same examples.
        draws: How often to draw what is drawn by chance.
        own: Files or folders of a user's own sentences.
    """
    users = from_own(language, own, seed)
    real = unlike(
        [
            *from_hwu64(data / "hwu64" / "train.jsonl"),
            *from_clinc(data / "clinc150", "train.jsonl", "oos_train_plus.jsonl"),
            *from_home_llm(data / "home_llm", seed),
        ],
        users,
    )
    measured = {example.words for example in from_slurp(data / "slurp" / "dev.jsonl")}
    measured |= {example.words for example in users}
    kept = _learned(distinct([*real, *talk(language, portions.talk, seed)]), measured)
    once = {example.words for example in kept}
    drawn = []
    for draw in range(seed * draws, (seed + 1) * draws):
        made = [
            *from_grammar(language, portions.grammar, draw),
            *nonsense(real, portions.nonsense, draw),
            *fragments(real, portions.fragments, draw),
        ]
        drawn.append(_learned(distinct(made), measured | once))
    return Corpus(kept, drawn, users)


def _learned(examples: Iterable[Example], measured: Set[tuple[str, ...]]) -> list[Example]:
    return [example for example in examples if example.words not in measured]


def labels_of(examples: Iterable[Example]) -> Labels:
    """What these examples tell apart."""
    examples = list(examples)
    intents = {example.intent for example in examples}
    slots = {tag[2:] for example in examples for tag in example.tags or () if tag != NONE}
    seen = Counter(trait for example in examples for trait in example.traits.items())
    traits: dict[str, list[str]] = {}
    for (name, value), count in sorted(seen.items()):
        if count >= _SEEN_AT_LEAST:
            traits.setdefault(name, [NO_TRAIT]).append(value)
    return Labels(
        tuple(sorted(intents, key=lambda intent: (intent.startswith(OTHER), intent))),
        (NONE, *(f"{kind}-{slot}" for slot in sorted(slots) for kind in "BI")),
        {name: tuple(values) for name, values in traits.items()},
        _THRESHOLD,
    )
