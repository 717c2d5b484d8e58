"""Checkpoints are read as they are written, whatever their numbers and files; what is wrong is named."""

import json
import shutil
import struct
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.models.lm.conftest import GOLDEN

from paige.models.errors import ModelUnusable
from paige.models.lm.quantization import Quantization
from paige.tools.lm.checkpoint import INDEX, Checkpoint
from paige.tools.lm.convert import convert
from paige.tools.lm.layers import check

FILE = "model.safetensors"
Tensors = dict[str, NDArray[Any]]
_BF16 = np.dtype("<u2")
_NAMES = {np.dtype("<f4"): "F32", np.dtype("<f2"): "F16", _BF16: "BF16", np.dtype("<i4"): "I32"}


def write(file: Path, tensors: Mapping[str, NDArray[Any]]) -> None:
    """As the library safetensors does."""
    head, at = dict[str, Any](), 0
    for name, tensor in tensors.items():
        dims = {"dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape)}
        head[name] = {**dims, "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    text = json.dumps({"__metadata__": {"format": "pt"}, **head}).encode()
    file.write_bytes(
        struct.pack("<Q", len(text)) + text + b"".join(map(np.ndarray.tobytes, tensors.values()))
    )


def tensors_of(family: str) -> Tensors:
    golden = Checkpoint(GOLDEN / family)
    return {name: golden.tensor(name) for name in golden.names}


def made(folder: Path, tensors: Mapping[str, NDArray[Any]], family: str = "llama", **config: Any) -> Path:
    folder.mkdir(exist_ok=True)
    told = json.loads((GOLDEN / family / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**told, **config}))
    write(folder / FILE, tensors)
    return folder


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_numbers_of_every_kind_are_read(dtype: str, tmp_path: Path) -> None:
    whole = np.linspace(-2, 2, 24, dtype=np.float32).reshape(6, 4)
    wanted = (whole.view(np.uint32) >> 16).astype(_BF16) if dtype == "BF16" else whole.astype(
        {"F32": "<f4", "F16": "<f2"}[dtype]
    )  # fmt: skip
    checkpoint = Checkpoint(made(tmp_path, {"one": np.ones(3, np.float32), "table": wanted}))
    np.testing.assert_allclose(checkpoint.tensor("table"), whole, atol=0.01)
    np.testing.assert_array_equal(checkpoint.rows("table", 2, 5), checkpoint.tensor("table")[2:5])


def test_a_checkpoint_in_several_files_is_one(tmp_path: Path) -> None:
    tensors = tensors_of("qwen3")
    names = list(tensors)
    made(tmp_path, {}, "qwen3")
    (tmp_path / FILE).unlink()
    halves = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, some in halves.items():
        write(tmp_path / file, {name: tensors[name] for name in some})
    write(tmp_path / "consolidated.safetensors", {"unrelated": np.ones(3, np.float32)})
    where = {name: file for file, some in halves.items() for name in some}
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": where}))
    checkpoint = Checkpoint(tmp_path)
    check(checkpoint)
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(checkpoint.tensor(name), tensor)
    (tmp_path / "b.safetensors").unlink()
    with pytest.raises(ModelUnusable, match=rf"b\.safetensors, which {INDEX} names: No such file"):
        Checkpoint(tmp_path)
    write(tmp_path / "b.safetensors", {"other": np.ones(3, np.float32)})
    with pytest.raises(ModelUnusable, match=rf"b\.safetensors: it lacks .*, which {INDEX} says is there"):
        Checkpoint(tmp_path)


def without(name: str) -> Callable[[Tensors], Any]:
    return lambda tensors: tensors.pop(name)


def instead(name: str, dims: tuple[int, ...], dtype: Any = np.float32) -> Callable[[Tensors], Any]:
    return lambda tensors: tensors.update({name: np.ones(dims, dtype)})


Q = "model.layers.1.self_attn.q_proj"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without(f"{Q}.weight"), f"this checkpoint lacks {Q}.weight"),
        (without("lm_head.weight"), "this checkpoint lacks lm_head.weight"),
        (instead(f"{Q}.weight", (32, 16)), f"{Q}.weight is 32 × 16; by config.json it is 32 × 32"),
        (instead(f"{Q}.bias", (32,)), f"{Q}.bias is a part that models of the family 'llama' do not have"),
        (instead(f"{Q}.weight", (32, 32), np.int32), f"{Q}.weight is I32; known are F32, F16, BF16"),
    ],
)
def test_what_is_missing_or_of_another_size_is_named(
    change: Callable[[Tensors], Any], why: str, tmp_path: Path
) -> None:
    tensors = tensors_of("llama")
    change(tensors)
    with pytest.raises(ModelUnusable, match=why):
        convert(Checkpoint(made(tmp_path / "from", tensors)), Quantization(4), tmp_path / "to", "none")


