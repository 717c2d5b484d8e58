"""Why a sentence was understood as it was: which path answered, and what else was weighed."""

from dataclasses import dataclass
from enum import StrEnum

from paige.models.intent import Intent, NotRecognized
from paige.models.nlu.frame import Frame
from paige.models.nlu.targets import Lookup
from paige.models.nlu.values import Value


class Path(StrEnum):
    """What answered."""

    TEMPLATE = "template"
    """A sentence template fits word for word."""
    MODEL = "model"
    """The learned model."""
    NONE = "none"
    """Nothing: no template fits, and there is no model of this language or no word to read."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One parse, and why."""

    result: Intent | NotRecognized
    path: Path
    words: tuple[str, ...]
    """As the sentence was cut."""
    frame: Frame | None = None
    """What the model found, where it was asked."""
    threshold: float | None = None
    """How sure the model had to be."""
    values: tuple[Value, ...] = ()
    """What the words of its slots became."""
    lookups: tuple[Lookup, ...] = ()
    """How names and places were looked up."""
