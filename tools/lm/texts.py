"""Texts that tell what in a model matters, and what it has lost."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from paige.models.errors import ModelUnusable

_TOKENS: Final = 128
"""Of a piece that is read by itself."""
_MOST: Final = 32
"""Pieces of each use."""


def pieces_of(file: Path, tokenizer: Path) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pieces of a text: every other by which to choose, and the rest, by which to measure.

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
    coder = Tokenizer.from_file(str(tokenizer))
    first = coder.encode("").ids[:1]  # with what each text begins, where the model wants that
    tokens = coder.encode(text, add_special_tokens=False).ids
    width = _TOKENS - len(first)
    count = len(tokens) // width
    if count < 2:
        raise ModelUnusable(f"{file}: a text of {len(tokens)} tokens; {2 * width} are the least")
    # As far apart as they can be, as a text's beginning may be all of one kind.
    places = np.linspace(0, count - 1, min(count, 2 * _MOST)).astype(int)
    pieces = np.array([first + tokens[at * width : (at + 1) * width] for at in places.tolist()])
    return pieces[::2], pieces[1::2]
