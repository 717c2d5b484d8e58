"""A language model at work: its words, its passes, and the memory that it is given."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from paige.device.errors import DeviceError
from paige.device.memory.manager import MemoryManager
from paige.device.memory.supply import ModelFiles
from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.generation import generate, texts
from paige.models.lm.kept_file import identity
from paige.models.lm.packed import PackedModel
from paige.models.lm.prefixes import Prefixes
from paige.models.lm.sampling import Sampler, Sampling
from paige.models.lm.stopping import Stopping
from paige.models.lm.words import Words

PRIORITY: Final = 0
"""Below whatever hears or speaks."""
KEPT_BYTES: Final = 200_000_000
"""On flash, of what models made of beginnings; 500 tokens of a model of 0.5B have 12 MB."""


class PromptTooLong(DeviceError):
    """A prompt leaves no room for an answer."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What an answer took."""

    prompt_tokens: int
    tokens: int
    """That were said."""
    passes: int
    first_seconds: float
    """From the prompt to the first token."""
    seconds: float
    """In all."""
    read_bytes: int
    """From flash."""


class LanguageEngine:
    """A model that is open.

    Args:
        name: What it is called.
        model: On this machine.
        memory: Gives it its memory.
        threads: Processor threads.
        positions: The longest conversation, in tokens.

    Raises:
        BudgetTooSmall: The budget does not do; the text says which would.
        DeviceError, ModelUnusable: The model cannot be used.
    """

    def __init__(
        self, name: str, model: PackedModel, memory: MemoryManager, *, threads: int, positions: int
    ) -> None:
        self.name = name
        self._memory = memory
        self._identity = identity(model)
        self.words = Words(model.folder)
        self.positions = min(positions, model.manifest.shape.positions)
        self.pager = memory.open(name, ModelFiles(model, threads), priority=PRIORITY)
        self.decoder = Decoder(model, self.pager, self.positions, memory.room)

    def close(self) -> None:
        """Give its memory back."""
        self._memory.close(self.name)

    def fresh(self) -> KeyValues:
        """A conversation in which nothing has been said."""
        return KeyValues(self.decoder.shape, self.positions)

    def prefixes(self, folder: Path) -> Prefixes:
        """Where it is kept what the model made of beginnings of prompts."""
        return Prefixes(folder, self._identity, self.decoder.shape, KEPT_BYTES, self._memory.room)

    def say(
        self,
        prompt: Sequence[int],
        sampling: Sampling,
        *,
        most: int,
        stops: Sequence[str] = (),
        cancelled: Event | None = None,
        spent: Callable[[Spent], None] = lambda spent: None,
    ) -> Iterator[str]:
        """What the model says after a prompt, piece by piece.

        Args:
            prompt: Tokens.
            sampling: How tokens are chosen.
            most: Tokens at most.
            stops: Texts at which it ends; they are not said.
            cancelled: When it is set, it ends before the next shard.
            spent: Is told at the end what it took.

        Raises:
            PromptTooLong: There is no room for an answer.
        """
        if len(prompt) >= self.positions:
            raise PromptTooLong(
                f"the prompt has {len(prompt)} tokens; with the answer there is room for {self.positions}"
            )
        begun, read, passes = time.monotonic(), self.pager.read_bytes, self.decoder.passes
        said: list[float] = []

        def timed(tokens: Iterator[int]) -> Iterator[int]:
            for token in tokens:
                said.append(time.monotonic() - begun)
                yield token

        with self._memory.using(self.name):
            tokens = generate(
                self.decoder,
                self.fresh(),
                prompt,
                Sampler(sampling),
                most=most,
                ends=self.words.ends,
                cancelled=cancelled,
            )
            yield from texts(timed(tokens), self.words.tokenizer, Stopping(stops))
        spent(
            Spent(
                len(prompt),
                len(said),
                self.decoder.passes - passes,
                said[0] if said else time.monotonic() - begun,
                time.monotonic() - begun,
                self.pager.read_bytes - read,
            )
        )
