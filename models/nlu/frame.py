"""From a model's scores to a frame: the intent, how sure it is, and which words say what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from paige.models.intent import Why
from paige.models.nlu.labels import NO_TRAIT, OTHER, Labels
from paige.models.nlu.model import Scores
from paige.models.nlu.slots import STEP, WHEN
from paige.models.nlu.tags import Span, spans

_RUNNERS_UP = 3
_STEPS = frozenset(STEP.values())
"""Traits that each belong to one intent."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a sentence seems to ask for, before its names are looked up in the home."""

    words: tuple[str, ...]
    intent: str
    """The likeliest of the intents for a home."""
    confidence: float
    """How probable it is, 0 to 1, that the sentence is for a home and asks for this."""
    traits: Mapping[str, str]
    """Slots that it has without a word for them, such as `domain: light`."""
    spans: tuple[Span, ...]
    """Slots, and the words that say them."""
    runners_up: tuple[tuple[str, float], ...] = ()
    """What else it may be, best first, with their probabilities; `other:…` is not for a home."""

    @property
    def doubt(self) -> Why:
        """Why it is refused, where it is not sure enough."""
        likeliest = max(self.runners_up, key=lambda one: one[1], default=("", 0.0))
        if any(slot == WHEN for slot, _, _ in self.spans) and not likeliest[0].startswith(OTHER):
            return Why.NOT_NOW
        elsewhere = likeliest[0].startswith(OTHER) and likeliest[1] > self.confidence
        return Why.NOT_FOR_A_HOME if elsewhere else Why.UNSURE

    def said(self, slot: str) -> tuple[str, ...]:
        """The words of a slot's first span; none where there is none."""
        return next((self.words[begin:end] for name, begin, end in self.spans if name == slot), ())


def frame(words: Sequence[str], scores: Scores, labels: Labels) -> Frame:
    """The likeliest frame of a sentence."""
    probabilities = softmax(scores.intents / np.float32(labels.temperature))  # [intents]
    order = np.argsort(-probabilities)
    best = next(number for number in order if not labels.intents[number].startswith(OTHER))
    traits = {name: labels.traits[name][int(found.argmax())] for name, found in scores.traits.items()}
    return Frame(
        tuple(words),
        labels.intents[best],
        float(probabilities[best]),
        {
            name: value
            for name, value in traits.items()
            if value != NO_TRAIT and (name not in _STEPS or name == STEP.get(labels.intents[best]))
        },
        tuple(spans(best_tags(scores.tags, labels.tags))),
        tuple(
            (labels.intents[number], float(probabilities[number]))
            for number in order[: _RUNNERS_UP + 1]
            if number != best
        )[:_RUNNERS_UP],
    )


def best_tags(scores: NDArray[np.float32], tags: Sequence[str]) -> list[str]:
    """The likeliest sequence in which every `I-` goes on what stands before it (Viterbi).

    Args:
        scores: Logits. Shape: [words, tags].
        tags: Their names.
    """
    if len(scores) == 0:
        return []
    allowed = _transitions(tuple(tags))  # [tags, tags]
    begins = np.array([0.0 if not tag.startswith("I-") else -np.inf for tag in tags])  # [tags]
    log = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)  # [words, tags]
    path = log[0] + begins  # [tags]
    came_from = []
    for word in log[1:]:
        ways = path[:, None] + allowed  # [from, to]
        came_from.append(ways.argmax(axis=0))
        path = ways.max(axis=0) + word
    found = [int(path.argmax())]
    for step in reversed(came_from):
        found.append(int(step[found[-1]]))
    return [tags[number] for number in reversed(found)]


@lru_cache(maxsize=4)
def _transitions(tags: tuple[str, ...]) -> NDArray[np.float64]:
    """Zero where one tag may follow another, else minus infinity. Shape: [from, to]."""
    return np.array(
        [
            [0.0 if not after.startswith("I-") or before[1:] == after[1:] else -np.inf for after in tags]
            for before in tags
        ]
    )


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities. Shape: that of `logits`, [classes]."""
    raised = np.exp(logits.astype(np.float64) - logits.max())
    probabilities: NDArray[np.float64] = raised / raised.sum()
    return probabilities
