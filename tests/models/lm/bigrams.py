"""A real model whose choices are known: what it says next depends on the last token alone, by a table.

Its embeddings are unit vectors, its layer adds nothing, and its head is the table. So tests run the runtime,
the tokenizer and the decoder, and know what comes.
"""

import json
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer
from tokenizers.decoders import ByteLevel as Bytes
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

from paige.models.lm.packed import PackedModel
from paige.models.lm.packing import pack
from paige.models.lm.quantization import Quantization
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.convert import convert

SIZE: Final = 272
_PAIRS: Final = (
    '{ "',
    '" :',
    '": "',
    '" ,',
    '", "',
    "} }",
    "}} ]",
    "}}] }",
    "a s",
    "as s",
    "n a",
    "m e",
    "na me",
)
TEMPLATE: Final = (
    "{% for message in messages %}<end>{{ message.role }}:{{ message.content }}{% endfor %}"
    "{% if add_generation_prompt %}<end>assistant:{% endif %}"
)


def tokenizer() -> Tokenizer:
    """Of bytes, and a few pairs of them."""
    order = ["<end>", *sorted(ByteLevel.alphabet()), *(pair.replace(" ", "") for pair in _PAIRS)]
    order += [f"<{number}>" for number in range(SIZE - len(order))]
    merges = [(left, right) for left, right in (pair.split(" ") for pair in _PAIRS)]
    made = Tokenizer(BPE({token: number for number, token in enumerate(order)}, merges))
    made.pre_tokenizer, made.decoder = ByteLevel(add_prefix_space=False), Bytes()
    made.add_special_tokens([AddedToken("<end>", special=True)])
    return made


def bigram_model(folder: Path, likes: Iterable[tuple[str, str]]) -> PackedModel:
    """A model that likes some tokens behind others, the first of these the most.

    Args:
        folder: Empty.
        likes: Pairs of tokens.
    """
    words = tokenizer()
    head = np.zeros((SIZE, SIZE), np.float32)  # [next, last]
    for rank, (last, following) in enumerate(likes):
        before, behind = words.token_to_id(last), words.token_to_id(following)
        assert before is not None, last
        assert behind is not None, following
        head[behind, before] = max(head[behind, before], 2.0 - rank / 100)
    checkpoint = folder / "checkpoint"
    checkpoint.mkdir()
    (checkpoint / "config.json").write_text(json.dumps(_CONFIG))
    _write(checkpoint / "model.safetensors", {**_layer(), **_ends(head)})
    words.save(str(checkpoint / "tokenizer.json"))
    (checkpoint / "chat_template.jinja").write_text(TEMPLATE)
    (checkpoint / "tokenizer_config.json").write_text('{"eos_token": "<end>"}')
    convert(Checkpoint(checkpoint), Quantization(32, 32), folder / "model", "none")
    for _ in pack(folder / "model", folder / "packed"):
        pass
    return PackedModel.load(folder / "packed")


_CONFIG: Final = {
    "model_type": "llama",
    "hidden_size": SIZE,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "vocab_size": SIZE,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-6,
}


def _layer() -> dict[str, NDArray[np.float32]]:
    def nothing(*shape: int) -> NDArray[np.float32]:
        return np.zeros(shape, np.float32)

    ones = np.ones(SIZE, np.float32)
    return {
        "model.layers.0.input_layernorm.weight": ones,
        "model.layers.0.post_attention_layernorm.weight": ones,
        **{f"model.layers.0.self_attn.{part}_proj.weight": nothing(16, SIZE) for part in "qkv"},
        "model.layers.0.self_attn.o_proj.weight": nothing(SIZE, 16),
        "model.layers.0.mlp.gate_proj.weight": nothing(32, SIZE),
        "model.layers.0.mlp.up_proj.weight": nothing(32, SIZE),
        "model.layers.0.mlp.down_proj.weight": nothing(SIZE, 32),
    }


def _ends(head: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    return {
        "model.embed_tokens.weight": np.eye(SIZE, dtype=np.float32),
        "model.norm.weight": np.ones(SIZE, np.float32),
        "lm_head.weight": head,
    }


def _write(file: Path, tensors: Mapping[str, NDArray[np.float32]]) -> None:
    """As the library safetensors does."""
    head, at = dict[str, Any](), 0
    for name, values in tensors.items():
        head[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [at, at + values.nbytes]}
        at += values.nbytes
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(np.ascontiguousarray(values).tobytes() for values in tensors.values())
    file.write_bytes(len(text).to_bytes(8, "little") + text + data)


def spelled(*texts: str) -> list[tuple[str, str]]:
    """Each token of texts behind the one before it."""
    words = tokenizer()
    found: list[tuple[str, str]] = []
    for text in texts:
        tokens = words.encode(text).tokens
        found += pairwise(tokens)
    return found
