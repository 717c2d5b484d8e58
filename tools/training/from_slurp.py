"""SLURP and HWU64, whose requests are labelled alike, in our intents and slots by `slurp_labels.yaml`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from paige.models.nlu.labels import OTHER
from paige.models.nlu.slots import AMOUNT
from paige.models.nlu.tags import bio, spans
from paige.tools.training.examples import Example, annotated
from paige.tools.training.numbers import Numbers
from paige.tools.training.table import table

NAME = "name"
SLURP_DEV = "slurp/dev"
"""How rows of HWU64 are marked that are also in SLURP's development set."""


class SlurpLabels:
    """The table from their labels to ours."""

    def __init__(self) -> None:
        labels = table("slurp_labels.yaml")
        self._intents: Mapping[str, Mapping[str, Any]] = labels["intents"]
        self._slots: Mapping[str, str] = labels["slots"]
        self._unclear = frozenset(labels["unclear"])
        self._levels, self._unnamed = frozenset(labels["levels"]), frozenset(labels["unnamed"])
        self._ignored = frozenset(labels["ignored"])
        self._numbers = Numbers("en")

    def example(self, row: Mapping[str, Any], source: str) -> Example | None:
        """A row in our labels; None where it is unclear whether it is for a home."""
        label = row["intent"]
        if label in self._unclear:
            return None
        ours = self._intents.get(label)
        if ours is None:
            words, _ = annotated(row["text"], (), {})
            return Example(words, OTHER + label.split("_")[0], bio(len(words), ()), {}, source, label)
        meant = {type_: tag for type_, tag in self._slots.items() if tag in ours["slots"]}
        words, tags = annotated(row["text"], row["slots"], meant)
        intent, traits = ours["intent"], dict(ours.get("traits", {}))
        tags = self._only_names(words, tags)
        if any(slot == NAME for slot, _, _ in spans(tags)):
            traits.pop("domain", None)
        if "level" in ours and self._says_level(words, tags):
            intent, traits = ours["level"], {}
        return Example(words, intent, self._only_numbers(words, tags), traits, source, label)

    def _only_names(self, words: tuple[str, ...], tags: tuple[str, ...]) -> tuple[str, ...]:
        """Without names that only say what kind of thing it is."""
        generic = self._unnamed | self._ignored
        return bio(
            len(words),
            [
                (slot, begin, end)
                for slot, begin, end in spans(tags)
                if slot != NAME or not generic.issuperset(words[begin:end])
            ],
        )

    def _says_level(self, words: tuple[str, ...], tags: tuple[str, ...]) -> bool:
        """Whether a number is where to go ("to seven"), and not how far."""
        return any(
            slot == AMOUNT and words[begin] in self._levels and self._numbers.first(words, begin, end)
            for slot, begin, end in spans(tags)
        )

    def _only_numbers(self, words: tuple[str, ...], tags: tuple[str, ...]) -> tuple[str, ...]:
        """Of "by twenty percent" the number is the amount; "a little" is none."""
        found = []
        for slot, begin, end in spans(tags):
            if slot != AMOUNT:
                found.append((slot, begin, end))
            elif number := self._numbers.first(words, begin, end):
                found.append((slot, *number))
        return bio(len(words), found)


def read_rows(file: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a file of JSON lines."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def from_hwu64(file: Path) -> Iterator[Example]:
    """HWU64 without what is also in SLURP's development set, which is for measuring."""
    labels = SlurpLabels()
    for row in read_rows(file):
        if SLURP_DEV not in row.get("also_in", ""):
            example = labels.example(row, "hwu64")
            if example is not None and example.words:
                yield example


def from_slurp(file: Path) -> Iterator[Example]:
    """SLURP's development set, to measure with."""
    labels = SlurpLabels()
    for row in read_rows(file):
        example = labels.example(row, "slurp")
        if example is not None and example.words:
            yield example
