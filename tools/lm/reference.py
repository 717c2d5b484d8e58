"""Small checkpoints of each family with weights drawn by chance, and what transformers makes of them.

    python -m paige.tools.lm.reference FOLDER

writes what the tests compare with: a folder for each, with its `config.json`, `model.safetensors` in 16 bits,
and `expected.npz`: tokens and their logits, in 32 bits. It needs the packages torch and transformers.
"""

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import transformers

_SIZES: Final = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "vocab_size": 80,
    "max_position_embeddings": 256,
}
_LLAMA_3: Final = {
    "rope_type": "llama3",
    "rope_theta": 500_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
_CONFIGS: Final[dict[str, Any]] = {
    "llama": lambda: transformers.LlamaConfig(**_SIZES),
    "llama3": lambda: transformers.LlamaConfig(**_SIZES, rope_parameters=_LLAMA_3),
    "qwen2": lambda: transformers.Qwen2Config(**_SIZES, tie_word_embeddings=True),
    "qwen3": lambda: transformers.Qwen3Config(**_SIZES, head_dim=32),
}
_TOKENS: Final = 100


def main(folder: Path) -> int:
    """Writes them."""
    for name, config in _CONFIGS.items():
        torch.manual_seed(1)
        network = transformers.AutoModelForCausalLM.from_config(config()).eval()
        with torch.no_grad():
            for part, values in network.named_parameters():
                spread = 0.2 if values.dim() > 1 else 0.3
                values.copy_(torch.randn_like(values) * spread + ("norm" in part))
        network.to(torch.bfloat16).save_pretrained(folder / name)
        tokens = torch.randint(0, _SIZES["vocab_size"], (1, _TOKENS))
        # Read anew: what was cast to 16 bits has its rotations rounded, too.
        whole = transformers.AutoModelForCausalLM.from_pretrained(folder / name, dtype=torch.float32)
        with torch.no_grad():
            logits = whole(tokens).logits[0]  # [tokens, vocabulary]
        np.savez(folder / name / "expected.npz", tokens=tokens[0].numpy(), logits=logits.numpy())
        (folder / name / "generation_config.json").unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
