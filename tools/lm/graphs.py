"""The ONNX graphs of a decoder: one for each kind of shard, its weights in a file of their own.

Every layer of a model has the same graph, so what differs from layer to layer, large or small, is no part of
it: matrices lie in the file `weights`, and normalizations and biases come as inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper

from paige.models.errors import ModelUnusable
from paige.models.lm.quantization import ROW, Quantization
from paige.models.lm.shape import DecoderShape
from paige.tools.lm.recipe import Form, LayerForm

WEIGHTS: Final = "weights"
"""The file in which a shard's matrices lie, one after the other."""
_OPSET: Final = 21
_CONTRIB: Final = "com.microsoft"
_ALIGNED: Final = 4096
"""Matrices begin at pages, so that they can be mapped."""
_LEAST: Final = 128
"""Bytes; what is smaller would be kept in the graph when it is arranged, and be the same in each shard."""
_GREATEST: Final = 127.0
"""Of the integers in which a token's numbers are rounded, above and below `_MIDDLE`."""
_MIDDLE: Final = 128
_TYPES: Final = {
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.uint8): TensorProto.UINT8,
    np.dtype(np.int8): TensorProto.INT8,
    np.dtype(np.int64): TensorProto.INT64,
}


@dataclass(frozen=True, slots=True)
class Weight:
    """A matrix, or the scales of one, in the file of a shard."""

    name: str
    dims: tuple[int, ...]
    dtype: np.dtype[np.generic]
    offset: int
    """Bytes from the beginning of the file."""

    @property
    def length(self) -> int:
        """Bytes."""
        return int(np.prod(self.dims)) * self.dtype.itemsize


@dataclass(frozen=True, slots=True)
class ShardGraph:
    """A graph, and where its weights lie."""

    model: bytes
    """ONNX, without weights."""
    weights: tuple[Weight, ...]

    @property
    def size(self) -> int:
        """Bytes of the file of weights."""
        last = self.weights[-1]
        return _aligned(last.offset + last.length)


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGNED) * _ALIGNED


