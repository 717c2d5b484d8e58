"""The shape of a decoder-only language model, from the configuration that its checkpoint carries."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from paige.models.errors import ModelUnusable

FAMILIES: Final = ("llama", "qwen2", "qwen3")
"""What `model_type` may be; SmolLM and SmolLM2 say `llama`."""
_HEAD_WIDTHS: Final = 16
_ONLY: Final = {"hidden_act": "silu", "use_sliding_window": False}
"""What may be said of a layer besides its sizes, and what it must be."""
_NUMBERS: Final = (
    "hidden_size",
    "intermediate_size",
    "max_position_embeddings",
    "num_attention_heads",
    "num_hidden_layers",
    "rms_norm_eps",
    "vocab_size",
)


@dataclass(frozen=True, slots=True)
class RotaryScaling:
    """Longer contexts than a model began with, as Llama 3.1 stretches its slow rotations."""

    factor: float
    low_frequency_factor: float
    high_frequency_factor: float
    original_positions: int


@dataclass(frozen=True, slots=True)
class DecoderShape:
    """What a decoder's layers look like; all have the same shape."""

    family: str
    layers: int
    hidden: int
    heads: int
    key_value_heads: int
    """Each is shared by `heads / key_value_heads` heads (Ainslie and others, 2023)."""
    head_width: int
    feed_forward: int
    vocabulary: int
    positions: int
    """The longest context that it was trained for, in tokens."""
    norm_epsilon: float
    rotary_base: float
    rotary_scaling: RotaryScaling | None = None
    attention_bias: bool = False
    """Whether queries, keys and values have a bias, as in Qwen 2."""
    query_key_norm: bool = False
    """Whether each head's queries and keys are normalized, as in Qwen 3."""
    tied: bool = False
    """Whether the head is the table of embeddings."""

    @property
    def query_width(self) -> int:
        """All heads together."""
        return self.heads * self.head_width

    @property
    def key_value_width(self) -> int:
        """All heads of keys together; values have as many."""
        return self.key_value_heads * self.head_width

    def to_json(self) -> dict[str, Any]:
        """As a manifest has it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "DecoderShape":
        """From a manifest."""
        scaling = data.get("rotary_scaling")
        return cls(**{**data, "rotary_scaling": None if scaling is None else RotaryScaling(**scaling)})

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "DecoderShape":
        """From the `config.json` of a checkpoint.

        Raises:
            ModelUnusable: It is of a family, or has a part, that is not known here; the text names it.
        """
        family = config.get("model_type")
        if family not in FAMILIES:
            raise ModelUnusable(
                f"config.json: this is a model of the family {family!r}; known are {', '.join(FAMILIES)}"
            )
        for name, known in _ONLY.items():
            if config.get(name) not in (None, known):
                raise ModelUnusable(f"config.json: {name} is {config[name]!r}; only {known!r} is known here")
        try:
            heads = int(config["num_attention_heads"])
            hidden = int(config["hidden_size"])
            width = int(config.get("head_dim") or hidden // heads)
            if width % _HEAD_WIDTHS:
                raise ModelUnusable(
                    f"config.json: heads are {width} wide; the runtime takes multiples of {_HEAD_WIDTHS}"
                )
            return cls(
                family=family,
                layers=int(config["num_hidden_layers"]),
                hidden=hidden,
                heads=heads,
                key_value_heads=int(config.get("num_key_value_heads") or heads),
                head_width=width,
                feed_forward=int(config["intermediate_size"]),
                vocabulary=int(config["vocab_size"]),
                positions=int(config["max_position_embeddings"]),
                norm_epsilon=float(config["rms_norm_eps"]),
                attention_bias=family == "qwen2" or bool(config.get("attention_bias")),
                query_key_norm=family == "qwen3",
                tied=bool(config.get("tie_word_embeddings", False)),
                **_rotary(config),
            )
        except KeyError as error:
            raise ModelUnusable(f"config.json: it lacks {error}") from error
        except (TypeError, ValueError) as error:
            raise ModelUnusable(f"config.json: {_what_is_none(config)}{error}") from error


def _what_is_none(config: Mapping[str, Any]) -> str:
    """Names what has no value, as numbers must have one."""
    return "".join(
        f"{name} is {value!r}; " for name, value in config.items() if name in _NUMBERS and value is None
    )


def _rotary(config: Mapping[str, Any]) -> dict[str, Any]:
    """The base of the rotations, and how they are stretched; where they stand depends on the file's age."""
    told: Mapping[str, Any] = config.get("rope_parameters") or config.get("rope_scaling") or {}
    base = float(told.get("rope_theta") or config.get("rope_theta") or 10_000.0)
    kind = told.get("rope_type") or told.get("type") or "default"
    if kind == "default":
        return {"rotary_base": base}
    if kind != "llama3":
        raise ModelUnusable(f"config.json: rotary embeddings scaled by {kind!r} are not known; `llama3` is")
    scaling = RotaryScaling(
        float(told["factor"]),
        float(told["low_freq_factor"]),
        float(told["high_freq_factor"]),
        int(told["original_max_position_embeddings"]),
    )
    return {"rotary_base": base, "rotary_scaling": scaling}
