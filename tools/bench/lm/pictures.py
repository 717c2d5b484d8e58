"""Tokens a second against memory, as SVG."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from paige.tools.bench.understand.pictures import opening, rule, text_at

_WIDTH, _HEIGHT = 640, 420
_LEFT, _TOP, _RIGHT, _BOTTOM = 70, 44, 24, 84
_COLORS: Final = {
    "Paige": "#1f6fb4",
    "llama.cpp": "#d2691e",
    "ONNX Runtime": "#2e8b57",
    "what reading allows": "#888888",
}
_DASHED: Final = "what reading allows"


def speed_picture(title: str, curves: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """A drawing with a logarithmic vertical axis.

    Args:
        title: Above it.
        curves: By what they are: memory as a part of what llama.cpp needs, and tokens a second.
    """
    speeds = [speed for points in curves.values() for _, speed in points]
    parts = [part for points in curves.values() for part, _ in points]
    low, high = math.floor(math.log10(min(speeds))), math.ceil(math.log10(max(speeds)))
    left, right = min(parts), max(parts)
    inner, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x(part: float) -> float:
        return _LEFT + inner * (part - left) / ((right - left) or 1)

    def y(speed: float) -> float:
        return _TOP + tall * (1 - (math.log10(speed) - low) / ((high - low) or 1))

    drawn = [opening(f"Tokens a second by memory: {title}", _WIDTH, _HEIGHT, _LEFT)]
    for power in range(low, high + 1):
        for times in (1, 2, 5) if power < high else (1,):
            speed = times * 10.0**power
            drawn.append(rule(f"{_LEFT},{y(speed):.1f}", f"{_WIDTH - _RIGHT},{y(speed):.1f}"))
            drawn.append(text_at(_LEFT - 8, y(speed) + 4, f"{speed:g}", 'text-anchor="end"'))
    for part in sorted({*parts}):
        drawn.append(text_at(x(part), _TOP + tall + 18, f"{part:.0%}", 'text-anchor="middle"'))
    words = "memory, as a part of what llama.cpp needs with the whole model in it"
    drawn.append(text_at(_LEFT + inner / 2, _TOP + tall + 38, words, 'text-anchor="middle"'))
    for number, (name, points) in enumerate(curves.items()):
        color = _COLORS.get(name, "#555555")
        dash = ' stroke-dasharray="5 4"' if name == _DASHED else ""
        line = " ".join(f"{x(part):.1f},{y(speed):.1f}" for part, speed in points)
        drawn.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"{dash}/>')
        if name != _DASHED:
            drawn += [
                f'<circle cx="{x(part):.1f}" cy="{y(speed):.1f}" r="3" fill="{color}"/>'
                for part, speed in points
            ]
        at = _LEFT + number * 145
        drawn.append(f'<rect x="{at}" y="{_HEIGHT - 27}" width="10" height="10" fill="{color}"/>')
        drawn.append(text_at(at + 15, _HEIGHT - 18, name))
    return "\n".join((*drawn, "</svg>", ""))
