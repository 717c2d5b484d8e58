"""Learning: from examples to a network that tells them apart."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from paige.models.nlu.labels import NO_TRAIT, Labels
from paige.models.nlu.tags import NONE
from paige.tools.bench.progress import progress
from paige.tools.training.examples import Example
from paige.tools.training.network import JointNetwork
from paige.tools.training.pieces import Cutter

IGNORED = -100
_TRAIT_WEIGHT = 0.5
_SOFTNESS = 2.0
"""Temperature at which a teacher is listened to, so that what it finds less likely counts too."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to learn; the same for every data set."""

    epochs: int = 4
    batch: int = 32
    encoder_rate: float = 1e-4
    head_rate: float = 1e-3
    warm_up: float = 0.06
    """Share of all steps in which the rate rises; from there it falls to nothing."""
    smoothing: float = 0.05
    """Share of a label's probability that goes to all others, so that the network is not surer than right."""
    clip: float = 1.0
    seed: int = 1
    threads: int = 2
    checkpoint_steps: int = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences of like length."""

    pieces: Tensor  # [batch, pieces]
    mask: Tensor  # [batch, pieces], True where a piece is
    intents: Tensor  # [batch]
    tags: Tensor  # [batch, pieces], at the first piece of each word
    traits: Mapping[str, Tensor]  # [batch] each


class Collator:
    """Examples to batches."""

    def __init__(self, labels: Labels, cutter: Cutter) -> None:
        self._cutter = cutter
        self._intents = {name: number for number, name in enumerate(labels.intents)}
        self._tags = {name: number for number, name in enumerate(labels.tags)}
        self._traits = {
            name: {value: number for number, value in enumerate(values)}
            for name, values in labels.traits.items()
        }

    def batch(self, examples: Sequence[Example]) -> Batch:
        """One batch; a label that the network does not have teaches nothing."""
        cut = [self._cutter.cut(example.words) for example in examples]
        length = max(len(pieces) for pieces, _ in cut)
        pieces = torch.zeros((len(cut), length), dtype=torch.long)  # 0 pads, and is masked
        tags = torch.full((len(cut), length), IGNORED)
        mask = torch.zeros((len(cut), length), dtype=torch.bool)
        for row, (example, (numbers, firsts)) in enumerate(zip(examples, cut, strict=True)):
            pieces[row, : len(numbers)] = torch.tensor(numbers)
            mask[row, : len(numbers)] = True
            for place, tag in zip(firsts, example.tags or (), strict=False):
                tags[row, place] = self._tags.get(tag, self._tags[NONE])
        return Batch(
            pieces,
            mask,
            torch.tensor([self._intents.get(example.intent, IGNORED) for example in examples]),
            tags,
            {
                name: torch.tensor(
                    [values.get(example.traits.get(name, NO_TRAIT), 0) for example in examples]
                )
                for name, values in self._traits.items()
            },
        )


Epoch = Callable[[int, Random], Sequence[Example]]
"""Gives the examples of an epoch, by its number, from 0 on."""


def fit(
    network: JointNetwork,
    collator: Collator,
    epoch: Epoch,
    recipe: Recipe,
    checkpoint: Path | None = None,
    after_epoch: Callable[[int], None] | None = None,
    teacher: JointNetwork | None = None,
) -> None:
    """Learns; goes on from a checkpoint where there is one.

    Args:
        network: What learns.
        collator: Makes batches.
        epoch: Gives the examples of each.
        recipe: How.
        checkpoint: A file to keep the state in, now and then.
        after_epoch: Is told the number of each epoch at its end, from 1 on; the network is not learning then.
        teacher: A network that tells the same apart; what it finds is learned as much as what is right
            (Hinton and others, "Distilling the Knowledge in a Neural Network", 2015).
    """
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    optimizer = _optimizer(network, recipe)
    ends = _ends(epoch, recipe)
    steps = ends[-1]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step / steps, recipe.warm_up))
    done = _resume(checkpoint, network, optimizer, schedule)
    network.train()
    for step, examples in enumerate(progress(_batches(epoch, recipe), steps), start=1):
        if step <= done:
            continue
        _step(network, collator.batch(examples), optimizer, recipe, teacher)
        schedule.step()
        if checkpoint is not None and (step % recipe.checkpoint_steps == 0 or step == steps):
            _keep(checkpoint, network, optimizer, schedule, step)
        if after_epoch is not None and step in ends:
            network.eval()
            after_epoch(ends.index(step) + 1)
            network.train()
    network.eval()


def _ends(epoch: Epoch, recipe: Recipe) -> list[int]:
    """The number of the last step of each epoch."""
    counts = (len(epoch(number, _random(recipe, number))) for number in range(recipe.epochs))
    return list(accumulate(math.ceil(count / recipe.batch) for count in counts))


def _random(recipe: Recipe, number: int) -> Random:
    return Random(recipe.seed * 1000 + number)  # noqa: S311  # no secret


def _batches(epoch: Epoch, recipe: Recipe) -> Iterator[list[Example]]:
    for number in range(recipe.epochs):
        random = _random(recipe, number)
        examples = list(epoch(number, random))
        # Sentences of like length share a batch, so that little of it is padding; which ones, changes.
        examples.sort(key=lambda example: len(example.words) + 3 * random.random())
        batches = [examples[at : at + recipe.batch] for at in range(0, len(examples), recipe.batch)]
        random.shuffle(batches)
        yield from batches


def _step(
    network: JointNetwork,
    batch: Batch,
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
    teacher: JointNetwork | None,
) -> None:
    loss, outputs = loss_of(network, batch, recipe)
    if teacher is not None:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            taught = teacher(batch.pieces, batch.mask)
        loss = loss + _from_teacher(outputs, taught, batch)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
    optimizer.step()


def loss_of(network: JointNetwork, batch: Batch, recipe: Recipe) -> tuple[Tensor, Mapping[str, Tensor]]:
    """How far a network is from what is right, and what it finds."""
    with torch.autocast("cpu", torch.bfloat16):
        outputs = network(batch.pieces, batch.mask)
    loss = functional.cross_entropy(
        outputs["intents"].float(), batch.intents, ignore_index=IGNORED, label_smoothing=recipe.smoothing
    )
    loss = loss + functional.cross_entropy(
        outputs["tags"].float().flatten(0, 1), batch.tags.flatten(), ignore_index=IGNORED
    )
    for name, wanted in batch.traits.items():
        found = outputs[f"traits.{name}"].float()
        loss = loss + _TRAIT_WEIGHT * functional.cross_entropy(found, wanted)
    return loss, outputs


def _from_teacher(outputs: Mapping[str, Tensor], taught: Mapping[str, Tensor], batch: Batch) -> Tensor:
    """How far a network is from its teacher: the divergence of all that both find."""
    said = batch.tags != IGNORED  # [batch, pieces]
    loss = _divergence(outputs["intents"], taught["intents"])
    loss = loss + _divergence(outputs["tags"][said], taught["tags"][said])
    for name in batch.traits:
        both = outputs[f"traits.{name}"], taught[f"traits.{name}"]
        loss = loss + _TRAIT_WEIGHT * _divergence(*both)
    return loss


def _divergence(found: Tensor, taught: Tensor) -> Tensor:
    """Kullback and Leibler's, at a temperature. Shapes: [rows, classes]."""
    return _SOFTNESS**2 * functional.kl_div(
        functional.log_softmax(found.float() / _SOFTNESS, dim=-1),
        functional.log_softmax(taught.float() / _SOFTNESS, dim=-1),
        reduction="batchmean",
        log_target=True,
    )


def _optimizer(network: JointNetwork, recipe: Recipe) -> torch.optim.Optimizer:
    encoder = {id(weight) for weight in network.encoder.parameters()}
    heads = [weight for weight in network.parameters() if id(weight) not in encoder]
    groups = [
        {"params": list(network.encoder.parameters()), "lr": recipe.encoder_rate},
        {"params": heads, "lr": recipe.head_rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=0.01, fused=True)


def _rate(share: float, warm_up: float) -> float:
    return share / warm_up if share < warm_up else max(0.0, (1 - share) / (1 - warm_up))


def _keep(file: Path, network: JointNetwork, optimizer: Any, schedule: Any, step: int) -> None:  # noqa: ANN401  # torch's own
    state = {
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "step": step,
    }
    part = file.with_suffix(".part")
    torch.save(state, part)
    part.replace(file)


def _resume(file: Path | None, network: JointNetwork, optimizer: Any, schedule: Any) -> int:  # noqa: ANN401  # torch's own
    if file is None or not file.is_file():
        return 0
    state = torch.load(file, weights_only=True)
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    step: int = state["step"]
    return step
