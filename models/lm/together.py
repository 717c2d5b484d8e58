"""Reading tokens so that what they give does not depend on how many are read together.

Kernels for one row of a matrix add up in another order than those for several, so that a token read alone
gives logits that differ a little from what it gives among others; in small integers that is enough to change
which token is the likeliest. Rows of two and more are the same to the last bit, however many they are. So
nothing is read alone here: a lone token is read twice, and the second is forgotten.
"""

from collections.abc import Sequence
from threading import Event

import numpy as np
from numpy.typing import NDArray

from paige.models.lm.decoder import MOST_AT_ONCE, Decoder, KeyValues


class Reader:
    """Reads for one conversation.

    Args:
        decoder: The model.
        known: What it has read; it grows.
        cancelled: When it is set, a pass is broken off before its next shard.
    """

    def __init__(self, decoder: Decoder, known: KeyValues, cancelled: Event | None = None) -> None:
        self._decoder = decoder
        self._cancelled = cancelled
        self.known = known
        self.passes = 0
        """How often all shards were gone through."""

    @property
    def room(self) -> int:
        """Tokens that can still be read; one more is needed for a lone one."""
        return self.known.positions - self.known.length - 1

    def read(self, tokens: Sequence[int], wanted: int) -> NDArray[np.float32]:
        """Logits of the last tokens.

        Args:
            tokens: At least one, and no more than there is `room` for.
            wanted: Of so many.

        Returns:
            Shape: [wanted, vocabulary].

        Raises:
            Cancelled: It was broken off; what was known before still is.
            ValueError: There are no tokens, or there is no room for them.
        """
        lone = len(tokens) % MOST_AT_ONCE == 1
        given = [*tokens, tokens[-1]] if lone else tokens
        logits = self._decoder.read(
            given, self.known, wanted=max(2, wanted + lone), cancelled=self._cancelled
        )  # [wanted + 1, vocabulary], or one less
        self.passes += 1
        if lone:
            self.forget(1)
            logits = logits[:-1]
        return logits[-wanted:]

    def forget(self, tokens: int) -> None:
        """Take back the last tokens, as if they had not been read."""
        self.known.length -= tokens
