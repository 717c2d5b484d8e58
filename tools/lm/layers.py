"""Which tensors of a checkpoint make which matrix of a decoder, and what else it has."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.models.errors import ModelUnusable
from paige.models.lm.shape import DecoderShape
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.matrices import Matrix, below, of_checkpoint

EMBEDDING: Final = "model.embed_tokens.weight"
NORM: Final = "model.norm.weight"
_HEAD: Final = "lm_head.weight"
_PARTS: Final = {
    "query_key_value": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "attention_output": ("self_attn.o_proj",),
    "gate": ("mlp.gate_proj",),
    "up": ("mlp.up_proj",),
    "down": ("mlp.down_proj",),
}
_WITHOUT_WEIGHTS: Final = "rotary_emb.inv_freq"
"""Tables that old checkpoints carry."""


def layer_matrix(checkpoint: Checkpoint, number: int, name: str) -> Matrix:
    """A matrix of a layer, by the name that its graph has for it, or `gate` or `up` alone."""
    if name == "gate_up":
        return below(*(layer_matrix(checkpoint, number, half) for half in ("gate", "up")))
    return of_checkpoint(checkpoint, *(f"model.layers.{number}.{part}.weight" for part in _PARTS[name]))


def head_matrix(checkpoint: Checkpoint) -> Matrix:
    """The head. Shape: [vocabulary, hidden]."""
    return of_checkpoint(checkpoint, EMBEDDING if checkpoint.shape.tied else _HEAD)


def layer_vectors(checkpoint: Checkpoint, number: int) -> dict[str, NDArray[np.float32]]:
    """What a layer has besides matrices, by the names that its graph has for them."""
    at, shape, tensor = f"model.layers.{number}", checkpoint.shape, checkpoint.tensor
    found = {
        "attention_norm": tensor(f"{at}.input_layernorm.weight"),
        "feed_forward_norm": tensor(f"{at}.post_attention_layernorm.weight"),
    }
    if shape.attention_bias:
        biases = [tensor(f"{at}.self_attn.{name}_proj.bias") for name in "qkv"]
        found["attention_bias"] = np.concatenate(biases)
    if shape.query_key_norm:
        found["query_norm"] = tensor(f"{at}.self_attn.q_norm.weight")
        found["key_norm"] = tensor(f"{at}.self_attn.k_norm.weight")
    return found


def check(checkpoint: Checkpoint) -> None:
    """See that every tensor that the shape demands is there, in its size, and no other.

    Raises:
        ModelUnusable: One is not; the text names it.
    """
    wanted = dict(_wanted(checkpoint.shape))
    for name, dims in wanted.items():
        found = checkpoint.dims(name)
        if found != dims:
            raise ModelUnusable(
                f"{checkpoint.folder}: {name} is {_times(found)}; by config.json it is {_times(dims)}"
            )
    for name in checkpoint.names:
        if name not in wanted and name != _HEAD and not name.endswith(_WITHOUT_WEIGHTS):
            raise ModelUnusable(
                f"{checkpoint.folder}: {name} is a part that models of the family "
                f"{checkpoint.shape.family!r} do not have here"
            )


def _wanted(shape: DecoderShape) -> Iterator[tuple[str, tuple[int, ...]]]:
    hidden, keys = shape.hidden, shape.key_value_width
    yield EMBEDDING, (shape.vocabulary, hidden)
    yield NORM, (hidden,)
    if not shape.tied:
        yield _HEAD, (shape.vocabulary, hidden)
    widths = {"q": shape.query_width, "k": keys, "v": keys}
    for number in range(shape.layers):
        at = f"model.layers.{number}"
        for name, width in widths.items():
            yield f"{at}.self_attn.{name}_proj.weight", (width, hidden)
            if shape.attention_bias:
                yield f"{at}.self_attn.{name}_proj.bias", (width,)
        yield f"{at}.self_attn.o_proj.weight", (hidden, shape.query_width)
        if shape.query_key_norm:
            yield f"{at}.self_attn.q_norm.weight", (shape.head_width,)
            yield f"{at}.self_attn.k_norm.weight", (shape.head_width,)
        yield f"{at}.mlp.gate_proj.weight", (shape.feed_forward, hidden)
        yield f"{at}.mlp.up_proj.weight", (shape.feed_forward, hidden)
        yield f"{at}.mlp.down_proj.weight", (hidden, shape.feed_forward)
        yield f"{at}.input_layernorm.weight", (hidden,)
        yield f"{at}.post_attention_layernorm.weight", (hidden,)


def _times(dims: tuple[int, ...]) -> str:
    return " × ".join(map(str, dims))
