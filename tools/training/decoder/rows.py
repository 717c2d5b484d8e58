"""Conversations as rows of tokens, whose turns share what is told of the home and do not see each other.

So a home is read once for a dozen requests, and each stands where it does when it is the only one: right
behind the description.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from paige.tools.training.decoder.mixture import Conversation, Mixture
from paige.tools.training.decoder.tokenizer import ASSISTANT, END, SYSTEM, USER, number_of

_TALKS = 0.15
"""Of rows, in so many the turns follow one another as in a talk."""
_OF_REQUEST: Final = 0.15
"""What a token of a request weighs against one of an answer; to foretell it, names of the home help."""
_TOKENS_A_TURN = 26


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of one length."""

    tokens: NDArray[np.int64]
    """Shape: [rows, tokens]."""
    positions: NDArray[np.int64]
    """Where a token stands for whom reads it; turns begin at the same place. Shape: [rows, tokens]."""
    turns: NDArray[np.int64]
    """0 for what all that follows sees; else who sees it is of the same number. Shape: [rows, tokens]."""
    weights: NDArray[np.float32]
    """How much it counts that the next token is foretold here. Shape: [rows, tokens]."""

    @classmethod
    def of(cls, rows: Sequence["Rows"]) -> "Rows":
        """Rows together."""
        return cls(
            *(
                np.concatenate([getattr(row, field) for row in rows])
                for field in ("tokens", "positions", "turns", "weights")
            )
        )


class Encoder:
    """Conversations in a tokenizer's tokens."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._system, self._user, self._assistant, self.end = (
            number_of(tokenizer, mark) for mark in (SYSTEM, USER, ASSISTANT, END)
        )

    def home(self, text: str) -> list[int]:
        """What is told of a home."""
        return [self._system, *self._tokens(text)]

    def request(self, text: str) -> list[int]:
        """A request, up to where the answer begins."""
        return [self._user, *self._tokens(text), self._assistant]

    def answer(self, text: str) -> list[int]:
        """An answer, to its end."""
        return [*self._tokens(text), self.end]

    def row(self, conversation: Conversation, length: int, *, talk: bool) -> Rows | None:
        """So many turns as fit; None where none does.

        Args:
            conversation: A home and its turns.
            length: Of the row.
            talk: Whether turns see those before them.
        """
        home = self.home(conversation.home)
        tokens, weights = list(home), [0.0] * len(home)
        positions, turns = list(range(len(home))), [0] * len(home)
        for number, turn in enumerate(conversation.turns, start=1):
            request, answer = self.request(turn.request), self.answer(turn.answer)
            size = len(request) + len(answer)
            if len(tokens) + size > length:
                break
            begin = len(tokens) if talk else len(home)
            tokens += request + answer
            positions += range(begin, begin + size)
            turns += [0 if talk else number] * size
            weights += [_OF_REQUEST] * (len(request) - 2) + [0.0] + [1.0] * len(answer) + [0.0]
        if len(tokens) == len(home):
            return None
        rest = length - len(tokens)
        return Rows(
            np.array([tokens + [self.end] * rest]),
            np.array([positions + [0] * rest]),
            np.array([turns + [-1] * rest]),
            np.array([weights + [0.0] * rest], np.float32),
        )

    def _tokens(self, text: str) -> list[int]:
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return found


class Batches:
    """Rows for each step of a training, the same whenever a step is asked for.

    Args:
        mixture: Where conversations come from.
        encoder: Makes tokens of them.
        tokens: Of a step, about.
        seed: Of this training.
    """

    _LENGTHS: Final = (512, 1024)
    _LONG_EVERY: Final = 8
    """One of so many steps has large homes, and longer rows."""

    def __init__(self, mixture: Mixture, encoder: Encoder, tokens: int, seed: int) -> None:
        self._mixture, self._encoder, self._tokens, self._seed = mixture, encoder, tokens, seed

    def step(self, number: int) -> Rows:
        """The rows of a step."""
        random = Random(f"{self._seed}:{number}")  # noqa: S311  # sentences, not secrets
        long = number % self._LONG_EVERY == self._LONG_EVERY - 1
        length = self._LENGTHS[long]
        rows: list[Rows] = []
        while len(rows) < max(1, self._tokens // length):
            conversation = self._mixture.conversation(
                random.randrange(2**48), length // _TOKENS_A_TURN, large=long
            )
            row = self._encoder.row(conversation, length, talk=random.random() < _TALKS)
            rows += [row] if row is not None else []
        return Rows.of(rows)
