"""All examples that the shipped model learns from, and their labels."""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from paige.models.nlu.labels import NO_TRAIT, OTHER, Labels
from paige.models.nlu.tags import NONE
from paige.tools.training.examples import Example, distinct
from paige.tools.training.from_clinc import from_clinc
from paige.tools.training.from_grammar import from_grammar, talk
from paige.tools.training.from_home_llm import from_home_llm
from paige.tools.training.from_slurp import from_hwu64, from_slurp
from paige.tools.training.noise import Noise
from paige.tools.training.nonsense import nonsense

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
    hwu64: int = 3
    """Times; requests for a home, which are few."""


def gather(
    language: str, data: Path, portions: Portions, seed: int, own: Sequence[Path] = ()
) -> list[Example]:
    """Every example, each sentence once; none that is measured with.

    Args:
        language: Such as `en`.
        data: A folder with the data sets, each in the folder of its name.
        portions: How many.
        seed: The same seed gives the same examples.
        own: Files or folders of a user's own sentences.
    """
    made = [*from_grammar(language, portions.grammar, seed, own), *talk(language, portions.talk, seed)]
    real = [
        *from_hwu64(data / "hwu64" / "train.jsonl"),
        *from_clinc(data / "clinc150", "train.jsonl", "oos_train_plus.jsonl"),
        *from_home_llm(data / "home_llm", seed),
    ]
    made += nonsense(real, portions.nonsense, seed)
    measured = {example.words for example in from_slurp(data / "slurp" / "dev.jsonl")}
    return [example for example in distinct([*real, *made]) if example.words not in measured]


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


def epoch_of(examples: Sequence[Example], noise: Noise, portions: Portions, random: Random) -> list[Example]:
    """The examples of one epoch, said a little otherwise in each."""
    repeated = [
        example
        for example in examples
        for _ in range(portions.hwu64 if example.source == "hwu64" and not example.other else 1)
    ]
    return [noise.disturbed(example, random) for example in repeated]


def held_out(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Those to learn from, and those that are not; the same in every run."""
    apart = [zlib.crc32(" ".join(example.words).encode()) % _HELD_OUT == 0 for example in examples]
    return (
        [example for example, is_apart in zip(examples, apart, strict=True) if not is_apart],
        [example for example, is_apart in zip(examples, apart, strict=True) if is_apart],
    )
