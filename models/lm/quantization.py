"""How the weights of a shard are written: whole, or as small integers in blocks that each have a scale."""

from dataclasses import dataclass
from typing import Final

from paige.models.errors import ModelUnusable

BITS: Final = (4, 8, 32)
BLOCKS: Final = (16, 32, 64, 128, 256)


@dataclass(frozen=True, slots=True)
class Quantization:
    """Of all matrices of a shard.

    Raises:
        ModelUnusable: There is no such.
    """

    bits: int
    """A weight; 32 are floating-point numbers as they were."""
    block: int = 32
    """Weights of a row that have one scale."""

    def __post_init__(self) -> None:
        if self.bits not in BITS:
            raise ModelUnusable(f"weights of {self.bits} bits: there are {', '.join(map(str, BITS))}")
        if self.block not in BLOCKS:
            raise ModelUnusable(f"blocks of {self.block} weights: there are {', '.join(map(str, BLOCKS))}")

    def __str__(self) -> str:
        return "32 bits" if self.bits == 32 else f"{self.bits} bits in blocks of {self.block}"

    def blocks(self, width: int) -> int:
        """Blocks of a row of so many weights; the last may be part empty."""
        return -(-width // self.block)
