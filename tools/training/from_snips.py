"""SNIPS 2017, to compare the recipe with what others published."""

from collections.abc import Iterator
from pathlib import Path

from paige.models.nlu.tags import NONE
from paige.tools.training.examples import Example
from paige.tools.training.from_slurp import read_rows


def from_snips(file: Path) -> Iterator[Example]:
    """One of its splits, lower case and cut at spaces, as published results have it."""
    for row in read_rows(file):
        words: list[str] = []
        tags: list[str] = []
        place = 0
        for word in row["text"].lower().split():
            begin = row["text"].lower().index(word, place)
            place = begin + len(word)
            words.append(word)
            tags.append(_tag(begin, place, row["slots"]))
        yield Example(tuple(words), row["intent"], tuple(tags), {}, "snips", row["intent"])


def _tag(begin: int, end: int, slots: list[dict[str, object]]) -> str:
    for slot in slots:
        first, last = int(str(slot["start"])), int(str(slot["end"]))
        if begin < last and end > first:
            return f"{'B' if begin <= first else 'I'}-{slot['type']}"
    return NONE
