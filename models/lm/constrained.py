"""Tokens by a grammar, in few passes.

What the grammar forces is not chosen: it is read together with what comes before the next choice. Behind
that, drafts are read, too: guesses of what the model will choose. Each right one saves a pass; the others are
forgotten. So what is written is the same with drafts and without, greedy or drawn by chance: each choice is
the model's own, made in order, from the same logits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from paige.models.lm.decoder import Cancelled
from paige.models.lm.sampling import Sampler

MOST_DRAFTED: Final = 32
"""Tokens of one pass that are guesses."""


class Reads(Protocol):
    """A model, and what it has read; see `Reader`."""

    @property
    def passes(self) -> int:
        """How often all of the model was gone through."""

    @property
    def room(self) -> int:
        """Tokens that can still be read."""

    def read(self, tokens: Sequence[int], wanted: int) -> NDArray[np.float32]:
        """Logits behind the last tokens. Shape: [wanted, vocabulary]."""

    def forget(self, tokens: int) -> None:
        """Take back the last tokens."""


class Guide(Protocol):
    """Where in a grammar a text is."""

    @property
    def is_finished(self) -> bool:
        """Whether it is whole, and nothing can follow."""

    def forced(self) -> Sequence[int]:
        """Tokens that must come now."""

    def allowed(self) -> NDArray[np.bool_]:
        """What may come now. Shape: [vocabulary]."""

    def take(self, tokens: Sequence[int]) -> None:
        """These have come."""

    def take_back(self, tokens: int) -> None:
        """The last ones have not come."""


class Drafts(Protocol):
    """Guesses what a model will choose."""

    def next(self, said: Sequence[int], allowed: NDArray[np.bool_]) -> int | None:
        """A guess of the token behind what was said; None without one."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and what it took."""

    tokens: tuple[int, ...]
    whole: bool
    """False where it was cut off: by the limit, for lack of room, or because it was cancelled."""
    probability: float
    """Of all that was chosen, among what was allowed."""
    passes: int
    """How often the model was gone through, the prompt included."""
    forced: int
    """Tokens that nobody chose."""
    drafted: int
    """Choices that were guessed."""
    kept: int
    """Choices that were guessed rightly."""


def write(
    reader: Reads,
    prompt: Sequence[int],
    guide: Guide,
    sampler: Sampler,
    *,
    most: int,
    drafts: Drafts | None = None,
    singly: bool = False,
) -> Written:
    """Read a prompt, and write what the grammar allows.

    Args:
        reader: Reads for this conversation.
        prompt: At least one token.
        guide: At the beginning of the grammar.
        sampler: Chooses.
        most: Tokens that are written at most.
        drafts: Guesses; without them each choice is a pass.
        singly: Whether each token is a pass of its own, forced or not, to compare with.
    """
    writing = _Writing(reader, prompt, guide, sampler, most, None if singly else drafts, singly)
    before = reader.passes
    try:
        while writing.goes_on():
            writing.step()
    except Cancelled:
        pass
    return Written(
        tuple(writing.said),
        guide.is_finished,
        math.exp(writing.log_probability),
        reader.passes - before,
        writing.forced,
        writing.drafted,
        writing.kept,
    )


class _Writing:
    def __init__(
        self,
        reader: Reads,
        prompt: Sequence[int],
        guide: Guide,
        sampler: Sampler,
        most: int,
        drafts: Drafts | None,
        singly: bool,
    ) -> None:
        self._reader, self._guide, self._sampler = reader, guide, sampler
        self._drafts, self._singly = drafts, singly
        self._unread = list(prompt)
        self._new = len(prompt)
        """Of what is unread, tokens of the prompt."""
        self._most = min(most, reader.room - len(prompt))
        self.said: list[int] = []
        self.log_probability = 0.0
        self.forced = self.drafted = self.kept = 0

    def goes_on(self) -> bool:
        """Take what is forced; whether then there is something to choose."""
        while (forced := self._guide.forced()) and len(self.said) < self._most:
            self._say(forced[: self._most - len(self.said)])
        return not self._guide.is_finished and len(self.said) < self._most

    def _say(self, tokens: Sequence[int]) -> None:
        self._guide.take(tokens)
        self.said += tokens
        self._unread += tokens
        self.forced += len(tokens)

    def step(self) -> None:
        """A pass, or with `singly` one for each token."""
        guesses = self._guessed()
        logits = self._read([token for token, _ in guesses])  # [guesses + 1, vocabulary]
        right = self._judge(guesses, logits)
        self._reader.forget(len(guesses) - right)

    def _guessed(self) -> list[tuple[int, bool]]:
        """What may come, and whether each token of it is a choice; the guide is then where it was."""
        found: list[tuple[int, bool]] = []
        if self._drafts is None:
            return found
        most = min(MOST_DRAFTED, self._most - len(self.said))
        while len(found) < most and not self._guide.is_finished:
            forced = self._guide.forced()[: most - len(found)]
            if forced:
                found += [(token, False) for token in forced]
                self._guide.take(forced)
                continue
            said = [*self.said, *(token for token, _ in found)]
            guess = self._drafts.next(said, self._guide.allowed())
            if guess is None:
                break
            found.append((guess, True))
            self._guide.take([guess])
        self._guide.take_back(len(found))
        return found

    def _read(self, guesses: list[int]) -> NDArray[np.float32]:
        """Logits behind what was said, and behind each guess. Shape: [guesses + 1, vocabulary]."""
        unread, self._unread = self._unread, []
        new, self._new = self._new, 0
        if self._singly:
            parts = [unread[:new], *([token] for token in unread[new:])]
            return [self._reader.read(part, 1) for part in parts if part][-1]
        return self._reader.read([*unread, *guesses], len(guesses) + 1)

    def _judge(self, guesses: list[tuple[int, bool]], logits: NDArray[np.float32]) -> int:
        """Choose, as long as guesses are right, and once more; how many were right."""
        for number, (guess, chosen) in enumerate(guesses):
            if not chosen:
                self._guide.take([guess])
                self.said.append(guess)
                self.forced += 1
                continue
            self.drafted += 1
            token = self._choose(logits[number])
            if token != guess:
                self._unread = [token]
                return number
            self.kept += 1
        if self._guide.is_finished or len(self.said) >= self._most or self._guide.forced():
            return len(guesses)
        self._unread = [self._choose(logits[len(guesses)])]
        return len(guesses)

    def _choose(self, logits: NDArray[np.float32]) -> int:
        """A token of those that are allowed. Shape: [vocabulary]."""
        allowed = self._guide.allowed()
        token = self._sampler.next(np.where(allowed, logits, -np.inf))
        some = logits[allowed].astype(np.float64)
        some -= some.max()
        self.log_probability += float(logits[token] - logits[allowed].max()) - math.log(np.exp(some).sum())
        self._guide.take([token])
        self.said.append(token)
        return token
