"""Training that can be broken off at any time and goes on as if it had not been.

What a step hears, and how fast it learns, follows from its number alone; the rest is in one file.
"""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import nn

from paige.tools.training.denoiser.loss import Loss
from paige.tools.training.denoiser.mixing import Batch
from paige.tools.training.denoiser.network import Cleaner, Network

_CLIPPED: Final = 1.0
_TOLD_EVERY: Final = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """How the network is trained."""

    steps: int = 3_000
    rate: float = 2e-3
    """Of AdamW, at its fastest."""
    warm_up: int = 100
    """Steps in which the rate grows."""
    save_every: float = 120
    """Seconds."""

    def rate_at(self, step: int) -> float:
        """It grows, and falls to a hundredth as a cosine does."""
        falling = 0.5 * (1 + math.cos(math.pi * step / self.steps)) + 0.01
        return self.rate * min(1, (step + 1) / self.warm_up) * falling


class Fit:
    """A training.

    Args:
        network: Learns.
        batches: Gives mixtures and the speech in them by the number of a step.
        plan: How.
        file: Where its state is kept; where it exists, training goes on from there.
    """

    def __init__(
        self, network: Network, batches: Callable[[int], tuple[Batch, Batch]], plan: Plan, file: Path
    ) -> None:
        self._batches, self._plan, self._file = batches, plan, file
        self._cleaner, self._loss = Cleaner(network), Loss()
        self._optimizer = torch.optim.AdamW(network.parameters(), plan.rate, weight_decay=1e-3)
        self._parts = {"network": network, "loss": self._loss, "optimizer": self._optimizer}
        self.step = 0
        if file.is_file():
            state = torch.load(file, weights_only=True)
            for name, part in self._parts.items():
                part.load_state_dict(state[name])
            self.step = state["step"]

    def run(self, minutes: float = math.inf) -> bool:
        """Train until the plan's end, or for so many minutes; gives whether the end was reached."""
        began = saved = time.monotonic()
        first, lost = self.step, list[float]()
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(self._batches, self.step)
            while self.step < self._plan.steps:
                batch = coming.result()
                coming = ahead.submit(self._batches, self.step + 1)
                lost.append(self._learn(batch))
                self.step += 1
                now = time.monotonic()
                if self.step % _TOLD_EVERY == 0:
                    self._tell(sum(lost) / len(lost), (now - began) / (self.step - first))
                    lost.clear()
                if now - saved > self._plan.save_every:
                    self._save()
                    saved = now
                if now - began > 60 * minutes:
                    break
        self._save()
        return self.step >= self._plan.steps

    @torch.no_grad()
    def judged(self) -> tuple[float, float]:
        """How different a batch that was not learned from is heard, as it is and cleaned."""
        mixed, alone = map(torch.from_numpy, self._batches(self._plan.steps))  # [batch, samples]
        self._loss.eval()
        found = [float(self._loss(sounds, alone)[1]) for sounds in (mixed, self._cleaner(mixed))]
        self._loss.train()
        return found[0], found[1]

    def _learn(self, batch: tuple[Batch, Batch]) -> float:
        """One step; gives how different it was heard."""
        for group in self._optimizer.param_groups:
            group["lr"] = self._plan.rate_at(self.step)
        mixed, alone = map(torch.from_numpy, batch)  # [batch, samples]
        total, heard = self._loss(self._cleaner(mixed), alone)
        self._optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(self._cleaner.parameters(), _CLIPPED)
        self._optimizer.step()
        return float(heard.detach())

    def _tell(self, heard: float, seconds: float) -> None:
        left = (self._plan.steps - self.step) * seconds / 60
        print(
            f"step {self.step}/{self._plan.steps}  difference {heard:.4f}  {left:.0f} minutes left",
            flush=True,
        )

    def _save(self) -> None:
        part = self._file.with_suffix(".part")
        torch.save({name: one.state_dict() for name, one in self._parts.items()} | {"step": self.step}, part)
        part.replace(self._file)
