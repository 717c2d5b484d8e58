"""Writes a language's `numbers.txt.gz`: its numbers as words, so that no board reads the rules for them.

    python -m paige.tools.number_words LANGUAGE FILE

These are the whole numbers up to 1,000, and all that the ranges of its sentences have.
"""

import argparse
import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from paige.models.grammar.lists import RangeList
from paige.models.grammar.nodes import lists_in
from paige.models.grammar.numbers import by_rules
from paige.models.grammar.sentences import Sentences

_MOST: Final = 1_000


def lines(language: str) -> Iterator[str]:
    """A number, a tab, and the ways to say it, in the order of the numbers."""
    templates = Sentences.for_language(language).templates
    ranges = {one for template in templates for one in lists_in(template.node) if isinstance(one, RangeList)}
    numbers = {*range(_MOST + 1), *(number for one in ranges for number in one.numbers())}
    for number in sorted(numbers):
        ways = "|".join(" ".join(way) for way in by_rules(language, number))
        if ways:
            yield f"{number}\t{ways}"


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("language", help="such as en")
    parser.add_argument("file", type=Path, help="what is written")
    options = parser.parse_args(argv)
    text = "".join(f"{line}\n" for line in lines(options.language))
    options.file.write_bytes(gzip.compress(text.encode(), mtime=0))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
