"""One pass of a decoder over its shards: tokens in, logits out, keys and values kept."""

import math
import mmap
from collections.abc import Sequence
from contextlib import AbstractContextManager
from threading import Event
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from paige.models.lm.manifest import EMBEDDING, NORMS
from paige.models.lm.packed import PackedModel
from paige.models.lm.rotary import tables
from paige.models.lm.shape import DecoderShape
from paige.models.lm.slot import Slot
from paige.models.onnx import onnxruntime

MOST_AT_ONCE: Final = 64
"""Tokens that pass a layer together; more take memory for what is between matrices."""


class Cancelled(Exception):  # nothing is wrong: somebody asked for it, and expects it
    """A pass was broken off."""


class Shards(Protocol):
    """Who has the shards, and gives them one after the other."""

    def lease(self, shard: str) -> AbstractContextManager[Slot]:
        """A slot with this shard, which stays in it until the lease ends."""


class KeyValues:
    """Keys and values of what has been read, of all layers. Memory is taken as positions are filled.

    Args:
        shape: Of the decoder.
        positions: The longest that it may be, in tokens.
    """

    def __init__(self, shape: DecoderShape, positions: int) -> None:
        self.positions = positions
        self.length = 0
        """Tokens that have been read."""
        size = (1, shape.key_value_heads, positions, shape.head_width)
        self.arrays = [(_untouched(size), _untouched(size)) for _ in range(shape.layers)]
        """Of each layer. Shapes: [1, key_value_heads, positions, head_width]."""
        self.values = [tuple(map(_value, pair)) for pair in self.arrays]


class Decoder:
    """A decoder whose shards somebody else has.

    Args:
        model: Its folder has embeddings and normalizations.
        shards: Who has its shards.
        positions: The longest context, in tokens.
    """

    def __init__(self, model: PackedModel, shards: Shards, positions: int) -> None:
        folder, self.manifest = model.folder, model.manifest
        self.shape = self.manifest.shape
        self._shards = shards
        # Mapped, so that only rows that are met take memory.
        self._embedding = np.memmap(
            folder / EMBEDDING,
            np.float32 if self.manifest.embedding_bits == 32 else np.float16,
            "r",
            shape=(self.shape.vocabulary, self.shape.hidden),
        )  # [vocabulary, hidden]
        with np.load(folder / NORMS) as small:
            self._small = {name: _value(small[name]) for name in small.files}
        cosines, sines = tables(self.shape, positions)
        self._rotary = {"cosines": _value(cosines), "sines": _value(sines)}

    def read(
        self, tokens: Sequence[int], known: KeyValues, *, wanted: int = 1, cancelled: Event | None = None
    ) -> NDArray[np.float32]:
        """Read tokens behind what is known.

        Args:
            tokens: At least one.
            known: What has been read before; it grows by the tokens.
            wanted: Logits of so many of the last tokens are given.
            cancelled: When it is set, the pass is broken off before its next shard.

        Returns:
            Shape: [wanted, vocabulary].

        Raises:
            Cancelled: It was broken off; what was known before still is.
            ValueError: There are no tokens, or more than there are positions for.
        """
        if not 0 < len(tokens) <= known.positions - known.length:
            raise ValueError(f"{len(tokens)} tokens; there is room for {known.positions - known.length}")
        kept: list[NDArray[np.float32]] = []
        for begin in range(0, len(tokens), MOST_AT_ONCE):
            kept.append(self._layers(tokens[begin : begin + MOST_AT_ONCE], known, cancelled))
        hidden = np.concatenate(kept, axis=1)[:, -wanted:]  # [1, wanted, hidden]
        return self._head(np.ascontiguousarray(hidden))

    def _layers(
        self, tokens: Sequence[int], known: KeyValues, cancelled: Event | None
    ) -> NDArray[np.float32]:
        """All layers, for a few tokens. Shape: [1, tokens, hidden]."""
        count = len(tokens)
        now = self._embedding[list(tokens)].astype(np.float32)[None]  # [1, tokens, hidden]
        then = np.empty_like(now)  # a layer reads one and writes the other
        known.length += count
        where = {
            "last_position": _value(np.array([known.length - 1], np.int32)),
            "known_positions": _value(np.array([known.length], np.int32)),
        }
        for number, shard in enumerate(self.manifest.layers):
            if cancelled is not None and cancelled.is_set():
                known.length -= count
                raise Cancelled
            keys, values = known.values[number]
            with self._shards.lease(shard) as slot:
                slot.run(
                    {
                        "hidden": _value(now),
                        **self._of_layer(number),
                        "past_keys": keys,
                        "past_values": values,
                        **where,
                        **self._rotary,
                    },
                    {"next_hidden": _value(then), "keys": keys, "values": values},
                )
            now, then = then, now
        return now

    def _of_layer(self, number: int) -> dict[str, Any]:
        names = ["attention_norm", "feed_forward_norm"]
        names += ["attention_bias"] if self.shape.attention_bias else []
        names += ["query_norm", "key_norm"] if self.shape.query_key_norm else []
        return {name: self._small[f"{number}.{name}"] for name in names}

    def _head(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits. Shape: [tokens, vocabulary]."""
        logits = []
        for shard in self.manifest.head:
            made = np.empty((1, hidden.shape[1], self.manifest.head_tokens), np.float32)
            with self._shards.lease(shard) as slot:
                slot.run({"hidden": _value(hidden), "norm": self._small["norm"]}, {"logits": _value(made)})
            logits.append(made[0])
        return np.concatenate(logits, axis=1)[:, : self.shape.vocabulary]


def _untouched(size: tuple[int, ...]) -> NDArray[np.float32]:
    """Zeros of which only those take memory that are written; the C library's heap touches small arrays."""
    memory = mmap.mmap(-1, math.prod(size) * np.dtype(np.float32).itemsize)
    return np.frombuffer(memory, np.float32).reshape(size)


def _value(array: NDArray[Any]) -> Any:  # noqa: ANN401  # the runtime publishes no types
    """The runtime's view of an array, which shares its memory."""
    return onnxruntime.OrtValue.ortvalue_from_numpy(array)
