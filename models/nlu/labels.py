"""What a joint model tells apart; the order is that of its outputs."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from paige.models.errors import ModelUnusable

OTHER = "other:"
"""Begins the label of a sentence that is not for a home; what follows is its subject."""
NO_TRAIT = ""
"""The value of a trait that a sentence does not have."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Intents, tags and traits of one model."""

    intents: tuple[str, ...]
    """Names of intents, and subjects of sentences that are not for a home (`other:…`)."""
    tags: tuple[str, ...]
    """`O`, and for each slot `B-…` and `I-…`."""
    traits: Mapping[str, tuple[str, ...]]
    """Slots of few values that a sentence has without a word for them, such as `domain`, with their values;
    the first is `NO_TRAIT`."""
    threshold: float = 0.5
    """How probable an intent must be to be taken."""
    temperature: float = 1.0
    """What the scores of intents are divided by, so that they become probabilities that hold (Guo et al.,
    "On Calibration of Modern Neural Networks", 2017)."""

    @classmethod
    def load(cls, file: Path) -> "Labels":
        """Reads what `save` wrote.

        Raises:
            ModelUnusable: The file is missing, or is none of labels.
        """
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            traits = {name: tuple(values) for name, values in data["traits"].items()}
            numbers = {key: float(data[key]) for key in ("threshold", "temperature") if key in data}
            if not all(number > 0 for number in numbers.values()):
                raise ValueError(f"threshold and temperature must be above 0, not {numbers}")
            return cls(tuple(data["intents"]), tuple(data["tags"]), traits, **numbers)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelUnusable(f"{file}: these are no labels of a model: {error}") from error

    def save(self, file: Path) -> None:
        """Writes them as JSON."""
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
