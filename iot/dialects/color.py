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


def xy_from_rgb(rgb: RGB) -> tuple[float, float]:
    """To the CIE 1931 chromaticity of a colour; black, which has none, gives that of white.

    Gamma of sRGB (IEC 61966-2-1) and the wide-gamut matrix for D65 that Philips publishes for Hue lamps
    ("Color conversion formulas RGB to XY and back"), which Zigbee2MQTT and Home Assistant use too.
    """
    red, green, blue = (_linear(part / 255) for part in rgb)
    x = red * 0.664511 + green * 0.154324 + blue * 0.162028
    y = red * 0.283881 + green * 0.668433 + blue * 0.047685
    z = red * 0.000088 + green * 0.072310 + blue * 0.986039
    total = x + y + z
    return (0.3227, 0.3290) if total == 0 else (x / total, y / total)


def rgb_from_xy(x: float, y: float) -> RGB:
    """From a CIE 1931 chromaticity, at full brightness; what lies outside the gamut is brought to its edge.

    The inverse of `xy_from_rgb`, from the same source.
    """
    y = max(y, 1e-6)
    wide, deep = x / y, (1 - x - y) / y
    linear = (
        wide * 1.656492 - 0.354851 - deep * 0.255038,
        -wide * 0.707196 + 1.655397 + deep * 0.036152,
        wide * 0.051713 - 0.121364 + deep * 1.011530,
    )
    brightest = max(linear)
    if not brightest > 0:
        return 255, 255, 255
    red, green, blue = (round(_gamma(max(0.0, part) / brightest) * 255) for part in linear)
    return red, green, blue


def _linear(part: float) -> float:
    return ((part + 0.055) / 1.055) ** 2.4 if part > 0.04045 else part / 12.92


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _unit(part: float) -> float:
    return min(1.0, max(0.0, part))
