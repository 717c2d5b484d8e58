"""How the weights of a matrix are written: whole, or as small integers of which some share a scale."""

from dataclasses import dataclass
from typing import Final

from paige.models.errors import ModelUnusable

BITS: Final = (4, 8, 32)
ROW: Final = 0
"""Instead of a block: all weights of a row have one scale."""
BLOCKS: Final = (16, 32, 64, 128, 256)


@dataclass(frozen=True, slots=True)
class Quantization:
    """Of a matrix.

    Raises:
        ModelUnusable: There is no such.
    """

    bits: int
    """A weight; 32 are floating-point numbers as they were."""
    block: int = 32
    """Weights of a row that have one scale; `ROW` is all of them."""

    def __post_init__(self) -> None:
        if self.bits not in BITS:
            raise ModelUnusable(f"weights of {self.bits} bits: there are {', '.join(map(str, BITS))}")
        if self.block == ROW and self.bits != 8:
            raise ModelUnusable(f"one scale for a row is for weights of 8 bits, not of {self.bits}")
        if self.block not in (ROW, *BLOCKS):
            raise ModelUnusable(f"blocks of {self.block} weights: there are {', '.join(map(str, BLOCKS))}")

    def __str__(self) -> str:
        if self.bits == 32:
            return "32 bits"
        return f"{self.bits} bits in " + (f"blocks of {self.block}" if self.block else "rows")

    def blocks(self, width: int) -> int:
        """Blocks of a row of so many weights; the last may be part empty."""
        return -(-width // self.block)
