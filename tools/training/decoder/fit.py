"""Training that can be broken off at any time and goes on as if it had not been.

What a step reads, and how fast it learns, follows from its number alone; weights and the optimizers' state
are in one file, written every few minutes.
"""

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from paige.tools.training.decoder.network import Network
from paige.tools.training.decoder.rows import Rows

_MATRICES_DECAY: Final = 0.05
_CLIPPED: Final = 1.0
_TOLD_EVERY: Final = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """How a network is trained."""

    steps: int = 4000
    tokens: int = 3072
    """Of a step."""
    matrix_rate: float = 0.02
    """Of matrices, by Muon (Jordan and others, 2024)."""
    other_rate: float = 0.005
    """Of embeddings and normalizations, by AdamW."""
    warm_up: int = 50
    """Steps in which rates grow."""
    decay: float = 0.3
    """The last share of steps, in which rates fall to nothing; to train longer, begin before it."""
    seed: int = 1
    threads: int = 2
    half: bool = True
    """Whether products are in 16 bits (bfloat16)."""
    save_every: int = 180
    """Seconds."""

    def rate(self, step: int) -> float:
        """How fast a step learns, 0 to 1: it grows, stays, and falls."""
        falls = self.steps * self.decay
        return max(0.0, min(1.0, (step + 1) / self.warm_up, (self.steps - step) / max(1.0, falls)))

    @property
    def falls_from(self) -> int:
        """The step from which rates fall."""
        return math.floor(self.steps * (1 - self.decay))


class Fit:
    """A training, in a folder.

    Args:
        network: Learns.
        batches: Gives the rows of a step by its number.
        plan: How.
        folder: Has `checkpoint.pt`, from which it goes on, and `before-decay.pt`, for a longer plan.
    """

    def __init__(self, network: Network, batches: Callable[[int], Rows], plan: Plan, folder: Path) -> None:
        self._network, self._batches, self._plan = network, batches, plan
        self._file, self._before_decay = folder / "checkpoint.pt", folder / "before-decay.pt"
        matrices = [weight for weight in network.layers.parameters() if weight.dim() > 1]
        others = [weight for name, weight in network.named_parameters() if "proj" not in name]
        self._optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(
                matrices, lr=plan.matrix_rate, weight_decay=_MATRICES_DECAY, adjust_lr_fn="original"
            ),
            torch.optim.AdamW(others, lr=plan.other_rate, betas=(0.9, 0.98), weight_decay=0.0),
        ]
        self._rates = (plan.matrix_rate, plan.other_rate)
        self.step = 0
        if self._file.is_file():
            self._restore()

    def run(self, minutes: float = math.inf) -> bool:
        """Train until the plan's end, or for so many minutes; gives whether the end was reached."""
        torch.set_num_threads(self._plan.threads)
        began = saved = time.monotonic()
        first, lost = self.step, list[float]()
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(self._batches, self.step)
            while self.step < self._plan.steps:
                rows = coming.result()
                coming = ahead.submit(self._batches, self.step + 1)
                if self.step == self._plan.falls_from:
                    self._save(self._before_decay)
                lost.append(self._learn(rows))
                self.step += 1
                now = time.monotonic()
                if self.step % _TOLD_EVERY == 0:
                    self._tell(sum(lost) / len(lost), (now - began) / (self.step - first))
                    lost.clear()
                if now - saved > self._plan.save_every:
                    self._save(self._file)
                    saved = now
                if now - began > 60 * minutes:
                    break
        self._save(self._file)
        return self.step >= self._plan.steps

    def _learn(self, rows: Rows) -> float:
        """One step; gives the mean loss of a token of answers."""
        for optimizer, rate in zip(self._optimizers, self._rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * self._plan.rate(self.step)
        total, answers = losses(self._network, rows, half=self._plan.half)
        total.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), _CLIPPED)
        for optimizer in self._optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return answers

    def _tell(self, loss: float, seconds: float) -> None:
        left = (self._plan.steps - self.step) * seconds / 60
        print(
            f"step {self.step}/{self._plan.steps}  loss of answers {loss:.4f}  "
            f"{self._plan.tokens / seconds:.0f} tokens/s  {left:.0f} minutes left",
            flush=True,
        )

    def _save(self, file: Path) -> None:
        state: dict[str, Any] = {
            "step": self.step,
            "network": self._network.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self._optimizers],
        }
        part = file.with_suffix(".part")
        torch.save(state, part)
        part.replace(file)

    def _restore(self) -> None:
        state = torch.load(self._file, weights_only=True)
        self._network.load_state_dict(state["network"])
        for optimizer, its in zip(self._optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(its)
        self.step = state["step"]


def losses(network: Network, rows: Rows, *, half: bool) -> tuple[Tensor, float]:
    """What is to become small, and the mean loss of a token of answers alone."""
    tokens, positions, turns, weights = _tensors(rows)
    where = weights[:, :-1].flatten().nonzero()[:, 0]  # [some]
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        hidden = network(tokens, positions, turns)[:, :-1].flatten(0, 1)[where]  # [some, hidden]
        logits = network.logits(hidden)
    each = functional.cross_entropy(logits.float(), tokens[:, 1:].flatten()[where], reduction="none")
    weight = weights[:, :-1].flatten()[where]
    of_answers = each.detach()[weight == 1].mean()
    return (each * weight).sum() / weight.sum(), float(of_answers)


def _tensors(rows: Rows) -> Iterator[Tensor]:
    for field in (rows.tokens, rows.positions, rows.turns, rows.weights):
        yield torch.from_numpy(field)
