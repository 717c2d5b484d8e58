"""Curves of the measurement as SVG, drawn without any library."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from paige.tools.bench.part import Picture
from paige.tools.bench.understand.judgement import Bin, Verdict, accepted, calibration_error, right
from paige.tools.bench.understand.sets import CLINC_IN, CLINC_OUT, SLURP_OUTSIDE
from paige.tools.bench.understand.slurp import AUDIO, IOT

_WIDTH, _HEIGHT = 640, 400
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 44, 20, 84
_COLORS = ("#1f6fb4", "#d2691e", "#2e8b57", "#b22222", "#6a5acd", "#555555")
_STEPS = 100

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One curve, by its points in their order."""

    name: str
    points: tuple[Point, ...]
    dashed: bool = False


def chart(title: str, across: str, up: str, lines: Sequence[Line], most: float = 1.0) -> str:
    """A chart of shares.

    Args:
        title: Above it.
        across: What its horizontal axis is, from 0 to 1.
        up: What its vertical axis is, from 0 to `most`.
        lines: The curves.
        most: The upper end of the vertical axis; what is over it is drawn at it.
    """
    inner, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def at(point: Point) -> str:
        return f"{_LEFT + inner * point[0]:.1f},{_TOP + tall * (1 - min(point[1], most) / most):.1f}"

    parts = [
        opening(title, _WIDTH, _HEIGHT, _LEFT),
    ]
    for step in range(6):
        share = step / 5
        parts.append(rule(at((0, share * most)), at((1, share * most))))
        height = _TOP + tall * (1 - share) + 4
        parts.append(text_at(_LEFT - 8, height, f"{100 * share * most:g} %", 'text-anchor="end"'))
        parts.append(text_at(_LEFT + inner * share, _TOP + tall + 18, f"{share:g}", 'text-anchor="middle"'))
    parts.append(text_at(_LEFT + inner / 2, _TOP + tall + 36, across, 'text-anchor="middle"'))
    middle = _TOP + tall / 2
    turned = f'text-anchor="middle" transform="rotate(-90 14 {middle:g})"'
    parts.append(text_at(14, middle, up, turned))
    for number, line in enumerate(lines):
        color = _COLORS[number % len(_COLORS)]
        dash = ' stroke-dasharray="5 4"' if line.dashed else ""
        points = " ".join(map(at, line.points))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"{dash}/>')
        place = _LEFT + (number % 3) * 195, _HEIGHT - 26 + 16 * (number // 3)
        parts.append(f'<rect x="{place[0]}" y="{place[1] - 9}" width="10" height="10" fill="{color}"/>')
        parts.append(text_at(place[0] + 15, place[1], line.name))
    return "\n".join((*parts, "</svg>", ""))


def reliability_picture(bins: Sequence[Bin]) -> Picture:
    """How well confidence tells what is right."""
    seen = tuple((one.confidence, one.right) for one in bins if one.count)
    lines = (Line("if it told exactly", ((0, 0), (1, 1)), dashed=True), Line("measured", seen))
    title = f"Right by confidence (expected calibration error {100 * calibration_error(bins):.1f} %)"
    return Picture(
        "understand-reliability.svg",
        "The share that is right, for sentences of like confidence",
        chart(title, "confidence", "right", lines),
    )


def threshold_pictures(verdicts: Sequence[Verdict], shipped: float) -> tuple[Picture, ...]:
    """What a threshold lets through: what is for a home, and what is not."""
    good = {"SLURP iot": IOT, "SLURP audio": AUDIO}
    bad = {"SLURP, ten scenarios": SLURP_OUTSIDE, "CLINC, out of scope": CLINC_OUT, "CLINC, other": CLINC_IN}
    found = {name: [one for one in verdicts if one.group == group] for name, group in (good | bad).items()}
    steps = [step / _STEPS for step in range(_STEPS + 1)]

    def curves(names: Sequence[str]) -> list[Line]:
        share = right if names[0] in good else accepted
        return [
            Line(name, tuple((at, share(found[name], at)) for at in steps)) for name in names if found[name]
        ]

    pictures = []
    for file, title, up, names, most in (
        ("understand-right.svg", "Right intents", "right and let through", list(good), 1.0),
        ("understand-accepted.svg", "Wrongly accepted", "let through", list(bad), 0.1),
    ):
        mark = Line(f"shipped: {shipped:g}", ((shipped, 0), (shipped, most)), dashed=True)
        if lines := curves(names):
            svg = chart(f"{title} by threshold, the model alone", "threshold", up, [*lines, mark], most)
            pictures.append(Picture(file, f"{title} by threshold", svg))
    return tuple(pictures)


def opening(title: str, width: int, height: int, left: int) -> str:
    """How a drawing begins: its size, its background, and its title, which stands `left` from the edge."""
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'font-family="sans-serif" font-size="12" fill="#222">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            text_at(left, 24, title, 'font-size="15" font-weight="bold"'),
        )
    )


def text_at(x: float, y: float, text: str, style: str = "") -> str:
    """Words at a place of a drawing, with SVG attributes."""
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def rule(begin: str, end: str) -> str:
    """A thin line behind what is drawn, between two places (`x,y`)."""
    return f'<polyline points="{begin} {end}" stroke="#ddd" stroke-width="1" fill="none"/>'
