"""What a way of writing takes is what a slot has for it."""

from pathlib import Path

import pytest

from paige.models.lm.quantization import ROW, Quantization
from paige.tools.lm.operators import timed


@pytest.mark.parametrize(
    ("how", "least", "most"),
    [(Quantization(8, ROW), 8, 8.2), (Quantization(4, 128), 4.1, 4.6), (Quantization(32), 32, 32.1)],
)
def test_bits_are_those_on_flash(how: Quantization, least: float, most: float, tmp_path: Path) -> None:
    found = timed(how, tmp_path)
    assert least <= found.bits <= most
    assert all(seconds > 0 for seconds in found.seconds)
