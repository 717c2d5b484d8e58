"""Dots in a plane as SVG, drawn without any library."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from paige.tools.bench.understand.pictures import opening, rule, text_at

_WIDTH, _HEIGHT = 760, 460
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 44, 280, 60
_LEGEND_STEP = 22
_COLOR = "#1f6fb4"
_LINES = 6
_RADIUS = 5.0
"""Of a dot whose `weight` is 1."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One thing, by two figures, and a third that its area shows."""

    name: str
    across: float
    up: float
    weight: float


def scatter(title: str, across: str, up: str, weight: str, dots: Sequence[Dot]) -> str:
    """A drawing of dots with their numbers, and their names beside it; the axes begin where the dots do.

    Args:
        title: Above it.
        across: What its horizontal axis is, which is logarithmic.
        up: What its vertical axis is.
        weight: The unit of what the dots' areas show.
        dots: At least one.
    """
    inner, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    low, high = min(dot.across for dot in dots) / 1.1, max(dot.across for dot in dots) * 1.1
    ys = _ends([dot.up for dot in dots])

    def x(value: float) -> float:
        return _LEFT + inner * math.log(value / low) / math.log(high / low)

    def y(value: float) -> float:
        return _TOP + tall * (1 - (value - ys[0]) / (ys[1] - ys[0]))

    parts = [
        opening(title, _WIDTH, _HEIGHT, _LEFT),
        text_at(_LEFT + inner / 2, _HEIGHT - 14, across, 'text-anchor="middle"'),
        text_at(
            14, _TOP + tall / 2, up, f'text-anchor="middle" transform="rotate(-90 14 {_TOP + tall / 2:g})"'
        ),
    ]
    for step in range(_LINES + 1):
        height = ys[0] + (ys[1] - ys[0]) * step / _LINES
        parts.append(rule(f"{_LEFT},{y(height):.1f}", f"{_LEFT + inner},{y(height):.1f}"))
        parts.append(text_at(_LEFT - 8, y(height) + 4, f"{height:g}", 'text-anchor="end"'))
        width = low * (high / low) ** (step / _LINES)
        parts.append(text_at(x(width), _TOP + tall + 18, f"{width:.0f}", 'text-anchor="middle"'))
    for number, dot in sorted(enumerate(dots, start=1), key=lambda pair: -pair[1].weight):
        radius = _RADIUS * math.sqrt(max(dot.weight, 0.1))
        parts.append(
            f'<circle cx="{x(dot.across):.1f}" cy="{y(dot.up):.1f}" r="{radius:.1f}" fill="{_COLOR}" '
            'fill-opacity="0.6"/>'
        )
        parts.append(text_at(x(dot.across) + radius + 1, y(dot.up) - radius, str(number), 'font-size="11"'))
        name = f"{number}  {dot.name} ({dot.weight:.1f} {weight})"
        parts.append(text_at(_LEFT + inner + 16, _TOP + _LEGEND_STEP * number, name, 'font-size="11"'))
    return "\n".join((*parts, "</svg>", ""))


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Whole numbers around values such that the steps between the lines are whole, too."""
    low, high = math.floor(min(values)), math.ceil(max(values))
    step = max(1, math.ceil((high - low) / _LINES))
    return low, low + _LINES * step
