"""More sentences out of few: what one of them says in a slot, another may say there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from paige.models.nlu.tags import bio, spans
from paige.tools.training.examples import Example

_SENTENCES = 0.5
_SLOTS = 0.5
"""Of the slots of a sentence in which any is swapped."""

Values = Mapping[tuple[str, str], Sequence[tuple[str, ...]]]
"""The words that are said in a slot of an intent, as often as they are."""


def values_of(examples: Sequence[Example]) -> Values:
    """What these examples say in their slots."""
    found: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for one in examples:
        for slot, begin, end in spans(one.tags or ()):
            found.setdefault((one.intent, slot), []).append(one.words[begin:end])
    return found


def swapped(example: Example, values: Values, random: Random) -> Example:
    """The example, or one like it with other words in some of its slots."""
    if example.tags is None or random.random() >= _SENTENCES:
        return example
    words: list[str] = []
    moved = []
    at = 0
    for slot, begin, end in spans(example.tags):
        words += example.words[at:begin]
        said = example.words[begin:end]
        if random.random() < _SLOTS:
            said = random.choice(values[example.intent, slot])
        moved.append((slot, len(words), len(words) + len(said)))
        words += said
        at = end
    words += example.words[at:]
    return replace(example, words=tuple(words), tags=bio(len(words), moved))
