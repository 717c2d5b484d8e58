"""Models of random weights in the shapes that are measured: as Paige runs them, and as one graph."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import helper

from paige.models.lm.manifest import EMBEDDING, FORMAT, MANIFEST, NORMS, Manifest, ShardKind
from paige.models.lm.packed import PackedModel
from paige.models.lm.packing import Packer
from paige.models.lm.quantization import Quantization
from paige.models.lm.shape import DecoderShape
from paige.tools.lm.convert import head_parts
from paige.tools.lm.graphs import ShardGraph, head_graph, layer_graph
from paige.tools.lm.recipe import Form, LayerForm

SHAPES: Final = {
    "0.5B": DecoderShape("llama", 24, 896, 14, 2, 64, 4864, 32_000, 2048, 1e-5, 1e4),
    "1.1B": DecoderShape("llama", 22, 2048, 32, 4, 64, 5632, 32_000, 2048, 1e-5, 1e4),
}
HOW: Final = Quantization(4, 128)
"""As many bits a weight as llama.cpp's Q4_0 has, 4.5, once x86-64's kernels have arranged it."""
WHOLE: Final = "whole.onnx"
_SHARED: Final = frozenset(("last_position", "known_positions", "cosines", "sines"))
"""Inputs that all layers have in common."""


@dataclass(frozen=True, slots=True)
class Shards:
    """Graphs of a shape, and how many shards there are of each."""

    layer: ShardGraph
    head: ShardGraph
    layers: int
    parts: int
    tokens: int
    """Of a part of the head."""

    @classmethod
    def of(cls, shape: DecoderShape) -> "Shards":
        """In 4 bits."""
        layer = layer_graph(shape, LayerForm.plain(shape, HOW))
        parts, tokens = head_parts(shape, Form(HOW), layer.size)
        return cls(layer, head_graph(shape, Form(HOW), tokens), shape.layers, parts, tokens)

    @property
    def counts(self) -> dict[str, tuple[ShardGraph, int]]:
        """By kind."""
        return {"layer": (self.layer, self.layers), "head": (self.head, self.parts)}


def make(shape: DecoderShape, folder: Path) -> Iterator[str]:
    """Write a model as Paige runs it. All layers are the same bytes, in files of their own.

    Yields:
        What is being done.
    """
    folder.mkdir(parents=True)
    shards, random = Shards.of(shape), np.random.default_rng(1)
    graphs, checksums = {}, {}
    for kind, (graph, count) in shards.counts.items():
        yield f"arranging a {kind}"
        raw = folder / f"raw-{kind}"
        _write(graph, raw, random)
        packer = Packer(graph.model, graph.size, folder)
        graphs[kind] = packer.graph(raw)
        first = folder / f"{kind}-000"
        checksum = packer.shard(graphs[kind], raw, first)
        for number in range(count):
            if number:
                _copy(first, folder / f"{kind}-{number:03}")
            checksums[f"{kind}-{number:03}"] = checksum
        raw.unlink()
    table = random.random((shape.vocabulary, shape.hidden), np.float32)
    (folder / EMBEDDING).write_bytes(table.astype(np.float16).tobytes())
    np.savez(folder / NORMS, allow_pickle=False, **dict.fromkeys(_norms(shape), _ones(shape)))
    manifest = Manifest(
        format=FORMAT,
        shape=shape,
        kinds={kind: ShardKind(graph.size, str(HOW)) for kind, (graph, _) in shards.counts.items()},
        shards={shard: shard.partition("-")[0] for shard in checksums},
        head_tokens=shards.tokens,
        embedding_bits=16,
        licence="none",
    )
    (folder / MANIFEST).write_text(json.dumps(manifest.to_json()), encoding="utf-8")
    PackedModel(folder, manifest, graphs, checksums).save()


def make_whole(shape: DecoderShape, folder: Path) -> None:
    """Write such a model as one graph with one file of weights, for ONNX Runtime alone.

    Each layer has weights of its own: the runtime would keep those that are the same only once.

    Args:
        shape: Of it.
        folder: Made anew.
    """
    folder.mkdir(parents=True)
    shards, random = Shards.of(shape), np.random.default_rng(1)
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []
    inputs: dict[str, onnx.ValueInfoProto] = {}
    outputs: list[onnx.ValueInfoProto] = []
    hidden, offset = "hidden", 0
    with (folder / "weights").open("wb") as data:
        for kind, (graph, count) in shards.counts.items():
            raw = folder / "raw"
            for number in range(count):
                at = f"{kind}{number}."
                one = onnx.load_from_string(graph.model).graph
                names = _names(one, at, hidden)
                nodes += [_renamed(node, names, at) for node in one.node]
                weights += [_moved(tensor, at, offset) for tensor in one.initializer]
                for value in (one for one in one.input if one.name != "hidden" or hidden == "hidden"):
                    inputs.setdefault(names[value.name], _value(value, names))
                outputs += [_value(value, names) for value in one.output if value.name != "next_hidden"]
                hidden = names.get("next_hidden", hidden)
                _write(graph, raw, random)
                offset += data.write(raw.read_bytes())
                raw.unlink()
    made = helper.make_graph(nodes, "whole", list(inputs.values()), outputs, weights)
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    (folder / WHOLE).write_bytes(
        helper.make_model(made, opset_imports=opsets, ir_version=10).SerializeToString()
    )


def _write(graph: ShardGraph, file: Path, random: np.random.Generator) -> None:
    with file.open("wb") as data:
        data.truncate(graph.size)
        for weight in graph.weights:
            data.seek(weight.offset)
            whole = weight.dtype == np.uint8
            drawn = (
                random.integers(0, 256, weight.dims, np.uint8) if whole else random.random(weight.dims) / 100
            )
            data.write(drawn.astype(weight.dtype).tobytes())


def _copy(file: Path, to: Path) -> None:
    """Bytes of its own: a link would be read from memory."""
    with file.open("rb") as source, to.open("wb") as target:
        while data := source.read(1 << 20):
            target.write(data)
        os.fsync(target.fileno())


def _norms(shape: DecoderShape) -> list[str]:
    of_layer = ("attention_norm", "feed_forward_norm")
    return ["norm", *(f"{number}.{name}" for number in range(shape.layers) for name in of_layer)]


def _ones(shape: DecoderShape) -> np.ndarray:
    return np.ones(shape.hidden, np.float32)


def _names(graph: onnx.GraphProto, at: str, hidden: str) -> dict[str, str]:
    """What each value of a shard's graph is called in the whole."""
    made = {name for node in graph.node for name in node.output if name}
    own = made | {tensor.name for tensor in graph.initializer} | {value.name for value in graph.input}
    return {name: name if name in _SHARED else at + name for name in own} | {"hidden": hidden}


def _renamed(node: onnx.NodeProto, names: dict[str, str], at: str) -> onnx.NodeProto:
    made = onnx.NodeProto()
    made.CopyFrom(node)
    made.name = at + node.name
    del made.input[:], made.output[:]
    made.input.extend(names.get(name, name) for name in node.input)
    made.output.extend(names.get(name, name) for name in node.output)
    return made


def _moved(tensor: onnx.TensorProto, at: str, by: int) -> onnx.TensorProto:
    made = onnx.TensorProto()
    made.CopyFrom(tensor)
    made.name = at + tensor.name
    for entry in made.external_data:
        if entry.key == "offset":
            entry.value = str(int(entry.value) + by)
    return made


def _value(value: onnx.ValueInfoProto, names: dict[str, str]) -> onnx.ValueInfoProto:
    made = onnx.ValueInfoProto()
    made.CopyFrom(value)
    made.name = names[value.name]
    return made
