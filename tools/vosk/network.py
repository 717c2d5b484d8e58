"""The network that tells sounds apart, and how it becomes a model of Kaldi's."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from paige.tools.vosk.acoustic import Acoustic, Floats, Layer
from paige.tools.vosk.features import SIZE
from paige.tools.vosk.phones import SOUNDS

STRIDE: Final = 3
"""Frames of the features for each frame that is decoded; Vosk takes it for granted."""

_WIDTH: Final = 176
_REACH: Final = (1, 1, 2, 3)
"""How far the layers above the first see, in decoded frames, except the first of them, in frames."""
_EDGE: Final = 2
"""How far the first layer sees."""

BORDER: Final = _EDGE + _REACH[0] + STRIDE * sum(_REACH[1:])
"""Frames before and after one that its output depends on."""


class Network(nn.Module):
    """A time-delay network, as in V. Peddinti, D. Povey, S. Khudanpur, "A time delay neural network
    architecture for efficient modeling of long temporal contexts", Interspeech 2015.
    """  # noqa: D205 # one sentence

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Buffer(torch.zeros(SIZE))
        self.scale = nn.Buffer(torch.ones(SIZE))
        kinds = [
            (SIZE, 2 * _EDGE + 1, 1, 1),
            (_WIDTH, 3, STRIDE, 1),
            *((_WIDTH, 3, 1, r) for r in _REACH[1:]),
        ]
        self.layers = nn.ModuleList(
            nn.Conv1d(inputs, _WIDTH, width, stride=stride, dilation=dilation)
            for inputs, width, stride, dilation in kinds
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(_WIDTH) for _ in kinds)
        self.dropout = nn.Dropout(0.1)
        self.output = nn.Conv1d(_WIDTH, len(SOUNDS), 1)

    def forward(self, features: Tensor) -> Tensor:
        """Scores of the sounds, before the softmax.

        Args:
            features: [batch, frames, SIZE], with BORDER more on either side.

        Returns:
            [batch, len(SOUNDS), decoded frames]
        """
        hidden = ((features - self.mean) * self.scale).transpose(1, 2)  # [batch, SIZE, frames]
        for layer, norm in zip(self.layers, self.norms, strict=True):
            hidden = self.dropout(norm(torch.relu(layer(hidden))))
        return self.output(hidden)

    def exported(self, priors: Tensor, stays: Tensor) -> Acoustic:
        """The same as plain affine layers, in which means, scales and norms are worked in.

        Args:
            priors: How often each sound is heard [len(SOUNDS)].
            stays: How probable it is that it goes on [len(SOUNDS)].
        """
        steps = [
            range(-_EDGE, _EDGE + 1),
            (-1, 0, 1),
            *((-STRIDE * r, 0, STRIDE * r) for r in _REACH[1:]),
            (0,),
        ]
        scale, shift = self.scale, -self.mean * self.scale  # what is done to a layer's input
        layers = []
        for index, offsets in enumerate(steps):
            last = index == len(self.layers)
            layer = self.output if last else self.layers[index]
            layers.append(_affine(layer, scale, shift, tuple(offsets)))
            if not last:
                norm = self.norms[index]
                scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
                shift = norm.bias - norm.running_mean * scale
        return Acoustic(tuple(layers), _numpy(priors), _numpy(stays))


def _affine(layer: nn.Conv1d, scale: Tensor, shift: Tensor, offsets: Sequence[int]) -> Layer:
    weights = layer.weight * scale[None, :, None]  # [outputs, inputs, offsets]
    bias = layer.bias + (layer.weight * shift[None, :, None]).sum((1, 2))
    return Layer(tuple(offsets), _numpy(weights.transpose(1, 2).flatten(1)), _numpy(bias))


def _numpy(values: Tensor) -> Floats:
    return np.asarray(values.detach().numpy(), np.float32)
