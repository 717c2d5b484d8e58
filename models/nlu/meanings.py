"""Names that mean nearly the same as other words: the "couch light" may be the Sofa Lamp.

What is only near in meaning is never done, and always asked: between what is said and a name that nobody said
there is no certainty, however near they are.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.models.grammar.tokens import Words, words_of
from paige.models.nlu.names import Candidate, Fits
from paige.models.vocabulary import Name

MeaningOf = Callable[[Words], NDArray[np.float32]]
"""What words mean, of length 1. Shape: [hidden]."""

_ENOUGH: Final = 0.6
"""Cosine from which a name is worth asking about; see `docs/decisions/0010-meaning-without-training.md`."""
_MARGIN: Final = 0.1
"""Names so much farther than the nearest are not asked about."""
_MOST_CHOICES: Final = 3
_MOST_NAMES: Final = 600
"""In larger homes nothing is found: each name takes a millisecond or two, once, while somebody waits."""


class Meanings:
    """The names of a home by what they mean; read when the first is looked for.

    Args:
        names: Each name of each thing.
        meaning_of: Asks the model.
    """

    def __init__(self, names: Sequence[Name], meaning_of: MeaningOf) -> None:
        self._names = names
        self._meaning_of = meaning_of
        self._meanings: NDArray[np.float32] | None = None

    def near(self, words: Words, fits: Fits) -> tuple[Candidate, ...]:
        """The few names that mean nearly what words do, nearest first; each thing once.

        Args:
            words: What was said.
            fits: Whether a thing can be meant, by what is known of it.
        """
        if not words or not self._names or len(self._names) > _MOST_NAMES:
            return ()
        if self._meanings is None:
            self._meanings = np.stack([self._meaning_of(words_of(name.spoken)) for name in self._names])
        likeness = self._meanings @ self._meaning_of(words)  # [names]
        found: dict[str, Candidate] = {}
        for at in np.argsort(-likeness):
            near, name = float(likeness[at]), self._names[at]
            best = next(iter(found.values()), None)
            if near < _ENOUGH or len(found) == _MOST_CHOICES:
                break
            if best is not None and near < best.score - _MARGIN:
                break
            if name.value not in found and fits(name.context):
                found[name.value] = Candidate(name.value, name.spoken, round(near, 4), name.context)
        return tuple(found.values())