class _Builder:
    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[Weight] = []
        self._end = 0

    def node(
        self,
        kind: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        domain: str = "",
        **attributes: float | str | Sequence[int],
    ) -> str:
        node = helper.make_node(kind, list(inputs), list(outputs), name=outputs[0], domain=domain)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        self._nodes.append(node)
        return outputs[0]

    def weight(self, name: str, dims: tuple[int, ...], dtype: type[np.generic]) -> str:
        found = Weight(name, dims, np.dtype(dtype), self._end)
        if found.length < _LEAST:
            raise ModelUnusable(f"{name}: a matrix with {found.length} bytes; {_LEAST} are the least")
        self._weights.append(found)
        self._end = _aligned(found.offset + found.length)
        return name

    def constant(self, name: str, value: float | int | Sequence[int], dtype: type[np.generic]) -> str:
        """A small one, in the graph itself."""
        array = np.array(value, dtype)
        tensor = helper.make_tensor(name, _TYPES[array.dtype], array.shape, array.ravel().tolist())
        self._nodes.append(helper.make_node("Constant", [], [name], name=name, value=tensor))
        return name

    def product(self, of: str, name: str, width_in: int, width_out: int, form: Form) -> str:
        """`of` times a matrix. Shapes: [1, tokens, width_in] to [1, tokens, width_out]."""
        output = f"{name}.product"
        if form.rank == 0:
            return self._times(of, name, width_in, width_out, form.how, output)
        narrow = self._times(of, f"{name}.narrow", width_in, form.rank, form.how, f"{name}.between")
        return self._times(narrow, f"{name}.wide", form.rank, width_out, form.how, output)

    def _times(
        self, of: str, name: str, width_in: int, width_out: int, how: Quantization, output: str
    ) -> str:
        if how.block == ROW:
            return self._in_rows(of, name, width_in, width_out, output)
        if how.bits == 32:
            matrix = self.weight(name, (width_in, width_out), np.float32)
            return self.node("MatMul", [of, matrix], [output])
        blocks = how.blocks(width_in)
        packed = self.weight(name, (width_out, blocks, how.block * how.bits // 8), np.uint8)
        scales = self.weight(f"{name}.scales", (width_out * blocks,), np.float32)
        return self.node(
            "MatMulNBits", [of, packed, scales], [output], _CONTRIB,
            K=width_in, N=width_out, bits=how.bits, block_size=how.block, accuracy_level=4,
        )  # fmt: skip

    def _in_rows(self, of: str, name: str, width_in: int, width_out: int, output: str) -> str:
        """Integers times integers, each token with a scale of its own.

        `DynamicQuantizeMatMul` has one scale for all tokens, so that a token would depend on others that are
        read with it, and the first, whose numbers are often hundreds of times larger, would drown the rest.
        """
        to = self.node

        def at(what: str) -> str:
            return f"{name}.{what}"

        matrix = self.weight(name, (width_in, width_out), np.int8)
        scales = self.weight(at("scales"), (width_out,), np.float32)
        axis = self.constant(at("axis"), [-1], np.int64)
        greatest = to("ReduceMax", [to("Abs", [of], [at("sizes")]), axis], [at("greatest")], keepdims=1)
        least = self.constant(at("least"), 1e-12, np.float32)  # of a token that is all zero
        step = self.constant(at("step"), 1 / _GREATEST, np.float32)
        scale = to("Mul", [to("Max", [greatest, least], [at("most")]), step], [at("scale")])
        rounded = to("Round", [to("Div", [of, scale], [at("divided")])], [at("rounded")])
        # Unsigned, as x86-64 has no quick kernel for others.
        above = to("Add", [rounded, self.constant(at("above"), _MIDDLE, np.float32)], [at("moved")])
        integers = to("Cast", [above], [at("integers")], to=TensorProto.UINT8)
        middle = self.constant(at("middle"), _MIDDLE, np.uint8)
        sums = to("Cast", [to("MatMulInteger", [integers, matrix, middle], [at("sums")])], [at("real")], to=1)
        return to("Mul", [to("Mul", [sums, scale], [at("rows")]), scales], [output])

    def norm(self, of: str, weight: str, output: str, epsilon: float) -> str:
        """RMS normalization (Zhang and Sennrich, 2019)."""
        return self.node("SimplifiedLayerNormalization", [of, weight], [output], axis=-1, epsilon=epsilon)

    def graph(
        self, name: str, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
    ) -> ShardGraph:
        made = helper.make_graph(
            self._nodes, name, list(inputs), list(outputs), [_external(w) for w in self._weights]
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)]
        model = helper.make_model(made, opset_imports=opsets, ir_version=10, producer_name="paige")
        return ShardGraph(model.SerializeToString(), tuple(self._weights))


def _external(weight: Weight) -> TensorProto:
    found = TensorProto(name=weight.name, data_type=_TYPES[weight.dtype], dims=weight.dims)
    found.data_location = TensorProto.EXTERNAL
    for key, value in (("location", WEIGHTS), ("offset", weight.offset), ("length", weight.length)):
        found.external_data.add(key=key, value=str(value))
    return found


def layer_graph(shape: DecoderShape, form: LayerForm) -> ShardGraph:
    """The graph of layers of a form."""
    to = _Builder()
    width, keys = shape.query_width, shape.key_value_width
    to.norm("hidden", "attention_norm", "attention_input", shape.norm_epsilon)
    to.product("attention_input", "query_key_value", shape.hidden, width + 2 * keys, form.query_key_value)
    attended = _attention(to, shape, "query_key_value.product")
    to.product(attended, "attention_output", width, shape.hidden, form.attention_output)
    to.node("Add", ["hidden", "attention_output.product"], ["attended_hidden"])
    to.norm("attended_hidden", "feed_forward_norm", "feed_forward_input", shape.norm_epsilon)
    to.product("feed_forward_input", "gate_up", shape.hidden, 2 * form.feed_forward, form.gate_up)
    to.node("Split", ["gate_up.product"], ["gate", "up"], axis=-1, num_outputs=2)
    # With alpha 1 it is SiLU: x · sigmoid(x).
    to.node("QuickGelu", ["gate"], ["activated"], _CONTRIB, alpha=1.0)
    to.node("Mul", ["activated", "up"], ["gated"])
    to.product("gated", "down", form.feed_forward, shape.hidden, form.down)
    to.node("Add", ["attended_hidden", "down.product"], ["next_hidden"])
    cache: list[int | str] = [1, shape.key_value_heads, "positions", shape.head_width]
    hidden: list[int | str] = [1, "tokens", shape.hidden]
    inputs = [
        _float("hidden", hidden),
        _float("attention_norm", [shape.hidden]),
        *([_float("attention_bias", [width + 2 * keys])] if shape.attention_bias else []),
        *(
            [_float(name, [shape.head_width]) for name in ("query_norm", "key_norm")]
            if shape.query_key_norm
            else []
        ),
        _float("feed_forward_norm", [shape.hidden]),
        _float("past_keys", cache),
        _float("past_values", cache),
        helper.make_tensor_value_info("last_position", TensorProto.INT32, [1]),
        helper.make_tensor_value_info("known_positions", TensorProto.INT32, [1]),
        _float("cosines", ["positions", shape.head_width // 2]),
        _float("sines", ["positions", shape.head_width // 2]),
    ]
    outputs = [_float("next_hidden", hidden), _float("keys", cache), _float("values", cache)]
    return to.graph("layer", inputs, outputs)


def _attention(to: _Builder, shape: DecoderShape, product: str) -> str:
    """Rotated, grouped and causal, into a cache that is written in place."""
    width, keys = shape.query_width, shape.key_value_width
    if shape.attention_bias:
        product = to.node("Add", [product, "attention_bias"], ["biased"])
    queries = [product, "", ""]
    if shape.query_key_norm:
        sizes = "sizes"
        to.node("Constant", [], [sizes], value_ints=[width, keys, keys])
        to.node("Split", [product, sizes], ["query", "key", "value"], axis=-1)
        queries = [
            _normed(to, shape, "query", shape.heads),
            _normed(to, shape, "key", shape.key_value_heads),
            "value",
        ]
    return to.node(
        "GroupQueryAttention",
        [*queries, "past_keys", "past_values", "last_position", "known_positions", "cosines", "sines"],
        ["attention", "keys", "values"],
        _CONTRIB,
        num_heads=shape.heads,
        kv_num_heads=shape.key_value_heads,
        do_rotary=1,
    )


def _normed(to: _Builder, shape: DecoderShape, name: str, heads: int) -> str:
    """Each head of queries or keys, normalized by itself."""
    to.node("Constant", [], [f"{name}.apart"], value_ints=[0, 0, heads, shape.head_width])
    to.node("Constant", [], [f"{name}.together"], value_ints=[0, 0, heads * shape.head_width])
    to.node("Reshape", [name, f"{name}.apart"], [f"{name}.heads"])
    to.norm(f"{name}.heads", f"{name}_norm", f"{name}.normed", shape.norm_epsilon)
    return to.node("Reshape", [f"{name}.normed", f"{name}.together"], [f"{name}.joined"])


def head_graph(shape: DecoderShape, form: Form, tokens: int) -> ShardGraph:
    """The graph of a part of the head: from the last layer's hidden states to logits of so many tokens."""
    to = _Builder()
    to.norm("hidden", "norm", "normed", shape.norm_epsilon)
    product = to.product("normed", "head", shape.hidden, tokens, form)
    to.node("Identity", [product], ["logits"])
    inputs = [_float("hidden", [1, "tokens", shape.hidden]), _float("norm", [shape.hidden])]
    return to.graph("head", inputs, [_float("logits", [1, "tokens", tokens])])


def _float(name: str, dims: Sequence[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(dims))
