"""What a checkpoint says of itself is understood, or refused by name."""

import json
from typing import Any

import pytest
from tests.models.lm.conftest import GOLDEN

from paige.models.errors import ModelUnusable
from paige.models.lm.shape import DecoderShape

FAMILIES = ("llama", "llama3", "qwen2", "qwen3")


def config(family: str = "llama") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GOLDEN / family / "config.json").read_text())
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_a_shape_is_the_same_after_a_manifest(family: str) -> None:
    shape = DecoderShape.from_config(config(family))
    assert DecoderShape.from_json(json.loads(json.dumps(shape.to_json()))) == shape
    assert shape.query_key_norm == (family == "qwen3")
    assert shape.attention_bias == (family == "qwen2")
    assert (shape.rotary_scaling is not None) == (family == "llama3")


def test_older_files_tell_of_rotations_elsewhere() -> None:
    new = config("llama3")
    told = new.pop("rope_parameters")
    old = {**new, "rope_theta": told.pop("rope_theta"), "rope_scaling": told}
    assert DecoderShape.from_config(old) == DecoderShape.from_config(config("llama3"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model_type": "mamba"}, "of the family 'mamba'; known are llama, qwen2, qwen3"),
        ({"head_dim": 24}, "heads are 24 wide; the runtime takes multiples of 16"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "scaled by 'yarn' are not known"),
        ({"vocab_size": None}, "vocab_size"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu'; only 'silu' is known"),
        ({"use_sliding_window": True}, "use_sliding_window is True; only False is known"),
    ],
)
def test_what_is_not_known_is_named(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ModelUnusable, match=why):
        DecoderShape.from_config({**config(), **change})


def test_what_is_missing_is_named() -> None:
    lacking = config()
    del lacking["num_hidden_layers"]
    with pytest.raises(ModelUnusable, match="it lacks 'num_hidden_layers'"):
        DecoderShape.from_config(lacking)
