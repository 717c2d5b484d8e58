"""home-llm's piles: requests for devices, most with a place for the device's name."""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from paige.models.grammar.numbers import spell
from paige.models.grammar.tokens import words_of
from paige.models.nlu.tags import Span, bio
from paige.tools.training.examples import Example
from paige.tools.training.table import table

_PLACE = re.compile(r"<(\w+)>")
_COLORS = (
    "red",
    "green",
    "blue",
    "yellow",
    "purple",
    "orange",
    "pink",
    "white",
    "cyan",
    "magenta",
    "turquoise",
)
_NAMES_A_PHRASE = 6


def from_home_llm(folder: Path, seed: int) -> Iterator[Example]:
    """Its templated and its specific requests; those for several devices at once are left out."""
    random = Random(seed)  # noqa: S311  # sentences, not secrets
    labels = table("home_llm_labels.yaml")
    devices = names(folder)
    for row in _rows(folder / "pile_of_templated_actions.csv"):
        kind, service = row["device_type"], row["service"]
        if f"{kind}.{service}" in labels["services"]:
            for _ in range(_NAMES_A_PHRASE):
                filled = {"device_name": random.choice(devices[kind])} | _values(random)
                example = _example(row["phrase"], filled, labels, f"{kind}.{service}")
                if example is not None:
                    yield example
    for row in _rows(folder / "pile_of_specific_actions.csv"):
        name = row["device_name"].replace("_", " ").lower()
        phrase = re.sub(re.escape(name), "<device_name>", row["phrase"], count=1, flags=re.IGNORECASE)
        if row["service_name"] in labels["services"] and "<device_name>" in phrase:
            example = _example(phrase, {"device_name": name}, labels, row["service_name"])
            if example is not None:
                yield example


def _example(
    phrase: str, filled: Mapping[str, str], labels: Mapping[str, Any], service: str
) -> Example | None:
    meant = labels["services"][service]
    intent = meant["intent"]
    words: list[str] = []
    spans: list[Span] = []
    for number, piece in enumerate(_PLACE.split(phrase)):
        if number % 2 == 0:
            words += words_of(piece)
            continue
        if piece not in filled:
            return None
        said = words_of(filled[piece])
        extra = labels["with"].get(piece, {})
        intent = extra.get("intent", intent)
        tag = "name" if piece == "device_name" else extra.get("tag")
        if tag is None:
            return None
        spans.append((tag, len(words), len(words) + len(said)))
        words += said
    return Example(tuple(words), intent, bio(len(words), spans), meant.get("traits", {}), "home_llm", service)


def _values(random: Random) -> dict[str, str]:
    brightness, degrees = random.randint(1, 100), random.randint(50, 86)
    return {
        "brightness": random.choice((str(brightness), " ".join(random.choice(spell("en", brightness))))),
        "color": random.choice(_COLORS),
        "temp_f": random.choice((str(degrees), " ".join(random.choice(spell("en", degrees))))),
    }


def names(folder: Path) -> dict[str, list[str]]:
    """What its devices are called, by what they are."""
    found: dict[str, list[str]] = {}
    for row in _rows(folder / "pile_of_device_names.csv"):
        found.setdefault(row["device_name"].partition(".")[0], []).append(row["description"])
    return found


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
