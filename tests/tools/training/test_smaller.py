"""What is left out of a network without loss changes nothing of what it finds."""

from typing import Any

import pytest

torch: Any = pytest.importorskip("torch", reason="the extra `train` is not installed")

from paige.models.nlu.labels import Labels  # noqa: E402  # only where there is torch
from paige.tools.training.network import HEAD_WIDTH, Encoder, JointNetwork, Size, beginning  # noqa: E402
from paige.tools.training.smaller import (  # noqa: E402
    fewer_heads,
    fewer_layers,
    fewer_neurons,
    low_rank,
    size_of,
)

LABELS = Labels(("HassTurnOn", "HassTurnOff"), ("O", "B-name", "I-name"), {"domain": ("", "light")})
SIZE = Size(pieces=40, layers=3, hidden=2 * HEAD_WIDTH, inner=48, positions=16, heads=2)
PIECES = torch.tensor([[1, 5, 9, 30, 2], [1, 7, 7, 3, 2]])


def network() -> JointNetwork:
    torch.manual_seed(3)
    made: JointNetwork = JointNetwork(Encoder(SIZE), LABELS).eval()
    return made


def losses(one: JointNetwork) -> list[Any]:
    return [one(PIECES)["intents"].square().sum(), one(PIECES[:1])["tags"].square().sum()]


def alike(one: JointNetwork, other: JointNetwork) -> bool:
    found, also = one.eval()(PIECES), other.eval()(PIECES)
    return all(torch.allclose(found[name], also[name], atol=1e-5) for name in found)


def test_all_layers_are_the_same_network_and_two_of_three_are_not() -> None:
    whole = network()
    assert alike(whole, fewer_layers(whole, [0, 1, 2], LABELS))
    assert not alike(whole, fewer_layers(whole, [0, 2], LABELS))


def test_the_head_that_does_nothing_is_the_one_left_out() -> None:
    whole = network()
    for number, layer in enumerate(whole.encoder.layers):
        idle = number % 2
        layer.mix.weight.data[:, idle * HEAD_WIDTH : (idle + 1) * HEAD_WIDTH] = 0
    small = fewer_heads(whole, 1, LABELS, losses(whole))
    assert small.encoder.size.heads == 1
    assert alike(whole, small)


def test_neurons_that_do_nothing_are_those_left_out() -> None:
    whole = network()
    for layer in whole.encoder.layers:
        layer.narrow.weight.data[:, ::3] = 0
    small = fewer_neurons(whole, 32, LABELS, losses(whole))
    assert alike(whole, small)
    assert not alike(whole, fewer_neurons(whole, 8, LABELS, losses(whole)))


def test_matrices_of_full_rank_are_the_same_and_of_a_lower_one_the_nearest() -> None:
    whole = network()
    assert alike(whole, low_rank(whole, 48, LABELS))
    layer = whole.encoder.layers[0]
    near = low_rank(whole, 16, LABELS).encoder.layers[0].widen
    product = near[1].weight @ near[0].weight
    strengths = torch.linalg.svdvals(layer.widen.weight)
    # By how much at least it must differ: Eckart and Young, 1936.
    assert torch.allclose((product - layer.widen.weight).norm(), strengths[16:].norm(), rtol=1e-4)


@pytest.mark.parametrize("rank", [None, 8])
def test_the_weights_tell_how_large_a_network_is(rank: int | None) -> None:
    small = network() if rank is None else low_rank(network(), rank, LABELS)
    assert size_of(small.state_dict()) == small.encoder.size


def test_two_networks_begin_with_the_same_heads() -> None:
    one, other = (beginning(Encoder(SIZE), LABELS) for _ in range(2))
    torch.manual_seed(7)
    assert torch.equal(one.intents.weight, other.intents.weight)
    assert torch.equal(one.tags.weight, other.tags.weight)
