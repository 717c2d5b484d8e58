"""A model folder read back in plain numpy: what its files say, whatever runs them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from paige.models.lm.manifest import EMBEDDING, NORMS, Manifest
from paige.models.lm.quantization import ROW, Quantization
from paige.tools.lm.quantize import restored
from paige.tools.lm.walk import layer, normed

Array = NDArray[np.float32]


def products(folder: Path, shard: str, kind: str) -> Callable[[str, Array], Array]:
    """What the matrices of a shard make of what comes in, by the graph's own names and numbers."""
    graph = onnx.load(folder / f"{kind}.onnx", load_external_data=False).graph
    weights = {}
    for told in graph.initializer:
        at = {entry.key: entry.value for entry in told.external_data}
        dtype = onnx.helper.tensor_dtype_to_np_dtype(told.data_type)
        weights[told.name] = np.fromfile(
            folder / shard, dtype, int(np.prod(told.dims)), offset=int(at["offset"])
        ).reshape(told.dims)
    nodes = {node.input[1]: node for node in graph.node if len(node.input) > 1 and node.input[1] in weights}

    def one(name: str, given: Array) -> Array:
        node = nodes[name]
        if node.op_type == "MatMul":
            return given @ weights[name]
        scales = weights[f"{name}.scales"]
        if node.op_type == "MatMulInteger":
            steps = np.maximum(np.abs(given).max(axis=-1, keepdims=True), 1e-12) / np.float32(127)
            whole = restored(weights[name].T, scales, Quantization(8, ROW), given.shape[-1])
            rounded: Array = np.rint(given / steps) * steps
            return rounded @ whole.T
        told = {attribute.name: attribute.i for attribute in node.attribute}
        how = Quantization(told["bits"], told["block_size"])
        return given @ restored(weights[name], scales, how, told["K"]).T

    def product(name: str, given: Array) -> Array:
        if f"{name}.narrow" in weights:
            return one(f"{name}.wide", one(f"{name}.narrow", given))
        return one(name, given)

    return product


def logits(folder: Path, tokens: list[int]) -> Array:
    """Of every token. Shape: [tokens, vocabulary]."""
    manifest = Manifest.load(folder)
    shape = manifest.shape
    dtype = np.float32 if manifest.embedding_bits == 32 else np.float16
    table = np.fromfile(folder / EMBEDDING, dtype).reshape(shape.vocabulary, shape.hidden)
    small: dict[str, Any] = dict(np.load(folder / NORMS))
    hidden = table[tokens].astype(np.float32)[None]
    for number, shard in enumerate(manifest.layers):
        vectors = {name.partition(".")[2]: small[name] for name in small if name.startswith(f"{number}.")}
        hidden = layer(shape, vectors, products(folder, shard, manifest.shards[shard]), hidden)
    hidden = normed(hidden, small["norm"], shape.norm_epsilon)
    parts = [products(folder, shard, "head")("head", hidden)[0] for shard in manifest.head]
    return np.concatenate(parts, axis=1)[:, : shape.vocabulary]