def test_tied_heads_are_the_embeddings_whether_they_are_written_or_not(tmp_path: Path) -> None:
    tensors = tensors_of("qwen2")
    twice = {**tensors, "lm_head.weight": tensors["model.embed_tokens.weight"]}
    written = []
    for name, some in (("once", tensors), ("twice", twice)):
        checkpoint = Checkpoint(made(tmp_path / name, some, "qwen2"))
        convert(checkpoint, Quantization(8), tmp_path / f"{name}-made", "none")
        written.append((tmp_path / f"{name}-made" / "head-000").read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (
            lambda at: (at / FILE).write_bytes((at / FILE).read_bytes()[:-10]),
            r"ends within .*copy the file again",
        ),
        (lambda at: (at / FILE).write_bytes((at / FILE).read_bytes()[:100]), "its head should have"),
        (
            lambda at: (at / FILE).write_bytes(b"\2\0\0\0\0\0\0\0no" + bytes(99)),
            "this is no safetensors file",
        ),
        (lambda at: (at / FILE).unlink(), "there is no file that ends in .safetensors"),
        (shutil.rmtree, "this is no folder"),
        (lambda at: (at / "config.json").unlink(), "a checkpoint has this file"),
        (lambda at: (at / "config.json").write_text("{"), "this is no JSON"),
        (lambda at: (at / "config.json").write_text("[]"), "this is no JSON object"),
        (lambda at: (at / "config.json").write_text('{"model_type": "gpt2"}'), "of the family 'gpt2'"),
        (lambda at: (at / "config.json").write_text('{"quantization_config": {}}'), "quantized already"),
    ],
)
def test_what_is_damaged_is_named(damage: Callable[[Path], Any], why: str, tmp_path: Path) -> None:
    folder = made(tmp_path / "from", tensors_of("llama"))
    damage(folder)
    with pytest.raises(ModelUnusable, match=why):
        Checkpoint(folder)


@pytest.mark.parametrize("bits", [4, 8, 32])
def test_less_than_one_matrix_of_one_layer_is_in_memory(bits: int, tmp_path: Path) -> None:
    hidden, inner, vocabulary = 256, 3072, 6_000
    sizes: dict[str, Any] = {
        "hidden_size": hidden,
        "intermediate_size": inner,
        "vocab_size": vocabulary,
        "head_dim": 128,
    }
    random = np.random.default_rng(1)
    tensors: Tensors = {}
    for name, tensor in tensors_of("llama").items():
        changed = {32: hidden, 16: 128, 64: inner, 80: vocabulary}
        dims = [128 * tensor.shape[0] // 16 if "self_attn" in name and at == 0 and "o_proj" not in name
                else changed[size] for at, size in enumerate(tensor.shape)]  # fmt: skip
        tensors[name] = random.integers(0, 1 << 14, dims, np.uint16).astype(_BF16)
    folder = made(tmp_path / "from", tensors, **sizes)
    del tensors
    checkpoint = Checkpoint(folder)
    tracemalloc.start()
    convert(checkpoint, Quantization(bits), tmp_path / "to", "none")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * hidden * inner  # the least of the three of a feed-forward, in 32 bits
