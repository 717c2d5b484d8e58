"""Writes an acoustic model as Kaldi's binary file `final.mdl`: a transition model and a network (nnet3).

The formats are those of Kaldi's `hmm/transition-model.cc`, `nnet3/nnet-nnet.cc`, `nnet3/am-nnet-simple.cc`.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paige.tools.vosk.phones import NAMES, sound

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Layer:
    """An affine layer over frames of the layer before; all but the last end in a rectifier."""

    offsets: tuple[int, ...]
    """Which frames it sees, from its own, in frames of the features."""
    weights: Floats  # [outputs, len(offsets) * inputs]
    bias: Floats  # [outputs]


@dataclass(frozen=True, slots=True)
class Acoustic:
    """What an acoustic model consists of."""

    layers: tuple[Layer, ...]
    priors: Floats  # [sounds]
    """How often each sound is heard at all; sums to 1."""
    stays: Floats  # [sounds]
    """How probable it is that a sound goes on for another frame."""


def write(model: Acoustic) -> bytes:
    """The file `final.mdl`."""
    return b"\0B" + _transitions(model.stays) + _network(model)


def _transitions(stays: Floats) -> bytes:
    """Each phone has one state; a transition keeps it there, another leaves it."""
    count = len(NAMES)
    topology = (
        _integers(range(1, count + 1))
        + _integers([-1, *[0] * count])
        + _integer(1)  # kind of phone
        + _integer(2)  # states: one that is heard, and the end
        + _integer(0) + _integer(2) + _integer(0) + _float(0.5) + _integer(1) + _float(0.5)
        + _integer(-1) + _integer(0)
    )  # fmt: skip
    sounds = [sound(name) for name in NAMES]
    triples = b"".join(_integer(n) + _integer(0) + _integer(pdf) for n, pdf in enumerate(sounds, start=1))
    each = np.stack([np.log(stays[sounds]), np.log1p(-stays[sounds])], axis=1)  # [phones, stay or leave]
    return (
        b"<TransitionModel> <Topology> " + topology + b"</Topology> "
        + b"<Triples> " + _integer(count) + triples + b"</Triples> "
        + b"<LogProbs> " + _vector(np.concatenate([[0], each.ravel()])) + b"</LogProbs> </TransitionModel> "
    )  # fmt: skip


def _network(model: Acoustic) -> bytes:
    inputs = model.layers[0].weights.shape[1] // len(model.layers[0].offsets)
    lines = [f"input-node name=input dim={inputs}"]
    components: list[tuple[str, bytes]] = []
    before = "input"
    for number, layer in enumerate(model.layers, start=1):
        name = f"affine{number}"
        seen = ", ".join(f"Offset({before}, {offset})" if offset else before for offset in layer.offsets)
        lines.append(f"component-node name={name} component={name} input=Append({seen})")
        components.append((name, _affine(layer)))
        before = f"relu{number}" if number < len(model.layers) else "log-softmax"
        kind = b"RectifiedLinear" if number < len(model.layers) else b"LogSoftmax"
        lines.append(f"component-node name={before} component={before} input={name}")
        components.append((before, _nonlinear(kind, len(layer.bias))))
    lines.append(f"output-node name=output input={before} objective=linear")
    left = sum(-min(layer.offsets) for layer in model.layers)
    right = sum(max(layer.offsets) for layer in model.layers)
    parts = b"".join(b"<ComponentName> " + _token(name) + component for name, component in components)
    return (
        b"<Nnet3> \n" + "\n".join([*lines, "", ""]).encode()
        + b"<NumComponents> " + _integer(len(components)) + parts + b"</Nnet3> "
        + b"<LeftContext> " + _integer(left) + b"<RightContext> " + _integer(right)
        + b"<Priors> " + _vector(model.priors)
    )  # fmt: skip


def _affine(layer: Layer) -> bytes:
    # The kind without what only training needs.
    rows, columns = layer.weights.shape
    matrix = b"FM " + _integer(rows) + _integer(columns) + layer.weights.astype("<f4").tobytes()
    return (
        b"<FixedAffineComponent> <LinearParams> " + matrix
        + b"<BiasParams> " + _vector(layer.bias) + b"</FixedAffineComponent> "
    )  # fmt: skip


def _nonlinear(kind: bytes, size: int) -> bytes:
    nothing = _vector(np.zeros(0, np.float32))  # statistics of training
    return (
        b"<" + kind + b"Component> <Dim> " + _integer(size)
        + b"<ValueAvg> " + nothing + b"<DerivAvg> " + nothing + b"<Count> " + struct.pack("<bd", 8, 0.0)
        + b"</" + kind + b"Component> "
    )  # fmt: skip


def _token(name: str) -> bytes:
    return name.encode() + b" "


def _integer(value: int) -> bytes:
    return struct.pack("<bi", 4, value)


def _float(value: float) -> bytes:
    return struct.pack("<bf", 4, value)


def _integers(values: Sequence[int]) -> bytes:
    return struct.pack(f"<bi{len(values)}i", 4, len(values), *values)


def _vector(values: NDArray[np.floating]) -> bytes:
    return b"FV " + _integer(len(values)) + values.astype("<f4").tobytes()
