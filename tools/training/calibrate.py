"""How sure a network may be: the temperature at which its confidence is what it deserves."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from paige.tools.training.examples import Example
from paige.tools.training.fit import IGNORED, Collator
from paige.tools.training.network import JointNetwork

_BATCH = 64
_TEMPERATURES = torch.arange(0.5, 4.0, 0.05)


def temperature(network: JointNetwork, collator: Collator, examples: Sequence[Example]) -> float:
    """What divides the intents' logits such that the right ones are likeliest (Guo and others, 2017).

    Args:
        network: What has learned.
        collator: Makes its batches.
        examples: None that it has learned from.

    Returns:
        That of a few between 0.5 and 4 with the least cross entropy.
    """
    logits, right = _read(network.eval(), collator, examples)
    losses = torch.stack([functional.cross_entropy(logits / one, right) for one in _TEMPERATURES])
    return round(float(_TEMPERATURES[int(losses.argmin())]), 2)


def _read(network: JointNetwork, collator: Collator, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Logits [examples, intents] and the right intents [examples], of those that it has."""
    logits, right = [], []
    for at in range(0, len(examples), _BATCH):
        batch = collator.batch(examples[at : at + _BATCH])
        known = batch.intents != IGNORED  # [batch]
        with torch.no_grad():
            found = network(batch.pieces, batch.mask)["intents"]  # [batch, intents]
        logits.append(found[known].float())
        right.append(batch.intents[known])
    return torch.cat(logits), torch.cat(right)
