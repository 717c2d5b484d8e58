"""What a model folder says of itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from paige.models.errors import ModelUnusable
from paige.models.lm.shape import DecoderShape
from paige.models.store.listing import FileEntry, parsed

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)

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
            shape = _plain(DecoderShape.from_json(data["shape"]))
            if shape.rotary_scaling is not None:
                _plain(shape.rotary_scaling)
            read = {
                "shape": shape,
                "kinds": {name: _plain(ShardKind(**kind)) for name, kind in data["kinds"].items()},
                "shards": _shards(data),
                "files": parsed(data.get("files", {})),
            }
            made = _plain(cls(**{**data, **read}))
            if len(made.shards) <= shape.layers:
                raise ValueError(f"{len(made.shards)} shards of {shape.layers} layers and a head")
            return made
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
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


def _plain(one: "T") -> "T":
    """The same, if all its numbers and texts are what they should be, and none counts nothing.

    Raises:
        TypeError, ValueError: One is not.
    """
    for field_ in fields(one):
        value = getattr(one, field_.name)
        taken = (int, float) if field_.type is float else (field_.type,)
        if field_.type in (bool, int, float, str) and type(value) not in taken:
            raise TypeError(f"{field_.name} is {value!r}")
        if field_.type is int and value < 1:
            raise ValueError(f"{field_.name} is {value}")
    return one


def _shards(data: Mapping[str, Any]) -> dict[str, str]:
    shards = {str(shard): str(kind) for shard, kind in data["shards"]}
    if {*shards.values()} != {*data["kinds"]}:
        raise ValueError(
            f"shards of the kinds {sorted({*shards.values()})}, told are {sorted(data['kinds'])}"
        )
    return shards
