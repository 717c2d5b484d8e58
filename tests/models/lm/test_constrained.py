"""What is written by a grammar is the same token by token as with drafts, and takes fewer passes."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.models.lm.conftest import Resident
from tests.models.lm.letters import TOKENS, letters

from paige.models.lm.assistant.guidance import Guide, Vocabulary
from paige.models.lm.constrained import Written, write
from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.packed import PackedModel
from paige.models.lm.sampling import Sampler, Sampling
from paige.models.lm.together import Reader

Packed = Callable[[str, int], PackedModel]
GRAMMARS = (
    'start: "a" /[a-f]{1,12}/ "."',
    'start: "{\\"me\\":\\"" NAME "\\",\\"at\\":" /[1-9][0-9]?|100/ "}"\n'
    'NAME: "Hall Lamp" | "Hall Light" | "La"',
    'start: ("Lamp" | "Lamps" | "Light") ("," ("na" | "name" | "m")){2,5} "}}]}"',
    'start: "nothing to choose here"',
    'start: /[a-z ]{3,40}/ "."',
)


class Chance:
    """Guesses drawn by chance, of what is allowed and of what is not likely."""

    def __init__(self, seed: int, often: float) -> None:
        self._random, self._often = np.random.default_rng(seed), often

    def next(self, said: Sequence[int], allowed: NDArray[np.bool_]) -> int | None:
        if self._random.random() > self._often:
            return None
        return int(self._random.choice(np.flatnonzero(allowed)))


class Knowing:
    """Guesses what was written before."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens = tokens

    def next(self, said: Sequence[int], allowed: NDArray[np.bool_]) -> int | None:
        return self._tokens[len(said)] if len(said) < len(self._tokens) else None


@cache
def vocabulary() -> Vocabulary:
    return Vocabulary(letters(), TOKENS)


def written(
    model: PackedModel, prompt: Sequence[int], grammar: str, *, sampling: Sampling | None = None, **how: Any
) -> Written:
    decoder = Decoder(model, _resident(model.folder), 128)
    reader = Reader(decoder, KeyValues(decoder.shape, 128))
    sampler = Sampler(sampling or Sampling())
    found = write(reader, prompt, Guide(vocabulary(), grammar), sampler, **how)
    assert reader.known.length <= len(prompt) + len(found.tokens)
    return found


@cache
def _resident(folder: Path) -> Resident:
    return Resident(PackedModel.load(folder))


PROMPTS = st.lists(st.integers(0, TOKENS - 1), min_size=1, max_size=70)


@pytest.mark.parametrize("bits", [4, 8, 32])
@pytest.mark.parametrize("family", ["llama", "qwen3"])
@given(
    prompt=PROMPTS,
    grammar=st.sampled_from(GRAMMARS),
    seed=st.integers(0, 99),
    often=st.sampled_from([0.3, 0.9, 1.0]),
    most=st.sampled_from([1, 7, 40]),
    temperature=st.sampled_from([0.0, 0.0, 1.5]),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_drafts_change_nothing(
    packed: Packed,
    family: str,
    bits: int,
    prompt: list[int],
    grammar: str,
    seed: int,
    often: float,
    most: int,
    temperature: float,
) -> None:
    model = packed(family, bits)
    how: dict[str, Any] = {"most": most, "sampling": Sampling(temperature, seed=seed)}
    alone = written(model, prompt, grammar, singly=True, **how)
    plain = written(model, prompt, grammar, **how)
    drafted = written(model, prompt, grammar, drafts=Chance(seed, often), **how)
    known = written(model, prompt, grammar, drafts=Knowing(alone.tokens), **how)
    assert alone.tokens == plain.tokens == drafted.tokens == known.tokens
    assert alone.probability == plain.probability == drafted.probability == known.probability
    assert alone.whole == plain.whole == drafted.whole == known.whole
    assert known.passes <= plain.passes <= alone.passes
    assert drafted.passes <= plain.passes
    if most == 40 and alone.whole:
        assert known.passes <= 2
    if alone.whole:
        assert letters().decode(list(alone.tokens))
