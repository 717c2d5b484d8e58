"""What a sentence asks for: an intent with its slots, or that nothing was recognized."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

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
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For a slot whose words may mean several things of the home, their names; the slot has what was said."""
    guessed: frozenset[str] = frozenset()
    """Slots whose `choices` only mean nearly what was said: even if there is one, it must be asked."""
    free: frozenset[str] = frozenset()
    """Slots that take any words, such as `search_query`."""
    excluded: tuple[Mapping[str, SlotValue], ...] = ()
    """What is left out of the targets ("everything except …"), each by slots such as `name` and `area`."""
    misheard: bool = False
    """Whether it only sounds like what was heard: nothing of it is done before someone says yes."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A sentence that would have been understood, near the one that was not."""

    text: str
    intent: str
    similarity: float
    """0 to 1."""


class Why(StrEnum):
    """Why a sentence is refused."""

    UNKNOWN = "unknown"
    """It matches nothing that can be said."""
    NOT_FOR_A_HOME = "not_for_a_home"
    """It is about something else."""
    UNSURE = "unsure"
    """What it asks for is not sure enough."""
    NOT_NOW = "not_now"
    """It is for another time, and Paige acts at once."""
    INCOMPLETE = "incomplete"
    """It lacks what such a request needs, or that is out of its range."""
    SEVERAL = "several"
    """It names several things where it should name one."""
    UNFIT = "unfit"
    """What it names is nothing with which that is done in such words."""


@dataclass(frozen=True, slots=True)
class NotRecognized:
    """The refusal of a sentence."""

    text: str
    nearest: tuple[Suggestion, ...] = ()
    """Best first; empty where nothing is near."""
    why: Why = Why.UNKNOWN
    part: str = ""
    """Of a sentence with several commands, the words that were not understood where others were."""
