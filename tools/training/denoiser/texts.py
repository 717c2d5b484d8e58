"""What is said: sentences of the demo's home and words of the dictionary, or the lines of a file."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Final

from paige.tools.vosk.sentences import UNKNOWN, Speaker, home_graph, known_words, unknown_words

Texts = Callable[[Random], Iterator[str]]
"""Draws texts without end."""

_LENGTHS: Final = range(13, 70)
"""Letters of a text: two to five seconds."""
_SAYABLE: Final = re.compile(r"[A-Za-z' ,.?!-]+")
"""Synthesizers say digits and signs each in their own way, and a quote would end the text."""


def of_homes() -> Texts:
    """Half are sentences of the demo's home, the others words in any order."""
    graph = home_graph()
    known = known_words(graph)
    words, others = sorted(known.keys() - {UNKNOWN}), unknown_words(known)

    def draw(random: Random) -> Iterator[str]:
        speaker = Speaker(graph, words, others, random)
        while True:
            text = " ".join(speaker.draw())
            if _fits(text):
                yield text

    return draw


def of_file(file: Path) -> Texts:
    """The lines of a file, in any order; those that are too short, too long or not of letters are left out.

    Raises:
        ValueError: None is left.
        OSError: It cannot be read.
    """
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    fitting = [line for line in lines if _fits(line)]
    if not fitting:
        raise ValueError(
            f"{file}: none of {len(lines)} lines can be said; expected some of "
            f"{_LENGTHS.start} to {_LENGTHS.stop - 1} letters, without digits"
        )

    def draw(random: Random) -> Iterator[str]:
        while True:
            yield from random.sample(fitting, len(fitting))

    return draw


def _fits(text: str) -> bool:
    return len(text) in _LENGTHS and _SAYABLE.fullmatch(text) is not None
