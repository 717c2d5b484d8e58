"""Reading tokens so that what they give does not depend on how many are read together.

Kernels go through a matrix some rows at a time, and add up what is left over in another order. So a token
that is read alone gives logits that differ a little from what it gives among others; in small integers that
is enough to change which token is the likeliest. Whole tiles of rows are the same to the last bit, however
many they are. So nothing else is read here: what is missing of a tile is filled with the last token, which is
forgotten again.
"""

import platform
from collections.abc import Sequence
from threading import Event
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.models.lm.decoder import Decoder, KeyValues

TILE: Final = 4 if platform.machine() == "aarch64" else 2
"""Tokens; a multiple of them is read. On Arm attention goes through four rows at a time (ONNX Runtime 1.32, on
Cortex-A76 and Cortex-A72; 1.31 on x86-64 with AVX-512)."""


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
        """Tokens that can still be read, with what fills their tile."""
        return self.known.positions - self.known.length - (TILE - 1)

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
        filling = -len(tokens) % TILE
        logits = self._decoder.read(
            [*tokens, *[*tokens[-1:]] * filling],
            self.known,
            wanted=max(2, wanted + filling),
            cancelled=self._cancelled,
        )  # [wanted + filling or more, vocabulary]
        self.passes += 1
        self.forget(filling)
        return logits[len(logits) - filling - wanted : len(logits) - filling]

    def forget(self, tokens: int) -> None:
        """Take back the last tokens, as if they had not been read."""
        self.known.length -= tokens
