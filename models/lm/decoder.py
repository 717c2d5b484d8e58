"""One pass of a decoder over its shards: tokens in, logits out, keys and values kept."""

import math
import mmap
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import count
from threading import Event
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from paige.models.heap import give_back
from paige.models.lm.manifest import EMBEDDING, NORMS
from paige.models.lm.packed import PackedModel
from paige.models.lm.rotary import tables
from paige.models.lm.shape import DecoderShape
from paige.models.lm.slot import Slot
from paige.models.onnx import onnxruntime

MOST_AT_ONCE: Final = 32
"""Tokens that pass a layer together; more take memory for what is between matrices, and are no faster."""
MOST_IN_A_PASS: Final = 512
"""Tokens for which a layer is read once, however many pass it together."""
_KEPT: Final = 2.5
"""Times what is between matrices, that the C library's heap has of it (measured; 0.5B, 32 and 64 tokens)."""
_FEW: Final = 8
"""Tokens after which the heap need not be given back."""
_BOUND: Final = 2
"""Tokens of passes for which everything stays bound: to bind takes a tenth of the time of one token."""


_NUMBERS: Final = count()


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
        self.number = next(_NUMBERS)
        """No other has it."""
        self.positions = positions
        self.length = 0
        """Tokens that have been read."""
        size = (1, shape.key_value_heads, positions, shape.head_width)
        self.arrays = [(_untouched(size), _untouched(size)) for _ in range(shape.layers)]
        """Of each layer. Shapes: [1, key_value_heads, positions, head_width]."""
        self.values = [tuple(map(_value, pair)) for pair in self.arrays]


class _Passed:
    """What passes the layers for so many tokens: hidden states, and where they stand. It is written in place.

    Args:
        tokens: That pass together.
        hidden: The width of a token.
    """

    def __init__(self, tokens: int, hidden: int) -> None:
        self.hidden = tuple(np.empty((1, tokens, hidden), np.float32) for _ in range(2))
        """A layer reads one and writes the other. Shapes: [1, tokens, hidden]."""
        self.values = tuple(map(_value, self.hidden))
        self._last, self._count = np.empty(1, np.int32), np.empty(1, np.int32)
        self.where = {"last_position": _value(self._last), "known_positions": _value(self._count)}

    def stand(self, end: int) -> None:
        """They end before this position."""
        self._last[0], self._count[0] = end - 1, end


class Decoder:
    """A decoder whose shards somebody else has.

    Args:
        model: Its folder has embeddings and normalizations.
        shards: Who has its shards.
        positions: The longest context, in tokens.
        room: Is told before each pass how many bytes it may take besides its shards.
    """

    def __init__(
        self,
        model: PackedModel,
        shards: Shards,
        positions: int,
        room: Callable[[int], None] = lambda more: None,
    ) -> None:
        folder, self.manifest = model.folder, model.manifest
        self.shape = self.manifest.shape
        self._shards = shards
        self._room = room
        self.passes = 0
        """So far."""
        self._few = {tokens: _Passed(tokens, self.shape.hidden) for tokens in range(1, _BOUND + 1)}
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
        now = np.empty((0, self.shape.hidden), np.float32)  # [tokens, hidden]
        for begin in range(0, len(tokens), MOST_IN_A_PASS):
            now = np.concatenate(
                [now, self._layers(tokens[begin : begin + MOST_IN_A_PASS], known, cancelled)]
            )
            now = now[-wanted:]
        self._room(_numbers(wanted * (self.shape.hidden + 2 * self.shape.vocabulary)))
        logits = self._head(np.ascontiguousarray(now[None]))
        if len(tokens) > _FEW:
            give_back()  # the heap keeps what was between the matrices
        return logits

    def _layers(
        self, tokens: Sequence[int], known: KeyValues, cancelled: Event | None
    ) -> NDArray[np.float32]:
        """All layers, each for all of some tokens before the next. Shape: [tokens, hidden]."""
        self._room(self._growth(len(tokens)))
        rows = self._embedding[list(tokens)].astype(np.float32)  # [tokens, hidden]
        parts = [rows[None, begin : begin + MOST_AT_ONCE] for begin in range(0, len(tokens), MOST_AT_ONCE)]
        passed = [self._few.get(part.shape[1]) or _Passed(part.shape[1], self.shape.hidden) for part in parts]
        end = known.length
        for part, one in zip(parts, passed, strict=True):
            end += part.shape[1]
            one.hidden[0][:] = part
            one.stand(end)
        for number, shard in enumerate(self.manifest.layers):
            if cancelled is not None and cancelled.is_set():
                raise Cancelled
            with self._shards.lease(shard) as slot:
                for one in passed:
                    self._run(slot, number, one, known)
            if not self.passes:
                give_back()  # a session leaves holes in the heap when it first runs, 30 MB in all
        known.length = end
        self.passes += 1
        return np.concatenate([one.hidden[self.shape.layers % 2][0] for one in passed])

    def _run(self, slot: Slot, number: int, passed: _Passed, known: KeyValues) -> None:
        """One layer, for a few tokens."""
        what = (number, known.number, id(passed)) if passed in self._few.values() else None
        if what is None or slot.bound != what:
            keys, values = known.values[number]
            read, written = passed.values[number % 2], passed.values[(number + 1) % 2]
            given = {
                "hidden": read,
                **self._of_layer(number),
                "past_keys": keys,
                "past_values": values,
                **passed.where,
                **self._rotary,
            }
            slot.bind(given, {"next_hidden": written, "keys": keys, "values": values}, what)
        slot.run_bound()

    def _growth(self, tokens: int) -> int:
        """Bytes that a pass takes besides its shards: keys and values, and what is between matrices."""
        shape = self.shape
        kept = 2 * shape.layers * shape.key_value_width * tokens
        hidden = 2 * shape.hidden * tokens
        widths = 4 * shape.hidden + 2 * (shape.query_width + shape.key_value_width) + 3 * shape.feed_forward
        between = _KEPT * min(tokens, MOST_AT_ONCE) * widths
        return _numbers(kept + hidden + int(between))

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
    memory = mmap.mmap(-1, _numbers(math.prod(size)), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(memory, np.float32).reshape(size)


def _numbers(count: int) -> int:
    """The bytes of so many."""
    return count * np.dtype(np.float32).itemsize


def _value(array: NDArray[Any]) -> Any:  # noqa: ANN401  # the runtime publishes no types
    """The runtime's view of an array, which shares its memory."""
    return onnxruntime.OrtValue.ortvalue_from_numpy(array)
