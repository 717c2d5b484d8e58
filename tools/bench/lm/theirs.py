"""llama.cpp, run by the interpreter of an environment that has llama-cpp-python and gguf, without Paige.

theirs.py make FILE SHAPE_AS_JSON        a model of random weights, in Q4_0
theirs.py run FILE SECONDS MOST          how long a token takes
"""

import json
import sys
import time
from pathlib import Path

PROMPT = 32
POSITIONS = 1024
_FIRST = 259
"""Tokens before those that are words: three marks, and all bytes."""


def make(file: str, shape: dict[str, int]) -> None:
    """Write a model of random weights."""
    import gguf
    import numpy as np

    hidden, feed, vocabulary = shape["hidden"], shape["feed_forward"], shape["vocabulary"]
    to = gguf.GGUFWriter(file, "llama")
    to.add_context_length(2048)
    to.add_embedding_length(hidden)
    to.add_block_count(shape["layers"])
    to.add_feed_forward_length(feed)
    to.add_head_count(shape["heads"])
    to.add_head_count_kv(shape["key_value_heads"])
    to.add_layer_norm_rms_eps(1e-5)
    to.add_rope_dimension_count(shape["head_width"])
    to.add_vocab_size(vocabulary)
    to.add_tokenizer_model("llama")
    marks = [b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % byte for byte in range(256)]
    to.add_token_list(marks + [b"t%d" % number for number in range(vocabulary - _FIRST)])
    to.add_token_scores([0.0] * vocabulary)
    to.add_token_types([2, 3, 3] + [6] * 256 + [1] * (vocabulary - _FIRST))
    to.add_bos_token_id(1)
    to.add_eos_token_id(2)
    random = np.random.default_rng(1)

    def matrix(name: str, rows: int, columns: int) -> None:
        blocks = np.empty((rows, columns // 32, 18), np.uint8)
        blocks[..., 2:] = random.integers(0, 256, (rows, columns // 32, 16), dtype=np.uint8)
        blocks[..., :2] = np.frombuffer(np.float16(0.004).tobytes(), np.uint8)
        q4 = gguf.GGMLQuantizationType.Q4_0
        to.add_tensor(name + ".weight", blocks.reshape(rows, -1), raw_dtype=q4)

    matrix("token_embd", vocabulary, hidden)
    matrix("output", vocabulary, hidden)
    to.add_tensor("output_norm.weight", np.ones(hidden, np.float32))
    wide = shape["heads"] * shape["head_width"]
    narrow = shape["key_value_heads"] * shape["head_width"]
    for layer in range(shape["layers"]):
        at = f"blk.{layer}."
        matrix(at + "attn_q", wide, hidden)
        matrix(at + "attn_k", narrow, hidden)
        matrix(at + "attn_v", narrow, hidden)
        matrix(at + "attn_output", hidden, wide)
        matrix(at + "ffn_gate", feed, hidden)
        matrix(at + "ffn_up", feed, hidden)
        matrix(at + "ffn_down", hidden, feed)
        for norm in ("attn_norm", "ffn_norm"):
            to.add_tensor(at + norm + ".weight", np.ones(hidden, np.float32))
    to.write_header_to_file()
    to.write_kv_data_to_file()
    to.write_tensors_to_file()
    to.close()


def run(file: str, seconds: float, most: int) -> None:
    """Measure; the file is mapped, as is usual with llama.cpp."""
    import llama_cpp

    begun = time.monotonic()
    model = llama_cpp.Llama(
        file, n_ctx=POSITIONS, n_batch=64, n_threads=1, n_threads_batch=1, use_mmap=True, verbose=False
    )
    model.eval(list(range(300, 300 + PROMPT)))
    prompt = time.monotonic() - begun
    model.eval([400])
    tokens: list[float] = []
    begun = time.monotonic()
    while len(tokens) < 3 or (len(tokens) < most and time.monotonic() - begun < seconds):
        before = time.monotonic()
        model.eval([401 + len(tokens)])
        tokens.append(time.monotonic() - before)
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    resident = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))
    told = {"tokens": tokens, "prompt": prompt, "resident": resident, "version": llama_cpp.__version__}
    print(json.dumps(told))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], json.loads(sys.argv[3]))
    else:
        run(sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
