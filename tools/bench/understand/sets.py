"""The data sets that are measured with, as far as they are there: SLURP’s and CLINC150’s."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paige.models.nlu.frame import Frame, frame
from paige.models.nlu.model import JointModel
from paige.tools.bench.understand.judgement import Verdict
from paige.tools.bench.understand.slurp import AUDIO, IOT, OUTSIDE, scenario
from paige.tools.training.examples import Example
from paige.tools.training.from_clinc import from_clinc
from paige.tools.training.from_slurp import from_slurp

SLURP_OUTSIDE: Final = "SLURP, ten scenarios outside a home"
SLURP_REST: Final = "SLURP, the rest of what the table refuses"
CLINC_OUT: Final = "CLINC, out of scope"
CLINC_IN: Final = "CLINC, intents that are not for a home"
REFUSED: Final = (SLURP_OUTSIDE, SLURP_REST, CLINC_OUT, CLINC_IN)
"""Sets of sentences of which none may be accepted."""
SETS: Final = ("slurp", "clinc150", "ha_intents")
"""Folders of the data that are used."""


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence, of which set it is, and what the model makes of it."""

    group: str
    example: Example
    frame: Frame | None = None
    """None where no model has read it."""

    @property
    def verdict(self) -> Verdict:
        """What would be done, and how sure that is."""
        assert self.frame is not None, "a model must have read it"
        likeliest = max(
            ((self.frame.intent, self.frame.confidence), *self.frame.runners_up), key=lambda one: one[1]
        )
        return Verdict(
            self.group, self.example.intent, likeliest[0], self.frame.intent, self.frame.confidence
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a sentence that is not for a home."""

    row: Row
    whole: bool
    """Whether the whole parser took it for an intent."""
    template: bool
    """Whether a template has it, word for word."""


def missing(data: Path | None) -> list[str]:
    """Folders that are not there."""
    return [name for name in SETS if data is None or not (data / name).is_dir()]


def rows(data: Path | None) -> list[Row]:
    """All of SLURP and CLINC150 that is there."""
    absent = missing(data)
    found: list[Row] = []
    if data is not None and "slurp" not in absent:
        found += [Row(_group(one), one) for one in from_slurp(data / "slurp" / "dev.jsonl")]
    if data is not None and "clinc150" not in absent:
        folder = data / "clinc150"
        found += [Row(CLINC_OUT, one) for one in from_clinc(folder, "oos_dev.jsonl")]
        found += [Row(CLINC_IN, one) for one in from_clinc(folder, "dev.jsonl")]
    return found


def of(found: Sequence[Row], *groups: str) -> list[Row]:
    """Those of some groups."""
    return [row for row in found if row.group in groups]


def read(model: JointModel, row: Row) -> Row:
    """A row with what the model makes of it."""
    words = row.example.words
    return Row(row.group, row.example, frame(words, model.read(words), model.labels))


def _group(example: Example) -> str:
    its = scenario(example)
    if its in (IOT, AUDIO):
        return its
    return SLURP_OUTSIDE if its in OUTSIDE else SLURP_REST
