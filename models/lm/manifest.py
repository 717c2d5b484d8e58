"""What a model folder says of itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from paige.models.errors import ModelUnusable
from paige.models.lm.quantization import Quantization
from paige.models.lm.shape import DecoderShape

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
NORMS: Final = "small.npz"
"""Normalizations and biases, which are always in memory."""
EMBEDDING: Final = "embedding"
"""A row for each token; read from flash when it is met."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Of a model folder, before or after its shards are arranged for a machine."""

    format: int
    shape: DecoderShape
    quantization: Quantization
    head_parts: int
    """Shards of the head."""
    head_tokens: int
    """Tokens of each; those behind the vocabulary are none."""
    licence: str
    """Of the weights."""
    layer_bytes: int
    """A layer's file of matrices, as it was made."""
    head_bytes: int
    """The same of a part of the head."""

    def to_json(self) -> dict[str, Any]:
        """As it is written."""
        return {**asdict(self), "shape": self.shape.to_json()}

    @classmethod
    def load(cls, folder: Path) -> "Manifest":
        """Of a folder.

        Raises:
            ModelUnusable: It has none, or one of another format.
        """
        file = folder / MANIFEST
        try:
            data: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise ModelUnusable(f"{file}: a model of format {data['format']}; this Paige reads {FORMAT}")
            rest = {key: value for key, value in data.items() if key not in ("shape", "quantization")}
            shape = DecoderShape.from_json(data["shape"])
            return cls(shape=shape, quantization=Quantization(**data["quantization"]), **rest)
        except OSError as error:
            raise ModelUnusable(f"{file}: a model folder has this file: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelUnusable(f"{file}: this is no manifest of a model: {error!r}") from error

    @property
    def shards(self) -> tuple[str, ...]:
        """In the order of a pass."""
        layers = tuple(f"layer-{number:03}" for number in range(self.shape.layers))
        return layers + tuple(f"head-{part:03}" for part in range(self.head_parts))
