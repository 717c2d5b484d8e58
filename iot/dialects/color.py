"""Colours between the ways that devices write them and those of `Entity.attributes`."""

import colorsys

RGB = tuple[int, int, int]
"""Red, green, blue, each 0 to 255."""


def rgb_from_hue(hue: float, saturation: float, value: float = 100.0) -> RGB:
    """From hue in degrees and saturation and value in percent."""
    parts = colorsys.hsv_to_rgb((hue % 360) / 360, _unit(saturation / 100), _unit(value / 100))
    red, green, blue = (round(part * 255) for part in parts)
    return red, green, blue


def hue_from_rgb(rgb: RGB) -> tuple[int, int, int]:
    """To hue in degrees and saturation and value in percent."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in rgb))
    return round(hue * 360) % 360, round(saturation * 100), round(value * 100)


def at_full_brightness(rgb: RGB) -> RGB:
    """The same colour with its brightness, which is an attribute of its own, taken out."""
    brightest = max(rgb)
    if brightest == 0:
        return 255, 255, 255
    red, green, blue = (round(part * 255 / brightest) for part in rgb)
    return red, green, blue


def kelvin_from_mired(mired: float) -> int:
    """Kelvin of a colour temperature in mired; a mired is a million divided by kelvin."""
    return round(1_000_000 / max(mired, 1.0))


def mired_from_kelvin(kelvin: float) -> int:
    """Mired of a colour temperature in kelvin."""
    return round(1_000_000 / max(kelvin, 1.0))


def _unit(part: float) -> float:
    return min(1.0, max(0.0, part))
