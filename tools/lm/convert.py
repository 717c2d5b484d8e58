"""From a checkpoint to a model folder that any board can install: graphs, and the matrices of each shard.

Never more than one matrix of one layer is in memory.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paige.models.lm.manifest import FORMAT, MANIFEST, NORMS, Manifest, ShardKind
from paige.models.lm.quantization import Quantization
from paige.models.lm.shape import DecoderShape
from paige.models.store.listing import listed
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.graphs import ShardGraph, head_graph, layer_graph
from paige.tools.lm.quantize import quantized

Tensor = Callable[[str], NDArray[np.float32]]
"""A tensor of the checkpoint, by its name."""

_COPIED: Final = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json")
_ROWS: Final = 32
"""A part of the head has a multiple of so many tokens."""


def convert(checkpoint: Checkpoint, quantization: Quantization, to: Path, licence: str) -> Manifest:
    """Write a model folder.

    Args:
        checkpoint: What to convert.
        quantization: Of layers and head.
        to: The folder; made anew.
        licence: Of the weights, as its authors name it.

    Raises:
        ModelUnusable: The checkpoint lacks something, or is damaged.
    """
    shape, tensor = checkpoint.shape, checkpoint.tensor
    to.mkdir(parents=True, exist_ok=True)
    layer = layer_graph(shape, quantization)
    parts, tokens = head_parts(shape, quantization, layer.size)
    head = head_graph(shape, quantization, tokens)
    (to / "layer.onnx").write_bytes(layer.model)
    (to / "head.onnx").write_bytes(head.model)
    norms: dict[str, NDArray[np.float32]] = {"norm": tensor("model.norm.weight")}
    for number in range(shape.layers):
        _write(layer, to / f"layer-{number:03}", _layer(tensor, shape, number), quantization)
        norms |= dict(_small(tensor, shape, number))
    table = "model.embed_tokens.weight" if shape.tied else "lm_head.weight"
    for part in range(parts):
        rows = tensor(table)[part * tokens : (part + 1) * tokens]
        padded = np.zeros((tokens, shape.hidden), np.float32)
        padded[: len(rows)] = rows
        _write(head, to / f"head-{part:03}", {"head": padded}, quantization)
    _embedding(tensor("model.embed_tokens.weight"), quantization, to / "embedding")
    np.savez(to / NORMS, allow_pickle=False, **norms)
    for name in _COPIED:
        if (checkpoint.folder / name).is_file():
            shutil.copyfile(checkpoint.folder / name, to / name)
    kinds = {
        name: ShardKind(graph.size, str(quantization)) for name, graph in (("layer", layer), ("head", head))
    }
    shards = {f"layer-{number:03}": "layer" for number in range(shape.layers)}
    shards |= {f"head-{part:03}": "head" for part in range(parts)}
    embedding = 32 if quantization.bits == 32 else 16
    files = listed(to, besides=MANIFEST)
    manifest = Manifest(FORMAT, shape, kinds, shards, tokens, embedding, licence, files)
    (to / MANIFEST).write_text(json.dumps(manifest.to_json(), indent=2), encoding="utf-8")
    return manifest


def head_parts(shape: DecoderShape, quantization: Quantization, most: int) -> tuple[int, int]:
    """In how many shards the head is cut, and how many tokens each has.

    What is streamed passes through one slot for each kind, so that a part larger than a layer would keep a
    layer from staying in memory.

    Args:
        shape: Of the decoder.
        quantization: Of the head.
        most: Bytes that a part may have.
    """
    parts = -(-head_graph(shape, quantization, shape.vocabulary).size // most)
    tokens = -(-shape.vocabulary // (parts * _ROWS)) * _ROWS
    return -(-shape.vocabulary // tokens), tokens


def _layer(
    tensor: Tensor, shape: DecoderShape, number: int
) -> dict[str, Callable[[], NDArray[np.float32]] | Any]:
    """The matrices of a layer, each read when it is asked for. Shapes: [out, in]."""
    at = f"model.layers.{number}"

    def together(*names: str) -> Callable[[], NDArray[np.float32]]:
        return lambda: np.concatenate([tensor(f"{at}.{name}.weight") for name in names])

    return {
        "query_key_value": together("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        "attention_output": together("self_attn.o_proj"),
        "gate_up": together("mlp.gate_proj", "mlp.up_proj"),
        "down": together("mlp.down_proj"),
    }


def _small(tensor: Tensor, shape: DecoderShape, number: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """What a layer has besides matrices."""
    at = f"model.layers.{number}"
    yield f"{number}.attention_norm", tensor(f"{at}.input_layernorm.weight")
    yield f"{number}.feed_forward_norm", tensor(f"{at}.post_attention_layernorm.weight")
    if shape.attention_bias:
        biases = [tensor(f"{at}.self_attn.{name}_proj.bias") for name in "qkv"]
        yield f"{number}.attention_bias", np.concatenate(biases)
    if shape.query_key_norm:
        for name, short in (("query_norm", "q_norm"), ("key_norm", "k_norm")):
            yield f"{number}.{name}", tensor(f"{at}.self_attn.{short}.weight")


def _write(graph: ShardGraph, file: Path, matrices: dict[str, Any], how: Quantization) -> None:
    with file.open("wb") as to:
        to.truncate(graph.size)
        weights = {weight.name: weight for weight in graph.weights}
        for name, matrix in matrices.items():
            values = matrix() if callable(matrix) else matrix  # [out, in]
            if how.bits == 32:
                made = {name: np.ascontiguousarray(values.T)}
            else:
                integers, scales = quantized(values, how)
                made = {name: integers, f"{name}.scales": scales}
            for weight, data in made.items():
                to.seek(weights[weight].offset)
                to.write(data.tobytes())


def _embedding(table: NDArray[np.float32], how: Quantization, file: Path) -> None:
    """A row for each token, so that one is read at a time; 16 bits where layers have fewer than 32."""
    file.write_bytes(table.astype(np.float32 if how.bits == 32 else np.float16).tobytes())
