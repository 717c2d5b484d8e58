"""What a token gives does not depend on how many are read with it, to the last bit."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.models.lm.conftest import Resident

from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.packed import PackedModel
from paige.models.lm.together import TILE, Reader

TOKENS = [7 * number % 79 for number in range(150)]


@cache
def _decoder(folder: Path) -> Decoder:
    model = PackedModel.load(folder)
    return Decoder(model, Resident(model), 160)


def logits(model: PackedModel, parts: Sequence[int]) -> NDArray[np.float32]:
    """Of all tokens, read in such parts, and then the rest. Shape: [150, vocabulary]."""
    decoder = _decoder(model.folder)
    reader = Reader(decoder, KeyValues(decoder.shape, 160))
    found, rest = [], TOKENS
    for part in (*parts, len(TOKENS)):
        some, rest = rest[:part], rest[part:]
        if some:
            found.append(reader.read(some, len(some)))
    assert reader.known.length == len(TOKENS)
    return np.concatenate(found)


@pytest.mark.parametrize("bits", [4, 8, 32])
@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3"])
@given(parts=st.lists(st.integers(1, 9) | st.integers(62, 67) | st.just(129), max_size=12))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_are_the_same_however_tokens_are_read(
    packed: Callable[[str, int], PackedModel], family: str, bits: int, parts: list[int]
) -> None:
    model = packed(family, bits)
    assert (logits(model, parts) == logits(model, [])).all()


def test_there_must_be_room_for_whole_tiles(packed: Callable[[str, int], PackedModel]) -> None:
    decoder = _decoder(packed("llama", 32).folder)
    reader = Reader(decoder, KeyValues(decoder.shape, 2 * TILE + 1))
    assert reader.room == 2 * TILE
    reader.read(TOKENS[: TILE + 1], 1)
    assert reader.room == TILE - 1
    with pytest.raises(ValueError, match="there is room for"):
        reader.read(TOKENS[:TILE], 1)
    assert reader.known.length == TILE + 1
    reader.forget(1)
    assert reader.read(TOKENS[TILE : TILE + 1], 1).shape == (1, 80)
    assert reader.tokens == TOKENS[: TILE + 1]
    assert reader.passes == 2
