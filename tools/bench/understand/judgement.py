"""Sure and right, over many sentences: what a threshold lets through, and how well confidence tells."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

BINS = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a model made of one sentence."""

    group: str
    """Of which set it is."""
    expected: str
    """Its intent; begins with `other:` where it is not for a home."""
    found: str
    """What it likeliest is, among all that the model tells apart."""
    intent: str
    """The likeliest of the intents for a home: what would be done."""
    confidence: float
    """How probable that is, 0 to 1."""

    @property
    def right(self) -> bool:
        """Whether doing it would be right."""
        return self.intent == self.expected


@dataclass(frozen=True, slots=True)
class Bin:
    """Sentences of like confidence."""

    begin: float
    end: float
    count: int
    confidence: float
    """On average; 0 where there are none."""
    right: float
    """The share of them that is right; 0 where there are none."""


def reliability(verdicts: Iterable[Verdict], bins: int = BINS) -> tuple[Bin, ...]:
    """Verdicts by their confidence, in bins of one width (Guo and others, 2017)."""
    found: list[list[Verdict]] = [[] for _ in range(bins)]
    for verdict in verdicts:
        found[min(bins - 1, int(verdict.confidence * bins))].append(verdict)
    return tuple(
        Bin(
            number / bins,
            (number + 1) / bins,
            len(inside),
            sum(one.confidence for one in inside) / len(inside) if inside else 0.0,
            sum(one.right for one in inside) / len(inside) if inside else 0.0,
        )
        for number, inside in enumerate(found)
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error: how far confidence is from the share that is right, on average."""
    count = sum(one.count for one in bins)
    return sum(one.count * abs(one.right - one.confidence) for one in bins) / count if count else 0.0


def accepted(verdicts: Sequence[Verdict], threshold: float) -> float:
    """The share that a threshold lets through, right or wrong."""
    return sum(verdict.confidence >= threshold for verdict in verdicts) / len(verdicts)


def right(verdicts: Sequence[Verdict], threshold: float) -> float:
    """The share that a threshold lets through, and that is right."""
    return sum(verdict.confidence >= threshold and verdict.right for verdict in verdicts) / len(verdicts)


def confusions(verdicts: Iterable[Verdict], most: int) -> list[tuple[str, str, int]]:
    """What was taken for what, most frequent first; one `other:…` for another is no confusion."""
    found = Counter(
        (_kind(verdict.expected), _kind(verdict.found))
        for verdict in verdicts
        if _kind(verdict.expected) != _kind(verdict.found)
    )
    return [(expected, taken, count) for (expected, taken), count in found.most_common(most)]


def highest_threshold(verdicts: Sequence[Verdict], wrong: float) -> float:
    """The least threshold at which no more than the share `wrong` of these is let through.

    They should all be sentences to refuse. It lies between the confidences of two of them.
    """
    sure = sorted((verdict.confidence for verdict in verdicts), reverse=True)
    allowed = int(wrong * len(sure))
    steps = [1.0, *sure, 0.0]
    above, below = list(pairwise(steps))[allowed]
    return (above + below) / 2


def _kind(intent: str) -> str:
    return "not for a home" if intent.startswith("other:") else intent
