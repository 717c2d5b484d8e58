"""CLINC150: requests that are not for a home."""

import json
from collections.abc import Iterator
from pathlib import Path

from paige.models.grammar.tokens import tokenize
from paige.models.nlu.labels import OTHER
from paige.models.nlu.tags import bio
from paige.tools.training.examples import Example
from paige.tools.training.from_slurp import read_rows
from paige.tools.training.table import table

_OUT_OF_SCOPE = "oos"


def from_clinc(folder: Path, *files: str) -> Iterator[Example]:
    """Rows of some of its files, by their domain; those that a home may be asked are left out."""
    unclear = frozenset(table("clinc_labels.yaml")["unclear"])
    domains = json.loads((folder / "domains.json").read_text(encoding="utf-8"))
    domain_of = {intent: domain for domain, intents in domains.items() for intent in intents}
    for file in files:
        for row in read_rows(folder / file):
            words = tokenize(row["text"]).words
            if row["intent"] not in unclear and words:
                subject = domain_of.get(row["intent"], _OUT_OF_SCOPE)
                yield Example(words, f"{OTHER}{subject}", bio(len(words), ()), {}, "clinc150", row["intent"])
