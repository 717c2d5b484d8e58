"""How each matrix of a model is to be written: bits, blocks, rank, and how many neurons are left."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from paige.models.errors import ModelUnusable
from paige.models.lm.quantization import Quantization
from paige.models.lm.shape import DecoderShape

MATRICES: Final = ("query_key_value", "attention_output", "gate_up", "down")
"""Of a layer, in the order in which a token passes them."""
_RANKS: Final = 32
"""A rank is a multiple of this: blocks of a row are filled then."""


@dataclass(frozen=True, slots=True)
class Form:
    """How one matrix is written.

    Raises:
        ModelUnusable: It cannot be.
    """

    how: Quantization
    rank: int = 0
    """Two narrow matrices, one after the other, of this width between them; 0 is one whole matrix."""

    def __post_init__(self) -> None:
        if self.rank < 0 or self.rank % _RANKS:
            raise ModelUnusable(f"rank {self.rank}: a rank is a multiple of {_RANKS}")

    def __str__(self) -> str:
        return f"{self.how}, rank {self.rank}" if self.rank else str(self.how)


@dataclass(frozen=True, slots=True)
class LayerForm:
    """How a layer is written; layers of one form are shards of one kind."""

    query_key_value: Form
    attention_output: Form
    gate_up: Form
    down: Form
    feed_forward: int
    """Neurons that are left."""

    @classmethod
    def plain(cls, shape: DecoderShape, how: Quantization) -> "LayerForm":
        """Every matrix alike, and nothing left out."""
        form = Form(how)
        return cls(form, form, form, form, shape.feed_forward)

    def of(self, matrix: str) -> Form:
        """Of one of `MATRICES`."""
        found: Form = getattr(self, matrix)
        return found

    def but(self, forms: Mapping[str, Form]) -> "LayerForm":
        """The same with some of `MATRICES` otherwise."""
        first, second, third, fourth = (forms.get(name, self.of(name)) for name in MATRICES)
        return LayerForm(first, second, third, fourth, self.feed_forward)

    def __str__(self) -> str:
        forms = {name: str(self.of(name)) for name in MATRICES}
        usual = max(forms.values(), key=list(forms.values()).count)
        others = [f"{name} {form}" for name, form in forms.items() if form != usual]
        return "; ".join([usual, *others, f"{self.feed_forward} neurons"])


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is written."""

    layers: tuple[LayerForm, ...]
    head: Form
    smooth: bool = False
    """Whether channels that carry much are made larger before they are rounded, and what comes in smaller."""
    kinds: Mapping[LayerForm, str] = field(init=False)
    """The kind of shard for each form of a layer."""

    def __post_init__(self) -> None:
        forms = list(dict.fromkeys(self.layers))
        names = ["layer"] if len(forms) == 1 else [f"layer-{chr(ord('a') + at)}" for at in range(len(forms))]
        object.__setattr__(self, "kinds", dict(zip(forms, names, strict=True)))

    @classmethod
    def plain(cls, shape: DecoderShape, how: Quantization) -> "Recipe":
        """Every matrix alike, and nothing left out."""
        return cls((LayerForm.plain(shape, how),) * shape.layers, Form(how))

    @property
    def whole(self) -> bool:
        """Whether every weight is as it was."""
        forms = [self.head, *(layer.of(name) for layer in self.layers for name in MATRICES)]
        return all(form.how.bits == 32 for form in forms)
