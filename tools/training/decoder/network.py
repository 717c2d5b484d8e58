"""A decoder of Llama's shape (Touvron and others, 2023), with the names of its weights, to train."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Size:
    """Of a decoder."""

    vocabulary: int = 4096
    hidden: int = 256
    layers: int = 6
    heads: int = 4
    key_value_heads: int = 2
    feed_forward: int = 704
    positions: int = 1024
    rotary_base: float = 10_000.0
    norm_epsilon: float = 1e-5

    def to_config(self, end: int) -> dict[str, Any]:
        """As the `config.json` of a checkpoint has it."""
        return {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "vocab_size": self.vocabulary,
            "hidden_size": self.hidden,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_value_heads,
            "intermediate_size": self.feed_forward,
            "max_position_embeddings": self.positions,
            "rope_theta": self.rotary_base,
            "rms_norm_eps": self.norm_epsilon,
            "hidden_act": "silu",
            "tie_word_embeddings": True,
            "attention_bias": False,
            "mlp_bias": False,
            "bos_token_id": None,
            "eos_token_id": end,
            "dtype": "float32",
        }


class Attention(nn.Module):
    """Grouped-query attention with rotary positions (Su and others, 2021)."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.width = size.hidden // size.heads
        self.counts = [size.heads, size.key_value_heads, size.key_value_heads]
        self.q_proj, self.k_proj, self.v_proj = (
            nn.Linear(size.hidden, count * self.width, bias=False) for count in self.counts
        )
        self.o_proj = nn.Linear(size.hidden, size.hidden, bias=False)

    def forward(self, hidden: Tensor, rotary: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        """Shapes: [rows, tokens, hidden] in and out."""
        rows, tokens, _ = hidden.shape
        weight = torch.cat([self.q_proj.weight, self.k_proj.weight, self.v_proj.weight])
        together = functional.linear(hidden, weight).view(rows, tokens, -1, self.width)
        queries, keys, values = together.transpose(1, 2).split(
            self.counts, dim=1
        )  # [rows, heads, tokens, width]
        queries, keys = _rotated(queries, rotary), _rotated(keys, rotary)
        shared = self.counts[0] // self.counts[1]
        mixed = functional.scaled_dot_product_attention(
            queries, keys.repeat_interleave(shared, 1), values.repeat_interleave(shared, 1), attn_mask=mask
        )
        out: Tensor = self.o_proj(mixed.transpose(1, 2).reshape(rows, tokens, -1))
        return out


class FeedForward(nn.Module):
    """Gated by SiLU (Shazeer, 2020)."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(size.hidden, size.feed_forward, bias=False)
        self.up_proj = nn.Linear(size.hidden, size.feed_forward, bias=False)
        self.down_proj = nn.Linear(size.feed_forward, size.hidden, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Shapes: [rows, tokens, hidden] in and out."""
        weight = torch.cat([self.gate_proj.weight, self.up_proj.weight])
        gate, up = functional.linear(hidden, weight).chunk(2, dim=-1)
        out: Tensor = self.down_proj(functional.silu(gate) * up)
        return out


class Layer(nn.Module):
    """Attention, then what each token makes of it."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(size.hidden, size.norm_epsilon)
        self.self_attn = Attention(size)
        self.post_attention_layernorm = nn.RMSNorm(size.hidden, size.norm_epsilon)
        self.mlp = FeedForward(size)

    def forward(self, hidden: Tensor, rotary: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        """Shapes: [rows, tokens, hidden] in and out."""
        hidden = hidden + self.self_attn(self.input_layernorm(hidden), rotary, mask)
        return hidden + self.mlp(self.post_attention_layernorm(hidden))


class Network(nn.Module):
    """All layers; the head is the table of embeddings."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.embed_tokens = nn.Embedding(size.vocabulary, size.hidden)
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        self.norm = nn.RMSNorm(size.hidden, size.norm_epsilon)
        for name, weight in self.named_parameters():
            if weight.dim() > 1:  # what is added to the stream begins smaller the more layers add (GPT-2)
                last = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * size.layers) ** 0.5 if last else 0.02)

    def forward(self, tokens: Tensor, positions: Tensor, turns: Tensor) -> Tensor:
        """What each token has become behind all layers.

        Args:
            tokens: Shape: [rows, tokens].
            positions: As `Rows` has them. Shape: [rows, tokens].
            turns: As `Rows` has them. Shape: [rows, tokens].

        Returns:
            Shape: [rows, tokens, hidden].
        """
        hidden: Tensor = self.embed_tokens(tokens)
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else hidden.dtype
        rotary = _rotary(positions, self.size)
        mask = seen(turns).to(dtype)
        for layer in self.layers:
            hidden = layer(hidden, rotary, mask)
        normed: Tensor = self.norm(hidden)
        return normed

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of each next token. Shapes: [some, hidden] -> [some, vocabulary]."""
        return functional.linear(hidden, self.embed_tokens.weight)


def seen(turns: Tensor) -> Tensor:
    """What each token sees: 0, or minus infinity where it sees nothing. Shape: [rows, 1, tokens, tokens]."""
    tokens = turns.shape[1]
    before = torch.ones(tokens, tokens, dtype=torch.bool).tril()
    same = (turns[:, None, :] == turns[:, :, None]) | (turns[:, None, :] == 0)  # [rows, tokens, tokens]
    return torch.zeros(same.shape).masked_fill_(~(same & before), float("-inf"))[:, None]


def _rotary(positions: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    """Cosines and sines. Shapes: [rows, 1, tokens, width]."""
    width = size.hidden // size.heads
    frequencies = size.rotary_base ** (-torch.arange(0, width, 2) / width)
    angles = positions[:, None, :, None] * frequencies  # [rows, 1, tokens, width / 2]
    both = torch.cat([angles, angles], dim=-1)
    return both.cos(), both.sin()


def _rotated(heads: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    cosines, sines = (table.to(heads.dtype) for table in rotary)
    first, second = heads.chunk(2, dim=-1)
    return heads * cosines + torch.cat([-second, first], dim=-1) * sines
