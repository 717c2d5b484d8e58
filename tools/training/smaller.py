"""A network that has learned, made smaller: fewer layers, heads and neurons, and matrices of low rank.

What is left out is what matters least to the loss: the sum of weight times gradient over the weights of a
head or neuron (Michel and others, "Are Sixteen Heads Really Better than One?", 2019), over some batches.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from paige.models.nlu.labels import Labels
from paige.tools.training.network import HEAD_WIDTH, Encoder, JointNetwork, Layer, Size

Losses = Iterable[Tensor]
"""The network's loss on one batch after the other."""


def fewer_layers(network: JointNetwork, kept: Sequence[int], labels: Labels) -> JointNetwork:
    """The same with only these of its layers, in this order."""
    small = _like(network, replace(network.encoder.size, layers=len(kept)), labels)
    for ours, theirs in zip(small.encoder.layers, kept, strict=True):
        ours.load_state_dict(network.encoder.layers[theirs].state_dict())
    return small


def fewer_heads(network: JointNetwork, heads: int, labels: Labels, losses: Losses) -> JointNetwork:
    """The same with so many heads of attention in each layer, those that matter most."""
    had = network.encoder.size.heads
    matter = _importance(network, losses, lambda layer: layer.mix.weight)  # [layers, heads * head width]
    small = _like(network, replace(network.encoder.size, heads=heads), labels)
    for ours, theirs, of_columns in zip(small.encoder.layers, network.encoder.layers, matter, strict=True):
        best = _most(of_columns.view(had, HEAD_WIDTH).sum(dim=1).abs(), heads)
        columns = (best[:, None] * HEAD_WIDTH + torch.arange(HEAD_WIDTH)).flatten()  # of one of q, k, v
        rows = torch.cat([columns + part * had * HEAD_WIDTH for part in range(3)])
        state = theirs.state_dict()
        state["attend.weight"], state["attend.bias"] = (
            state["attend.weight"][rows],
            state["attend.bias"][rows],
        )
        state["mix.weight"] = state["mix.weight"][:, columns]
        ours.load_state_dict(state)
    return small


def fewer_neurons(network: JointNetwork, inner: int, labels: Labels, losses: Losses) -> JointNetwork:
    """The same with so many neurons between the two large matrices of each layer, those that matter most."""
    matter = _importance(network, losses, lambda layer: layer.narrow.weight)  # [layers, inner]
    small = _like(network, replace(network.encoder.size, inner=inner), labels)
    for ours, theirs, of_neurons in zip(small.encoder.layers, network.encoder.layers, matter, strict=True):
        best = _most(of_neurons.abs(), inner)
        state = theirs.state_dict()
        state["widen.weight"], state["widen.bias"] = state["widen.weight"][best], state["widen.bias"][best]
        state["narrow.weight"] = state["narrow.weight"][:, best]
        ours.load_state_dict(state)
    return small


def low_rank(network: JointNetwork, rank: int, labels: Labels) -> JointNetwork:
    """The same with each of the two large matrices of a layer as the nearest product of this rank."""
    small = _like(network, replace(network.encoder.size, rank=rank), labels)
    for ours, theirs in zip(small.encoder.layers, network.encoder.layers, strict=True):
        state = theirs.state_dict()
        for name in ("widen", "narrow"):
            weight, bias = state.pop(f"{name}.weight"), state.pop(f"{name}.bias")
            left, strength, right = torch.linalg.svd(weight, full_matrices=False)
            half = strength[:rank].sqrt()  # [rank]
            state[f"{name}.0.weight"] = half[:, None] * right[:rank]  # [rank, in]
            state[f"{name}.1.weight"] = left[:, :rank] * half  # [out, rank]
            state[f"{name}.1.bias"] = bias
        ours.load_state_dict(state)
    return small


def size_of(state: dict[str, Tensor]) -> Size:
    """How large the network is whose weights these are."""
    layers = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("encoder.layers."))
    pieces, hidden = state["encoder.pieces.weight"].shape
    rank = state.get("encoder.layers.0.widen.0.weight")  # [rank, hidden]
    widen = state["encoder.layers.0.widen.weight" if rank is None else "encoder.layers.0.widen.1.weight"]
    return Size(
        pieces,
        layers,
        hidden,
        len(widen),
        len(state["encoder.places.weight"]),
        state["encoder.layers.0.mix.weight"].shape[1] // HEAD_WIDTH,
        None if rank is None else len(rank),
    )


def _like(network: JointNetwork, size: Size, labels: Labels) -> JointNetwork:
    """A network of another size with all that is the same in both."""
    small = JointNetwork(Encoder(size), labels)
    small.load_state_dict(
        {
            name: weight
            for name, weight in network.state_dict().items()
            if not name.startswith("encoder.layers.")
        },
        strict=False,
    )
    return small


def _importance(
    network: JointNetwork, losses: Losses, weight_of: Callable[[Layer], nn.Parameter]
) -> list[Tensor]:
    """For each layer, weight times gradient, summed over the rows of a matrix. Shape of each: [columns]."""
    weights = [weight_of(layer) for layer in network.encoder.layers]
    sums = [torch.zeros(weight.shape[1]) for weight in weights]
    for loss in losses:
        gradients = torch.autograd.grad(loss, weights)
        for so_far, weight, gradient in zip(sums, weights, gradients, strict=True):
            so_far += (weight * gradient).sum(dim=0).detach().abs()
    return sums


def _most(matter: Tensor, count: int) -> Tensor:
    """The places of the greatest, in their order."""
    return matter.topk(count).indices.sort().values
