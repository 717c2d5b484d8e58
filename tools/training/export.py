"""From a network to the files that a board runs: ONNX, quantized to 8 bits."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import (  # noqa: TID251  # its tools for the desk; they open no session
    QuantType,
    quantize_dynamic,
)
from tokenizers import Tokenizer
from torch import Tensor, nn

from paige.models.nlu.labels import Labels
from paige.tools.training.network import JointNetwork
from paige.tools.training.pieces import save

_EXAMPLE = (1, 9)
"""Shape of the sentence that is traced."""


class _Outputs(nn.Module):
    """The network with its outputs in a fixed order."""

    def __init__(self, network: JointNetwork, names: Iterable[str]) -> None:
        super().__init__()
        self._network, self._names = network, tuple(names)

    def forward(self, pieces: Tensor) -> tuple[Tensor, ...]:
        outputs = self._network(pieces)
        return tuple(outputs[name] for name in self._names)


def export(
    network: JointNetwork, labels: Labels, tokenizer: Tokenizer, folder: Path, *, quantized: bool = True
) -> None:
    """Writes a model folder as `paige.models.nlu.model.JointModel` reads it."""
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
        if quantized:
            quantize_dynamic(
                str(whole), str(folder / "model.onnx"), per_channel=True, weight_type=QuantType.QInt8
            )
        else:
            onnx.save(onnx.load(str(whole)), str(folder / "model.onnx"))
    labels.save(folder / "labels.json")
    save(tokenizer, folder / "tokenizer.json")
