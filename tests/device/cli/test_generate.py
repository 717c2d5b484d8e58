"""`paige generate` as a process, with a model of random weights: the same words under every budget."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from paige.models.lm.quantization import Quantization
from paige.models.lm.words import TOKENIZER
from paige.tools.lm.checkpoint import Checkpoint
from paige.tools.lm.convert import convert

COMMAND = [sys.executable, "-m", "paige.device.cli"]


def paige(state: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PAIGE_STATE_DIR": str(state)},
    )


CONFIG: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 256,
    "intermediate_size": 1024,
    "max_position_embeddings": 512,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": 6,
    "rms_norm_eps": 1e-5,
    "vocab_size": 80,
    "tie_word_embeddings": True,
}


def write_checkpoint(folder: Path) -> None:
    """Weights drawn by chance, in the format of Hugging Face; 4 MB a layer."""
    random = np.random.default_rng(3)
    square, narrow, wide = (256, 256), (128, 256), (1024, 256)
    of_layer = {
        "self_attn.q_proj": square,
        "self_attn.k_proj": narrow,
        "self_attn.v_proj": narrow,
        "self_attn.o_proj": square,
        "mlp.gate_proj": wide,
        "mlp.up_proj": wide,
        "mlp.down_proj": wide[::-1],
        "input_layernorm": (256,),
        "post_attention_layernorm": (256,),
    }
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (80, 256), "model.norm.weight": (256,)}
    for layer in range(CONFIG["num_hidden_layers"]):
        shapes |= {f"model.layers.{layer}.{name}.weight": size for name, size in of_layer.items()}
    header, data, at = {}, [], 0
    for name, size in shapes.items():
        drawn = random.standard_normal(size, np.float32) * (1 if len(size) == 1 else size[-1] ** -0.5)
        header[name] = {"dtype": "F32", "shape": size, "data_offsets": [at, at + drawn.nbytes]}
        data.append(drawn.tobytes())
        at += drawn.nbytes
    head = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + b"".join(data))
    (folder / "config.json").write_text(json.dumps(CONFIG))


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a model is kept whose tokens are words."""
    folder = tmp_path_factory.mktemp("state")
    checkpoint = tmp_path_factory.mktemp("checkpoint") / "tiny"
    checkpoint.mkdir()
    write_checkpoint(checkpoint)
    tokenizer = Tokenizer(WordLevel({f"w{number}": number for number in range(80)}, unk_token="w0"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(checkpoint / TOKENIZER))
    template = "{% for m in messages %}w1 {{ m.content }} w2 {% endfor %}w3"
    (checkpoint / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    convert(Checkpoint(checkpoint), Quantization(32), folder / "made" / "tiny", "none")
    added = paige(folder, "models", "add", str(folder / "made" / "tiny"))
    assert added.returncode == 0, added.stderr
    return folder


def generated(state: Path, *arguments: str, given: str = "") -> dict[str, Any]:
    done = paige(state, "generate", "tiny", "--json", *arguments, given=given)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_it_says_the_same_with_little_memory_as_with_much(state: Path) -> None:
    prompt = ("--prompt", "w5 w7 w11", "--tokens", "12")
    much = generated(state, *prompt, "--budget", "1GB")
    least = refused_budget(state, prompt)
    little = generated(state, *prompt, "--budget", str(least))
    assert little["text"] == much["text"]
    assert len(much["text"].split()) == 12
    assert little["streamed_shards"] > 0 == much["streamed_shards"]
    assert little["read_bytes"] > much["read_bytes"]


def refused_budget(state: Path, prompt: Sequence[str]) -> int:
    """The least that would do, as the refusal of too little says it, and what changes from run to run."""
    done = paige(state, "generate", "tiny", *prompt, "--budget", "20MB")
    assert done.returncode == 1
    assert "the least budget that does is" in done.stderr
    return int(done.stderr.rpartition("does is")[2].split()[0]) * 1_000_000 + 2_000_000


def test_a_conversation_is_written_as_the_model_wants_it(state: Path) -> None:
    talk = generated(state, "--prompt", "w5", "--system", "w9", "--tokens", "3")
    plain = generated(state, "--prompt", "w1 w9 w2 w1 w5 w2 w3", "--plain", "--tokens", "3")
    assert talk["text"] == plain["text"]
    assert talk["prompt_tokens"] == 7
    assert talk["passes"] == talk["tokens"] == 3


def test_the_prompt_may_come_from_standard_input_and_words_as_they_are(state: Path) -> None:
    done = paige(state, "generate", "tiny", "--tokens", "3", given="w5")
    assert done.stdout.split() == generated(state, "--prompt", "w5", "--tokens", "3")["text"].split()


def test_it_ends_before_a_stop_sequence(state: Path) -> None:
    words = generated(state, "--prompt", "w5", "--tokens", "8")["text"].split()
    third = next(word for word in words[2:] if word not in words[:2])
    found = generated(state, "--prompt", "w5", "--tokens", "8", "--stop", third)["text"]
    assert found.split() == words[: words.index(third)]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("nothing",), 1, "there is no model 'nothing'"),
        (("tiny", "--budget", "much"), 2, "'much' is no amount of memory"),
        (("tiny", "--prompt", "w1 " * 300, "--context", "100"), 1, "there is room for 100"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    arguments: tuple[str, ...], status: int, said: str, state: Path
) -> None:
    done = paige(state, "generate", *arguments)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_with_a_home_it_answers_with_calls_of_that_home_in_few_passes(tmp_path: Path) -> None:
    home = Path(__file__).parents[3] / "tools" / "demo" / "home.yaml"
    asked = ("--tools", str(home), "--prompt", "turn on the kitchen lamp")
    first, again = (paige(tmp_path, "generate", "paige-en", "--json", *asked) for _ in range(2))
    assert first.returncode == again.returncode == 0, first.stderr
    found, later = json.loads(first.stdout), json.loads(again.stdout)
    assert found["answer"] == later["answer"]
    assert found["answer"]["calls"][0]["name"] == "HassTurnOn"
    assert found["passes"] < found["tokens"] / 2
    assert later["prompt_tokens"] == found["prompt_tokens"] > 100
    assert list((tmp_path / "prefixes").glob("*.kv"))
