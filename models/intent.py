"""What a sentence asks for: an intent with its slots, or that nothing was recognized."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SlotValue = str | int | float
"""A slot's value: a name as the home writes it, a keyword such as `red`, or a number."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A request in Home Assistant's vocabulary of intents and slots."""

    name: str
    """Such as `HassTurnOn`."""
    slots: Mapping[str, SlotValue]
    confidence: float
    """0 to 1; an exact match of a sentence template is 1."""
    text: str
    """The sentence as it was given."""
    response: str = "default"
    """Which of the intent's replies fits the sentence, such as `lights_area`."""
    template: str = ""
    """The sentence template that matched, for explanation."""
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Which words said a slot: the first, and one past the last, as `tokens.tokenize` cuts them. What nobody
    said (the speaker's own area, what a template means by itself) has none."""
    context: Mapping[str, str] = field(default_factory=dict)
    """What the template fixed about its targets without saying it, such as `domain: cover`."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A sentence that would have been understood, near the one that was not."""

    text: str
    intent: str
    similarity: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class NotRecognized:
    """The refusal of a sentence that matches nothing."""

    text: str
    nearest: tuple[Suggestion, ...] = ()
    """Best first; empty where nothing is near."""
