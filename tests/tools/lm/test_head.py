"""The head is cut so that no part takes a larger slot than a layer."""

import json

import pytest
from tests.models.lm.conftest import GOLDEN

from paige.models.lm.quantization import Quantization
from paige.models.lm.shape import DecoderShape
from paige.tools.lm.convert import head_parts
from paige.tools.lm.graphs import head_graph, layer_graph
from paige.tools.lm.recipe import Form, LayerForm

CONFIG = json.loads((GOLDEN / "llama" / "config.json").read_text())
QWEN = {
    "hidden_size": 896,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "intermediate_size": 4864,
    "head_dim": 64,
}


@pytest.mark.parametrize("bits", [4, 8, 32])
@pytest.mark.parametrize("vocabulary", [260, 32_000, 151_936])
def test_parts_are_even_and_no_larger_than_a_layer(bits: int, vocabulary: int) -> None:
    shape = DecoderShape.from_config({**CONFIG, **QWEN, "vocab_size": vocabulary})
    how = Form(Quantization(bits, 32))
    most = layer_graph(shape, LayerForm.plain(shape, how.how)).size
    parts, tokens = head_parts(shape, how, most)
    assert head_graph(shape, how, tokens).size <= most * 1.01  # parts have a multiple of 32 tokens
    assert parts * tokens >= vocabulary > (parts - 1) * tokens
    whole = head_graph(shape, how, vocabulary).size
    assert parts == -(-whole // most)
