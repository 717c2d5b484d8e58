"""What a model folder says of itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from paige.models.errors import ModelUnusable
from paige.models.lm.shape import DecoderShape
from paige.models.store.listing import FileEntry, parsed

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
NORMS: Final = "small.npz"
"""Normalizations and biases, which are always in memory."""
EMBEDDING: Final = "embedding"
"""A row for each token; read from flash when it is met."""


@dataclass(frozen=True, slots=True)
class ShardKind:
    """Shards that one graph runs, which lies in the file `KIND.onnx`."""

    bytes: int
    """A shard's file of matrices, as it was made."""
    weights: str
    """How they are written, for people to read."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Of a model folder, before or after its shards are arranged for a machine."""

    format: int
    shape: DecoderShape
    kinds: Mapping[str, ShardKind]
    shards: Mapping[str, str]
    """Each with its kind, in the order of a pass: layers, then parts of the head."""
    head_tokens: int
    """Tokens of a part of the head; those behind the vocabulary are none."""
    embedding_bits: int
    """Of a number in the table of embeddings, 16 or 32."""
    licence: str
    """Of the weights."""
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    """All others of the folder, as they were made."""

    def to_json(self) -> dict[str, Any]:
        """As it is written."""
        return {**asdict(self), "shape": self.shape.to_json(), "shards": list(self.shards.items())}

    @classmethod
    def load(cls, folder: Path) -> "Manifest":
        """Of a folder.

        Raises:
            ModelUnusable: It has none, or one of another format.
        """
        file = folder / MANIFEST
        try:
            return cls.read(file.read_bytes(), str(file))
        except OSError as error:
            raise ModelUnusable(f"{file}: a model folder has this file: {error.strerror}") from error

    @classmethod
    def read(cls, text: bytes, place: str) -> "Manifest":
        """As it was written.

        Args:
            text: All of the file.
            place: Where it is from.

        Raises:
            ModelUnusable: It is none, or one of another format.
        """
        try:
            data: Mapping[str, Any] = json.loads(text)
            if data["format"] != FORMAT:
                raise ModelUnusable(f"{place}: a model of format {data['format']}; this Paige reads {FORMAT}")
            read = {
                "shape": DecoderShape.from_json(data["shape"]),
                "kinds": {name: ShardKind(**kind) for name, kind in data["kinds"].items()},
                "shards": _shards(data),
                "files": parsed(data.get("files", {})),
            }
            return cls(**{**data, **read})
        except (ValueError, KeyError, TypeError) as error:
            raise ModelUnusable(f"{place}: this is no manifest of a model: {error!r}") from error

    @property
    def layers(self) -> tuple[str, ...]:
        """Shards that are layers."""
        return tuple(self.shards)[: self.shape.layers]

    @property
    def head(self) -> tuple[str, ...]:
        """Shards that are parts of the head."""
        return tuple(self.shards)[self.shape.layers :]

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """Shards of a kind, in the order of a pass."""
        return tuple(shard for shard, its in self.shards.items() if its == kind)


def _shards(data: Mapping[str, Any]) -> dict[str, str]:
    shards = {str(shard): str(kind) for shard, kind in data["shards"]}
    if {*shards.values()} != {*data["kinds"]}:
        raise ValueError(
            f"shards of the kinds {sorted({*shards.values()})}, told are {sorted(data['kinds'])}"
        )
    return shards
