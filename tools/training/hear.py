"""Finds out what a recognizer makes of words: speaks sentences of the grammar, which PocketSphinx hears.

    python -m paige.tools.training.hear --count 3000

Adds to `en/heard.tsv`: words that were said, what was heard, and how often; by it `noise` gets words wrong.
The sentences are said to homes that nobody lives in, and are none of those that are measured with. Goes on
where it was stopped: a second run adds as many other sentences. Needs flite (`sudo apt install flite`).
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from paige.models.grammar.sampling import joined
from paige.models.grammar.tokens import is_number, words_of
from paige.tools.bench.progress import progress
from paige.tools.bench.understand.heard import FreeRecognizer
from paige.tools.speak import speak
from paige.tools.training.examples import Example, distinct
from paige.tools.training.from_grammar import from_grammar
from paige.tools.training.heard import confusions, load, save

_VOICES: Final = ("slt", "rms", "kal16", "awb", "kal")
_FIRST_SEED: Final = 1_000
"""Of the sentences; those that a model learns from have smaller ones."""
_MOST_LENGTH: Final = 10
_KEPT: Final = 200
"""Sentences between two writings."""


def sentences(language: str, count: int, seed: int) -> list[Example]:
    """Sentences to say; without digits, as those are heard as words."""
    said = distinct(from_grammar(language, 4 * count, seed))
    fit = [one for one in said if len(one.words) <= _MOST_LENGTH and not any(map(is_number, one.words))]
    return fit[:: max(1, len(fit) // count)][:count]


def main(argv: Sequence[str] | None = None) -> int:
    """Speaks, listens, counts."""
    options = _parser().parse_args(argv)
    flite = shutil.which("flite")
    if flite is None:
        print("hear: flite is missing; install it with: sudo apt install flite", file=sys.stderr)
        return 1
    file = options.out or Path(__file__).parent / options.language / "heard.tsv"
    found, before = load(file)
    recognizer = FreeRecognizer()
    said = sentences(options.language, options.count, _FIRST_SEED + before)
    for number, one in enumerate(progress(said, len(said)), start=1):
        samples = speak(joined(one.words), _VOICES[number % len(_VOICES)], flite)
        found.update(confusions(one.words, words_of(recognizer.hear(samples))))
        if number % _KEPT == 0 or number == len(said):
            save(file, found, before + number)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=3_000, help="sentences to say (default: 3000)")
    parser.add_argument("--language", default="en", help="language of the sentences (default: en)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="(default: the packaged table)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
