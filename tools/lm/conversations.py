"""Conversations with homes, as text for `paige import --text`: of the kind that the shipped model learns.

    python -m paige.tools.lm.conversations --data FOLDER > house.txt

FOLDER has the data sets, each in the folder of its name. No conversation is one that was learned from.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from paige.tools.training.decoder.mixture import Mixture, Sources
from paige.tools.training.decoder.tokenizer import ASSISTANT, END, SYSTEM, USER

_FIRST: Final = 1 << 40
"""Beyond the numbers of conversations that training draws."""
_TURNS: Final = 6


def text(mixture: Mixture, number: int) -> str:
    """A conversation with all its marks; it holds no empty line."""
    drawn = mixture.conversation(_FIRST + number, _TURNS)
    turns = (f"{USER}{turn.request}{ASSISTANT}{turn.answer}{END}" for turn in drawn.turns)
    return f"{SYSTEM}{drawn.home}{''.join(turns)}"


def main(argv: Sequence[str] | None = None) -> int:
    """Prints them, with empty lines between."""
    parser = argparse.ArgumentParser(prog="python -m paige.tools.lm.conversations")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--language", default="en")
    parser.add_argument("--count", type=int, default=64, help="how many (default: 64)")
    given = parser.parse_args(argv)
    mixture = Mixture(given.language, Sources.gather(given.language, given.data))
    print("\n\n".join(text(mixture, number) for number in range(given.count)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
