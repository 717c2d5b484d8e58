"""Teaches the network which sound is heard in each frame."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from paige.audio.chunk import Samples
from paige.tools.vosk.acoustic import Acoustic
from paige.tools.vosk.corpus import Example
from paige.tools.vosk.disturbing import disturb
from paige.tools.vosk.features import features
from paige.tools.vosk.network import BORDER, STRIDE, Network
from paige.tools.vosk.phones import SOUNDS

_BATCH: Final = 16
_FASTEST: Final = 3e-3
_IGNORED: Final = -100
_WAYS: Final = 4
"""Ways in which each utterance is disturbed, by turns."""
_SIZES: Final = (0.85, 1.15)
"""By how much larger talkers are made than they were."""

Frames = tuple[NDArray[np.float16], NDArray[np.uint8]]
"""Features [frames, features] and sounds [decoded frames]."""


def train(examples: Sequence[Example], rounds: int, seed: int, file: Path) -> Acoustic:
    """Learns from utterances.

    Args:
        examples: What to learn from.
        rounds: How often each utterance is heard.
        seed: The same seed learns in the same order.
        file: Where the state is kept after each round; where it exists, training goes on from there.
    """
    torch.manual_seed(seed)
    ways = [_disturbed(examples, np.random.default_rng([seed, way])) for way in range(_WAYS)]
    network = Network()
    _normalize(network, ways[0])
    steps = rounds * -(-len(examples) // _BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=_FASTEST, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _FASTEST, total_steps=steps)
    parts = {"network": network, "optimizer": optimizer, "schedule": schedule}
    first = 0
    if file.is_file():
        state = torch.load(file, weights_only=True)
        first = state["round"]
        for name, part in parts.items():
            part.load_state_dict(state[name])
    for number in range(first, rounds):
        began = time.monotonic()
        draws = np.random.default_rng([seed, number])
        right = _round(network, ways[number % _WAYS], optimizer, schedule, draws)
        torch.save({name: part.state_dict() for name, part in parts.items()} | {"round": number + 1}, file)
        minutes = (time.monotonic() - began) / 60
        print(f"round {number + 1}: {right:.1%} of frames right, {minutes:.1f} minutes", flush=True)
    return network.exported(_shares(network, ways[0]), _stays(examples))


def _disturbed(examples: Sequence[Example], random: np.random.Generator) -> list[Frames]:
    """Each utterance as some microphone in some room may hear it."""
    found: list[Frames] = []
    for example in examples:
        other = examples[int(random.integers(len(examples)))].samples
        size = random.uniform(*_SIZES)
        seen = features(disturb(_stretched(example.samples, size), other, random))
        frames = np.minimum(np.arange(0, len(seen), STRIDE) / size, len(example.heard) - 1).astype(np.int64)
        found.append((seen.astype(np.float16), example.heard[frames]))
        if len(found) % 100 == 0:
            print(f"\rdisturbed: {len(found):,} of {len(examples):,} utterances", end="", flush=True)
    print()
    return found


def _stretched(samples: Samples, size: float) -> Samples:
    """Played slower, and so lower [samples]."""
    places = np.arange(int(len(samples) * size)) / size
    return np.interp(places, np.arange(len(samples)), samples).astype(np.int16)


def _round(
    network: Network,
    frames: Sequence[Frames],
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    random: np.random.Generator,
) -> float:
    """Learns from each utterance once; gives the share of frames that it was right about meanwhile."""
    network.train()
    right, total = 0, 0
    for seen, heard in _batches(frames, random):
        scores = network(seen)  # [batch, sounds, decoded frames]
        loss = torch.nn.functional.cross_entropy(scores, heard, ignore_index=_IGNORED)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += int((heard != _IGNORED).sum())
        right += int((scores.argmax(1) == heard).sum())
    return right / total


def _batches(frames: Sequence[Frames], random: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """Utterances of about the same length together.

    Yields:
        Features [batch, BORDER + frames + BORDER, features] and sounds [batch, decoded frames].
    """
    lengths = np.array([len(heard) for _, heard in frames]) * random.uniform(0.9, 1.1, len(frames))
    order = np.argsort(lengths)
    batches = [order[at : at + _BATCH] for at in range(0, len(order), _BATCH)]
    for batch in random.permutation(len(batches)):
        pairs = [frames[index] for index in batches[batch]]
        longest = max(len(heard) for _, heard in pairs)
        seen = torch.stack([_padded(torch.from_numpy(one).float(), longest) for one, _ in pairs])
        labels = np.full((len(pairs), longest), _IGNORED)
        for row, (_, heard) in zip(labels, pairs, strict=True):
            row[: len(heard)] = heard
        yield seen, torch.from_numpy(labels)


def _padded(seen: Tensor, longest: int) -> Tensor:
    """With the first and last frame repeated, as Vosk does [BORDER + STRIDE * longest + BORDER, features]."""
    after = BORDER + STRIDE * longest - len(seen)
    return torch.cat([seen[:1].expand(BORDER, -1), seen, seen[-1:].expand(after, -1)])


def _normalize(network: Network, frames: Sequence[Frames]) -> None:
    seen = np.concatenate([seen for seen, _ in frames[:500]]).astype(np.float32)
    network.mean.copy_(torch.from_numpy(seen.mean(0)))
    network.scale.copy_(torch.from_numpy(1 / seen.std(0)))


@torch.no_grad()
def _shares(network: Network, frames: Sequence[Frames]) -> Tensor:
    """How often the network takes what it hears for each sound [sounds].

    Likelihoods are what it says divided by this, as Kaldi's `nnet3-adjust-priors` has it: of rare sounds, how
    often they are said is too different from how often they are heard.
    """
    network.eval()
    total = torch.zeros(len(SOUNDS))
    for seen, heard in _batches(frames, np.random.default_rng(0)):
        said = torch.softmax(network(seen), 1).transpose(1, 2)  # [batch, decoded frames, sounds]
        total += said[heard != _IGNORED].sum(0)
    return total / total.sum()


def _stays(examples: Sequence[Example]) -> Tensor:
    """How probable it is that a sound goes on for another decoded frame [sounds]."""
    counts = torch.ones(len(SOUNDS), 2)  # begins, goes on
    for example in examples:
        heard = example.heard[::STRIDE].astype(np.int64)
        goes_on = np.concatenate([[0], heard[1:] == heard[:-1]]).astype(np.int64)
        counts.index_put_((torch.from_numpy(heard), torch.from_numpy(goes_on)), torch.ones(len(heard)), True)
    return counts[:, 1] / counts.sum(1)
