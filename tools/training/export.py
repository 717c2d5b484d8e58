"""From a network to the files that a board runs: ONNX, quantized to 8 bits."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (  # noqa: TID251  # its tools for the desk; they open no session
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_dynamic,
    quantize_static,
)
from tokenizers import Tokenizer
from torch import Tensor, nn

from paige.models.nlu.labels import Labels
from paige.tools.training.network import JointNetwork
from paige.tools.training.pieces import save

_EXAMPLE = (1, 9)
"""Shape of the sentence that is traced."""


class Quantization(StrEnum):
    """How weights and values are kept."""

    NONE = "none"
    """In float32."""
    PER_TENSOR = "dynamic, per tensor"
    """In 8 bits, with one scale for a matrix; values are quantized as they come."""
    PER_CHANNEL = "dynamic, per channel"
    """The same, with a scale for each column."""
    STATIC = "static, per channel"
    """The same, and the scales of values are fixed, from sentences."""


class _Outputs(nn.Module):
    """The network with its outputs in a fixed order."""

    def __init__(self, network: JointNetwork, names: Iterable[str]) -> None:
        super().__init__()
        self._network, self._names = network, tuple(names)

    def forward(self, pieces: Tensor) -> tuple[Tensor, ...]:
        outputs = self._network(pieces)
        return tuple(outputs[name] for name in self._names)


def export(
    network: JointNetwork,
    labels: Labels,
    tokenizer: Tokenizer,
    folder: Path,
    quantization: Quantization = Quantization.PER_CHANNEL,
    sentences: Sequence[Sequence[int]] = (),
) -> None:
    """Writes a model folder as `paige.models.nlu.model.JointModel` reads it.

    Args:
        network: What has learned.
        labels: What it tells apart.
        tokenizer: Which pieces of words it knows.
        folder: Where the files go.
        quantization: How its weights are kept.
        sentences: As pieces; what values are like, for `STATIC`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = ["intents", "tags", "embedding", *(f"traits.{name}" for name in labels.traits)]
    network = network.eval().float()
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "model.onnx"
        torch.onnx.export(
            _Outputs(network, names),
            (torch.zeros(_EXAMPLE, dtype=torch.long),),
            str(whole),
            input_names=["pieces"],
            output_names=names,
            dynamic_axes={"pieces": {0: "batch", 1: "pieces"}, "tags": {1: "pieces"}},
            opset_version=17,
            dynamo=False,
        )
        _quantize(whole, folder / "model.onnx", quantization, sentences)
    labels.save(folder / "labels.json")
    save(tokenizer, folder / "tokenizer.json")


def _quantize(
    whole: Path, file: Path, quantization: Quantization, sentences: Sequence[Sequence[int]]
) -> None:
    if quantization is Quantization.NONE:
        shutil.copyfile(whole, file)
    elif quantization is Quantization.STATIC:
        prepared = whole.with_name("prepared.onnx")
        quant_pre_process(str(whole), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(file),
            _Reader(sentences),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["MatMul", "Gather"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
    else:
        per_channel = quantization is Quantization.PER_CHANNEL
        quantize_dynamic(str(whole), str(file), per_channel=per_channel, weight_type=QuantType.QInt8)


class _Reader(CalibrationDataReader):  # type: ignore[misc]  # of no known type
    """Gives sentences to the quantizer."""

    def __init__(self, sentences: Sequence[Sequence[int]]) -> None:
        self._inputs: Iterator[dict[str, NDArray[np.int64]]] = (
            {"pieces": np.array([pieces], dtype=np.int64)} for pieces in sentences
        )

    def get_next(self) -> dict[str, NDArray[np.int64]] | None:
        """The next sentence; None behind the last."""
        return next(self._inputs, None)
