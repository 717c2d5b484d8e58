"""Texts that tell what in a model matters, and what it has lost."""

from itertools import accumulate
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from paige.models.errors import ModelUnusable

_TOKENS: Final = 256
"""Of a piece that is read by itself."""
_MOST: Final = 16
"""Pieces of each use."""


def pieces_of(file: Path, tokenizer: Path) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pieces of a text: every other by which to choose, and the rest, by which to measure.

    Each begins where a paragraph does, behind an empty line.

    Args:
        file: Plain text of the kind that the model is to read.
        tokenizer: The model's.

    Returns:
        Shapes: [pieces, tokens], both.

    Raises:
        ModelUnusable: There is no such text, or too little of it.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ModelUnusable(f"{file}: this text cannot be read: {error}") from error
    try:
        coder = Tokenizer.from_file(str(tokenizer))
    except Exception as error:  # the library raises whatever it likes
        raise ModelUnusable(f"{tokenizer}: this is no tokenizer: {error}") from error
    first = coder.encode("").ids[:1]  # what each text begins with, where the model wants that
    told = [coder.encode(paragraph, add_special_tokens=False).ids for paragraph in text.split("\n\n")]
    tokens, width = [token for some in told for token in some], _TOKENS - len(first)
    begins = _begins([0, *accumulate(map(len, told))], width)
    if len(begins) < 2:
        raise ModelUnusable(
            f"{file}: a text of {len(tokens)} tokens; {2 * width} to {4 * width} are the least"
        )
    # As far apart as they can be, as a text's beginning may be all of one kind.
    chosen = np.linspace(0, len(begins) - 1, min(len(begins), 2 * _MOST)).astype(int)
    pieces = np.array([first + tokens[begins[at] : begins[at] + width] for at in chosen.tolist()])
    return pieces[::2], pieces[1::2]


def _begins(paragraphs: list[int], width: int) -> list[int]:
    """Where pieces begin: with paragraphs, if these are not longer than a piece."""
    *starts, end = paragraphs
    found, free = list[int](), 0
    while True:
        start = next((start for start in starts if free <= start < free + width), free)
        if start + width > end:
            return found
        found.append(start)
        free = start + width
