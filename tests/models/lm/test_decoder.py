"""Logits are those of transformers' own implementation, however the tokens come."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.models.lm.conftest import GOLDEN, Resident

from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.packed import PackedModel

FAMILIES = ("llama", "llama3", "qwen2", "qwen3")
Packed = Callable[[str, int], PackedModel]


def expected(family: str) -> tuple[list[int], NDArray[np.float32]]:
    with np.load(Path(GOLDEN / family / "expected.npz")) as found:
        return found["tokens"].tolist(), found["logits"]


def decoder(model: PackedModel) -> tuple[Decoder, KeyValues]:
    made = Decoder(model, Resident(model), 128)
    return made, KeyValues(made.shape, 128)


def divergence(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    """Kullback and Leibler's, from theirs to ours, in nats a token."""

    def log_shares(logits: NDArray[np.float32]) -> NDArray[np.float64]:
        shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
        found: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        return found

    one, other = log_shares(theirs), log_shares(ours)
    return float((np.exp(one) * (one - other)).sum(axis=-1).mean())


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_are_those_of_transformers(family: str, packed: Packed) -> None:
    tokens, logits = expected(family)
    model, known = decoder(packed(family, 32))
    at_once = model.read(tokens[:80], known, wanted=80)
    singly = [model.read([token], known) for token in tokens[80:90]]
    rest = model.read(tokens[90:], known, wanted=10)
    assert np.abs(np.concatenate([at_once, *singly, rest]) - logits).max() < 1e-3
    assert known.length == len(tokens)


@pytest.mark.parametrize(("bits", "most"), [(8, 0.002), (4, 0.2)])
@pytest.mark.parametrize("family", FAMILIES)
def test_small_integers_diverge_little(family: str, bits: int, most: float, packed: Packed) -> None:
    tokens, logits = expected(family)
    model, known = decoder(packed(family, bits))
    assert 0 < divergence(model.read(tokens, known, wanted=len(tokens)), logits) < most


def test_a_token_gives_the_same_whether_read_alone_or_with_others(packed: Packed) -> None:
    tokens, _ = expected("llama")
    together, known = decoder(packed("llama", 32))
    whole = together.read(tokens, known, wanted=len(tokens))
    alone, known = decoder(packed("llama", 32))
    singly = np.concatenate([alone.read([token], known) for token in tokens])
    np.testing.assert_allclose(whole, singly, atol=1e-4)
