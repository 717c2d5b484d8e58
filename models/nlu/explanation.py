"""Why a sentence was understood as it was: which path answered, and what else was weighed."""

from dataclasses import dataclass
from enum import StrEnum

from paige.models.intent import Intent, NotRecognized
from paige.models.nlu.frame import Frame
from paige.models.nlu.own import Alike
from paige.models.nlu.soundalike import Sounding
from paige.models.nlu.targets import Lookup
from paige.models.nlu.values import Value


class Path(StrEnum):
    """What answered."""

    TEMPLATE = "template"
    """Sentence templates fit word for word."""
    MODEL = "model"
    """The learned model, for the whole sentence or a part of it."""
    SOUND = "sound"
    """What sounds like it is said by a template: it was misheard."""
    NONE = "none"
    """Nothing: no template fits, and there is no model of this language, or no word to read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model made of a sentence or a part of one."""

    text: str
    result: tuple[Intent, ...] | NotRecognized
    """Several where one command names several things."""
    frame: Frame | None = None
    """What it found; None where there was nothing that it could read."""
    values: tuple[Value, ...] = ()
    """What the words of its slots became."""
    lookups: tuple[Lookup, ...] = ()
    """How names and places were looked up."""
    alike: Alike | None = None
    """The user's own sentence that means the same, where that answered."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One parse, and why."""

    result: tuple[Intent, ...] | NotRecognized
    path: Path
    threshold: float | None = None
    """How sure the model had to be, where it was asked."""
    sounding: Sounding | None = None
    """The sentence that it sounds like, where that answered."""
    readings: tuple[Reading, ...] = ()
    """What it made of the sentence and of its parts, in the order in which they were read."""
