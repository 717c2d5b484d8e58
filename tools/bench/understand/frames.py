"""How right a frame is, by the rules in the head of `slurp_labels.yaml`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from paige.models.nlu.slots import AMOUNT, WHEN
from paige.models.nlu.tags import Span, spans
from paige.tools.training.examples import Example
from paige.tools.training.numbers import Numbers
from paige.tools.training.table import table

Value = tuple[str, ...] | float


@dataclass(frozen=True, slots=True)
class Said:
    """What a sentence is found to ask for."""

    intent: str
    traits: Mapping[str, str]
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, example: Example) -> "Said":
        """What its labels say."""
        return cls(example.intent, example.traits, tuple(spans(example.tags or ())))


@dataclass(frozen=True, slots=True)
class FrameScore:
    """What is right of one frame; each is only asked where the one before it is right, but for `slots`."""

    intent: bool
    traits: bool
    slots: bool
    """Their values, whatever the intent."""
    exact: bool
    """The whole frame, and every slot stands at the same words."""

    @property
    def whole(self) -> bool:
        """Intent, traits and slots."""
        return self.intent and self.traits and self.slots


class FrameRules:
    """The rules of the table."""

    def __init__(self, language: str = "en") -> None:
        labels = table("slurp_labels.yaml")
        self._ignored = frozenset(labels["ignored"])
        self._compared = tuple(labels["compared"])
        self._implied: Mapping[str, Mapping[str, str]] = labels["implied"]
        self.started: Mapping[str, str] = labels["started_by_turning_on"]
        self.needs_a_value = frozenset(labels["needs_a_value"])
        self._numbers = Numbers(language)

    def score(self, words: Sequence[str], expected: Said, got: Said) -> FrameScore:
        """How right `got` is, of a sentence that means `expected`."""
        intent = expected.intent == got.intent
        traits = intent and self._traits(expected) == self._traits(got)
        slots = self.values(words, expected.spans) == self.values(words, got.spans)
        exact = traits and slots and Counter(expected.spans) == Counter(got.spans)
        return FrameScore(intent, traits, slots, exact)

    def values(self, words: Sequence[str], found: Iterable[Span]) -> Counter[tuple[str, Value]]:
        """Slots and what they say; a `time` says only that there is one."""
        values: Counter[tuple[str, Value]] = Counter()
        for slot, begin, end in found:
            if slot == WHEN:
                values[slot, ()] = 1
            else:
                values[slot, self._value(slot, words[begin:end])] += 1
        return values

    def plain(self, words: Sequence[str]) -> tuple[str, ...]:
        """Without words that tell nothing apart."""
        return tuple(word for word in words if word not in self._ignored) or tuple(words)

    def _value(self, slot: str, words: Sequence[str]) -> Value:
        number = self.number(words) if slot == AMOUNT else None
        return self.plain(words) if number is None else number

    def number(self, words: Sequence[str]) -> float | None:
        """The first number that words say; None where they say none."""
        return self._numbers.value(words)

    def implied(self, intent: str) -> Mapping[str, str]:
        """What an intent is about anyway."""
        return self._implied.get(intent, {})

    def _traits(self, said: Said) -> dict[str, str]:
        implied = self.implied(said.intent)
        return {
            name: said.traits[name]
            for name in self._compared
            if name in said.traits and implied.get(name) != said.traits[name]
        }
