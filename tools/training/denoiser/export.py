"""From a network to the file that `paige.audio.denoiser` reads."""

import warnings
from pathlib import Path

import torch

from paige.audio.denoiser import BANDS
from paige.tools.training.denoiser.network import Network


def export(network: Network, file: Path) -> None:
    """Writes ONNX: `features` [1, frames, 3 BANDS] in, `gain` [1, frames, BANDS] out, in 32 bits."""
    with warnings.catch_warnings():
        # PyTorch says that its exporter is the older one, and that a state is made for one utterance.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            (torch.zeros(1, 200, 3 * BANDS),),
            str(file),
            input_names=["features"],
            output_names=["gain"],
            dynamic_axes={"features": {1: "frames"}, "gain": {1: "frames"}},
            opset_version=17,
            dynamo=False,
        )
