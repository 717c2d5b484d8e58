"""Keys and values in a file, so that what was read need not be read again after a restart.

    8 bytes      `paige kv`
    4 bytes      length of the head, little-endian as all numbers here
    head         JSON: format, model, shape, tokens, and what else belongs to them
    4 bytes      CRC-32 of all before
    blocks       of 64 positions, the last of what is left: of each layer keys, then values,
                 float32 [heads, positions, width], then CRC-32 of the block

A block can be used without those behind it, so a beginning that two texts have in common serves both, and
damage costs what is behind it.
"""

import json
import os
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from paige.models.errors import ModelUnusable
from paige.models.lm.decoder import KeyValues
from paige.models.lm.manifest import MANIFEST
from paige.models.lm.packed import PACKED, PackedModel
from paige.models.lm.shape import DecoderShape
from paige.models.store.disk import sync
from paige.models.store.machine import processor

FORMAT: Final = 1
BLOCK: Final = 64
"""Positions of a block."""
_MAGIC: Final = b"paige kv"
_NUMBER: Final = struct.Struct("<L")
_MOST: Final = 1 << 26
"""Bytes of a head: a conversation of a million tokens has a tenth."""
FRESH: Final = ".fresh"
"""How the name of a file ends that is not whole yet."""


@dataclass(frozen=True, slots=True)
class Head:
    """Of what the keys and values are."""

    model: str
    """Which model, as which runtime and processor run it; see `identity`."""
    layers: int
    heads: int
    """Of keys and values."""
    width: int
    """Of each head."""
    tokens: tuple[int, ...]
    """One for each position."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What else is kept with them, as JSON has it."""

    @classmethod
    def of(
        cls, model: str, shape: DecoderShape, tokens: Sequence[int], more: Mapping[str, Any] | None = None
    ) -> "Head":
        """Of a model's tokens."""
        return cls(model, shape.layers, shape.key_value_heads, shape.head_width, tuple(tokens), more or {})

    @property
    def size(self) -> int:
        """Bytes of a position."""
        return 2 * self.layers * self.heads * self.width * np.dtype(np.float32).itemsize

    def bytes_of_file(self) -> int:
        """What a file of it has."""
        blocks = -(-len(self.tokens) // BLOCK)
        return len(self._written()) + len(self.tokens) * self.size + blocks * _NUMBER.size

    def _written(self) -> bytes:
        shape = [self.layers, self.heads, self.width]
        told = {
            "format": FORMAT,
            "model": self.model,
            "shape": shape,
            "tokens": self.tokens,
            "more": self.more,
        }
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        head = _MAGIC + _NUMBER.pack(len(text)) + text
        return head + _NUMBER.pack(zlib.crc32(head))


def identity(model: PackedModel) -> str:
    """What keys and values depend on: every byte of a model, the runtime that arranged it, and the processor.

    Files and their checksums stand in the manifest, and in what tells how it is arranged.
    """
    told = [zlib.crc32((model.folder / name).read_bytes()) for name in (MANIFEST, PACKED)]
    return f"{told[0]:08x}{told[1]:08x} {processor()}"


def write(file: Path, head: Head, known: KeyValues) -> None:
    """Write a file, whole or not at all.

    Args:
        file: In the place of what is there.
        head: With as many tokens as are to be kept.
        known: Has read these tokens, and perhaps more.

    Raises:
        OSError: The disk does not take it; the file is what it was.
        ValueError: So many were not read.
    """
    if len(head.tokens) > known.length:
        raise ValueError(f"{len(head.tokens)} tokens; {known.length} were read")
    fresh = file.with_name(f"{file.name}{FRESH}")
    try:
        with fresh.open("wb") as to:
            to.write(head._written())  # noqa: SLF001  # of this module
            for begin in range(0, len(head.tokens), BLOCK):
                checksum = 0
                for array in _arrays(known):
                    data = array[0, :, begin : min(begin + BLOCK, len(head.tokens))].astype("<f4").tobytes()
                    to.write(data)
                    checksum = zlib.crc32(data, checksum)
                to.write(_NUMBER.pack(checksum))
            to.flush()
            os.fsync(to.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
    sync(file.parent)


def read_head(file: Path) -> Head:
    """Of what a file is.

    Raises:
        ModelUnusable: It cannot be read, is damaged, or none of this format.
    """
    try:
        with file.open("rb") as source:
            return _head(source, file)
    except OSError as error:
        raise ModelUnusable(f"{file}: this cannot be read: {error.strerror}") from error


def read(
    file: Path, known: KeyValues, most: int, room: Callable[[int], None] = lambda more: None
) -> str | None:
    """Put what a file keeps where nothing is known yet.

    Args:
        file: Of the same model.
        known: Of the same shape; afterwards it has as many positions as were whole.
        most: Positions at most; further ones are not read.
        room: Told how many bytes of memory it will take.

    Returns:
        What was wrong, where fewer positions were whole than were asked for; None where nothing was.

    Raises:
        ModelUnusable: The head cannot be read, is damaged, or of another shape.
    """
    try:
        with file.open("rb") as source:
            head = _head(source, file)
            shape = (head.layers, head.heads, head.width)
            if shape != _shape(known):
                raise ModelUnusable(
                    f"{file}: this is of another shape, {shape}; {_shape(known)} was expected"
                )
            end = min(most, len(head.tokens), known.positions)
            room(end * head.size)
            for begin in range(0, end, BLOCK):
                count = min(BLOCK, len(head.tokens) - begin)
                if not _block(source, known, begin, count, min(count, end - begin)):
                    return f"{file}: it is damaged from position {begin} on"
                known.length = min(begin + count, end)
    except OSError as error:
        return f"{file}: this cannot be read: {error.strerror}"
    return None


def _head(source: BinaryIO, file: Path) -> Head:
    begin = source.read(len(_MAGIC) + _NUMBER.size)
    if len(begin) < len(_MAGIC) + _NUMBER.size or not begin.startswith(_MAGIC):
        raise ModelUnusable(f"{file}: these are no keys and values that Paige has kept")
    (length,) = _NUMBER.unpack_from(begin, len(_MAGIC))
    text = source.read(length) if length <= _MOST else b""
    end = source.read(_NUMBER.size)
    if len(end) < _NUMBER.size or zlib.crc32(begin + text) != _NUMBER.unpack(end)[0]:
        raise ModelUnusable(f"{file}: its head is damaged")
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ModelUnusable(f"{file}: this is of format {data['format']}; this Paige reads {FORMAT}")
        layers, heads, width = data["shape"]
        return Head(data["model"], layers, heads, width, tuple(data["tokens"]), data["more"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelUnusable(f"{file}: its head is none: {error!r}") from error


def _block(source: BinaryIO, known: KeyValues, begin: int, count: int, wanted: int) -> bool:
    """Whether a block is whole, which is known then."""
    checksum = 0
    for array in _arrays(known):
        _, heads, _, width = array.shape
        data = source.read(heads * count * width * array.itemsize)
        if len(data) < heads * count * width * array.itemsize:
            return False
        checksum = zlib.crc32(data, checksum)
        found = np.frombuffer(data, "<f4").reshape(heads, count, width)
        array[0, :, begin : begin + wanted] = found[:, :wanted]
    end = source.read(_NUMBER.size)
    return len(end) == _NUMBER.size and _NUMBER.unpack(end)[0] == checksum


def _arrays(known: KeyValues) -> list[NDArray[np.float32]]:
    """Keys and values of each layer in turn. Shapes: [1, heads, positions, width]."""
    return [array for pair in known.arrays for array in pair]


def _shape(known: KeyValues) -> tuple[int, int, int]:
    _, heads, _, width = known.arrays[0][0].shape
    return len(known.arrays), heads, width
