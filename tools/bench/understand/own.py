"""How well a user's own intents are understood from a few sentences each: SNIPS's, which no model knows.

    python -m paige.tools.bench.understand.own --data FOLDER --sentences 5 > own.yaml

writes the sentences that a user had written, for a training that learns them, too. Sentences with numbers are
left out: in a plain sentence, without a slot, a number cannot be another one.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import yaml

from paige.models.grammar.tokens import words_of
from paige.tools.bench.understand.frames import FrameRules
from paige.tools.bench.understand.heard import own_home
from paige.tools.bench.understand.parser import shipped
from paige.tools.bench.understand.sets import Row
from paige.tools.bench.understand.slurp import text_of
from paige.tools.training.examples import Example
from paige.tools.training.from_snips import from_snips

SENTENCES: Final = (3, 5, 10)
"""That a user wrote for each intent."""
_ASKED: Final = 30
"""Other sentences of each intent."""
_SEED: Final = 4


@dataclass(frozen=True, slots=True)
class OwnScore:
    """What became of sentences where a user had so many of each intent written."""

    written: int
    asked: int
    right: int
    """Taken for the user's intent that it is."""
    wrong: int
    """Taken for anything else."""
    others: int
    """Sentences that are for none of the user's intents."""
    accepted: int
    """Of those, taken for one of them."""


def measured(file: Path, others: Sequence[Row], model: Path | None) -> list[OwnScore]:
    """For each number of sentences.

    Args:
        file: Sentences of SNIPS.
        others: What is for none of its intents.
        model: The model's folder; the shipped one where it is None.
    """
    intents = _intents(file)
    asked = [
        (name, one) for name, its in intents.items() for one in its[max(SENTENCES) : max(SENTENCES) + _ASKED]
    ]
    found = []
    for count in SENTENCES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "own.yaml"
            path.write_text(_sentences(intents, count), encoding="utf-8")
            ask = shipped(model, own=[path])(own_home())
        answers = [(name, ask(text_of(one)).intent) for name, one in asked]
        accepted = sum(ask(text_of(row.example)).intent in intents for row in others)
        right = sum(name == got for name, got in answers)
        wrong = sum(got is not None and name != got for name, got in answers)
        found.append(OwnScore(count, len(asked), right, wrong, len(others), accepted))
    return found


def _intents(file: Path) -> dict[str, list[Example]]:
    """Of each intent its sentences, in an order drawn by chance; a user wrote the first of them."""
    intents: dict[str, list[Example]] = {}
    rules = FrameRules()
    for example in from_snips(file):
        if rules.number(words_of(text_of(example))) is None:
            intents.setdefault(f"My{example.intent}", []).append(example)
    random = Random(_SEED)  # noqa: S311  # no secret
    for examples in intents.values():
        random.shuffle(examples)
    return intents


def _sentences(intents: Mapping[str, Sequence[Example]], count: int) -> str:
    """A file of a user's sentences, so many of each intent."""
    written = {name: [text_of(one) for one in its[:count]] for name, its in intents.items()}
    data = {
        "language": "en",
        "intents": {name: {"data": [{"sentences": said}]} for name, said in written.items()},
    }
    return yaml.safe_dump(data, allow_unicode=True)


def main() -> int:
    """Writes a user's sentences."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the data sets")
    parser.add_argument("--sentences", type=int, default=5, help="of each intent (default: 5)")
    options = parser.parse_args()
    sys.stdout.write(_sentences(_intents(options.data / "snips" / "dev.jsonl"), options.sentences))
    return 0


if __name__ == "__main__":
    sys.exit(main())
