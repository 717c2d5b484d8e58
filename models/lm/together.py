"""Reading tokens so that what they give does not depend on how many are read together.

Kernels go through a matrix some rows at a time, and add up what is left over in another order. So a token
that is read alone gives logits that differ a little from what it gives among others; in small integers that
is enough to change which token is the likeliest. Whole tiles, at places that are multiples of a tile, are the
same to the last bit, however many they are. So nothing else is read here: the tokens of a tile that were read
before are read again, and what is missing of the last is filled with the last token, and forgotten again.
"""

import platform
from collections.abc import Sequence
from threading import Event
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.models.lm.decoder import Decoder, KeyValues

TILE: Final = 4 if platform.machine() == "aarch64" else 2
"""Tokens; a multiple of them is read. On Arm attention goes through four rows at a time (ONNX Runtime 1.32,
on Cortex-A76 and Cortex-A72; 1.31 on x86-64 with AVX-512)."""


class Reader:
    """Reads for one conversation.

    Args:
        decoder: The model.
        known: What it has read; it grows.
        tokens: Those that it has read.
        cancelled: When it is set, a pass is broken off before its next shard.
    """

    def __init__(
        self,
        decoder: Decoder,
        known: KeyValues,
        tokens: Sequence[int] = (),
        *,
        cancelled: Event | None = None,
    ) -> None:
        assert len(tokens) >= known.length
        self._decoder = decoder
        self._cancelled = cancelled
        self._tokens = list(tokens[: known.length])
        self.known = known
        self.passes = 0
        """How often all shards were gone through."""

    @property
    def tokens(self) -> Sequence[int]:
        """Those that have been read."""
        return self._tokens[: self.known.length]

    @property
    def room(self) -> int:
        """Tokens that can still be read, with what fills their tile."""
        return self.known.positions - self.known.positions % TILE - self.known.length

    def read(self, tokens: Sequence[int], wanted: int) -> NDArray[np.float32]:
        """Logits of the last tokens.

        Args:
            tokens: At least one, and no more than there is `room` for.
            wanted: Of so many.

        Returns:
            Shape: [wanted, vocabulary].

        Raises:
            Cancelled: It was broken off; what was known before still is.
            ValueError: There is no room for them.
        """
        start = self.known.length
        begun = start % TILE
        filling = -(begun + len(tokens)) % TILE
        self._tokens[start:] = tokens
        self.forget(begun)
        try:
            logits = self._decoder.read(
                [*self._tokens[start - begun :], *[tokens[-1]] * filling],
                self.known,
                wanted=max(2, wanted + filling),
                cancelled=self._cancelled,
            )  # [wanted + filling or more, vocabulary]
        finally:
            self.known.length = max(self.known.length, start)
        self.passes += 1
        self.forget(filling)
        return logits[len(logits) - filling - wanted : len(logits) - filling]

    def forget(self, tokens: int) -> None:
        """Take back the last tokens, as if they had not been read."""
        self.known.length -= tokens
