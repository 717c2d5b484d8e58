"""Rotary position embeddings (Su and others, 2021): one table of cosines and sines for all layers."""

import math

import numpy as np
from numpy.typing import NDArray

from paige.models.lm.shape import DecoderShape, RotaryScaling


def tables(shape: DecoderShape, positions: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines and sines of each position. Shapes: [positions, head_width / 2]."""
    exponents = np.arange(0, shape.head_width, 2, dtype=np.float64) / shape.head_width
    frequencies = shape.rotary_base**-exponents  # [head_width / 2], radians a position
    if shape.rotary_scaling is not None:
        frequencies = _stretched(frequencies, shape.rotary_scaling)
    angles = np.outer(np.arange(positions), frequencies)  # [positions, head_width / 2]
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _stretched(frequencies: NDArray[np.float64], by: RotaryScaling) -> NDArray[np.float64]:
    """Slow rotations slower, quick ones as they are, and those between by degrees (Llama 3.1)."""
    turns = by.original_positions * frequencies / (2 * math.pi)  # within the original context
    between = by.high_frequency_factor - by.low_frequency_factor
    quick = np.clip((turns - by.low_frequency_factor) / between, 0.0, 1.0)  # [head_width / 2]
    return frequencies * (quick + (1 - quick) / by.factor)
