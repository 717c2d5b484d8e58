"""Intents, slots and whole frames as publications count them: slots as whole spans (CoNLL)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from paige.models.nlu.tags import spans

Labelled = tuple[str, Sequence[str]]
"""An intent, and a tag for each word."""


@dataclass(frozen=True, slots=True)
class Score:
    """Of many sentences."""

    count: int
    intent: float
    """Share of sentences with the right intent."""
    slots: float
    """F1 of slots over all sentences: a slot is right if its type, its first and its last word are."""
    frame: float
    """Share of sentences of which the intent and every slot are right, and none is added."""

    def __str__(self) -> str:
        return f"{100 * self.intent:.1f} / {100 * self.slots:.1f} / {100 * self.frame:.1f}"


def score(pairs: Iterable[tuple[Labelled, Labelled]]) -> Score:
    """How right labels are.

    Args:
        pairs: For each sentence the expected labels, and those found.

    Raises:
        ValueError: There are no sentences.
    """
    count = intents = frames = right = expected = found = 0
    for (intent, tags), (found_intent, found_tags) in pairs:
        ours, theirs = Counter(spans(tags)), Counter(spans(found_tags))
        count += 1
        intents += intent == found_intent
        frames += intent == found_intent and ours == theirs
        right += (ours & theirs).total()
        expected += ours.total()
        found += theirs.total()
    if not count:
        raise ValueError("there are no sentences to score")
    # F1 is 2PR / (P + R) with P = right / found and R = right / expected; of no slots none is wrong.
    slots = 2 * right / (expected + found) if expected + found else 1.0
    return Score(count, intents / count, slots, frames / count)
