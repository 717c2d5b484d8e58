"""Lights."""

from collections.abc import Mapping
from dataclasses import dataclass

from paige.iot.command import Command
from paige.iot.dialects.color import (
    RGB,
    hue_from_rgb,
    kelvin_from_mired,
    mired_from_kelvin,
    rgb_from_hue,
    rgb_from_xy,
    xy_from_rgb,
)
from paige.iot.dialects.payload import number, shown
from paige.iot.dialects.report import Known, Report
from paige.iot.dialects.services import given, offered
from paige.iot.dialects.zigbee2mqtt.exposes import Feature
from paige.iot.dialects.zigbee2mqtt.part import Encoded, Part, Values, asked, binary, merged, sets, toggles
from paige.iot.entity import AttributeValue
from paige.iot.errors import ReportInvalid

_BRIGHTEST = 254.0
"""Of Zigbee's level control cluster."""


@dataclass(frozen=True, slots=True)
class _Light:
    """What one light, or a group of them, has."""

    state: Feature
    brightness: Feature | None
    color_temp: Feature | None
    color: Feature | None
    """The way of setting its colour that it prefers: `color_hs` or `color_xy`."""

    def turn_on(self, command: Command, known: Known) -> Encoded:
        """What turns it on, with the adjustments the command brings."""
        message: dict[str, object] = {self.state.key: self.state.value_on}
        if self.brightness is not None and "brightness_pct" in command.data:
            percent = given(command, "brightness_pct")
            if percent <= 0:
                return {self.state.key: self.state.value_off}
            message[self.brightness.key] = max(1, round(min(100.0, percent) / 100 * self._brightest()))
        if self.color_temp is not None and "color_temp_kelvin" in command.data:
            message[self.color_temp.key] = self._mired(given(command, "color_temp_kelvin"))
        color = command.data.get("rgb_color")
        if self.color is not None and isinstance(color, tuple):
            red, green, blue = color
            message[self.color.key] = self._color((red, green, blue))
        return message

    def read(self, values: Values, known: Known) -> Report | None:
        """What a message says of it."""
        state = binary(self.state, "on", "off")(values, known)
        attributes: dict[str, AttributeValue] = {}
        mode = values.get(self.state.key.replace("state", "color_mode", 1))
        brightness = self._value(self.brightness, values)
        if brightness is not None:
            level = number(brightness)
            attributes["brightness_pct"] = (
                0 if level <= 0 else max(1, min(100, round(level / self._brightest() * 100)))
            )
        mired = self._value(self.color_temp, values)
        if mired is not None and mode in (None, "color_temp"):
            attributes["color_temp_kelvin"] = kelvin_from_mired(number(mired))
        color = self._value(self.color, values)
        if color is not None and mode != "color_temp" and (rgb := _rgb(color, self.color)) is not None:
            attributes["rgb_color"] = rgb
        if mode is not None and attributes.keys() & {"color_temp_kelvin", "rgb_color"}:
            # It says which of the two it shows now, so the other is no more than a memory.
            attributes.setdefault("color_temp_kelvin", None)
            attributes.setdefault("rgb_color", None)
        return merged(state, Report(attributes=attributes) if attributes else None)

    def features(self) -> frozenset[str]:
        """The adjustments it takes."""
        have = {
            "brightness_pct": self.brightness,
            "color_temp_kelvin": self.color_temp,
            "rgb_color": self.color,
        }
        return frozenset(name for name, feature in have.items() if feature is not None)

    def _brightest(self) -> float:
        limit = None if self.brightness is None else self.brightness.value_max
        return limit if limit is not None and limit > 0 else _BRIGHTEST

    def _mired(self, kelvin: float) -> int:
        """In its range; a lamp that does not reach so far goes as far as it does."""
        assert self.color_temp is not None
        low, high = self.color_temp.value_min, self.color_temp.value_max
        mired = mired_from_kelvin(kelvin)
        if high is not None:
            mired = min(mired, round(high))
        return mired if low is None else max(mired, round(low))

    def _color(self, rgb: RGB) -> Mapping[str, float]:
        assert self.color is not None
        if self.color.name == "color_hs":
            hue, saturation, _ = hue_from_rgb(rgb)
            return {"hue": hue, "saturation": saturation}
        x, y = xy_from_rgb(rgb)
        return {"x": round(x, 4), "y": round(y, 4)}

    def _value(self, feature: Feature | None, values: Values) -> object:
        return None if feature is None else values.get(feature.key)


def light(exposed: tuple[Feature, ...]) -> Part | None:
    """A light; a group of them can what any of them can."""
    state = _first(exposed, "state")
    if state is None or not state.settable or state.value_on is None or state.value_off is None:
        return None
    parts = _Light(
        state,
        _first(exposed, "brightness"),
        _first(exposed, "color_temp"),
        _first(exposed, "color_hs", "color_xy"),
    )
    off = sets(state, state.value_off)
    return Part(
        "light",
        parts.read,
        offered({"turn_on": parts.turn_on, "turn_off": off, "toggle": toggles(state, parts.turn_on, off)}),
        parts.features(),
        asks=asked(state, parts.brightness, parts.color_temp),
    )


def _first(exposed: tuple[Feature, ...], *names: str) -> Feature | None:
    found = (feature.feature(*names) for feature in exposed)
    return next((feature for feature in found if feature is not None), None)


def _rgb(value: object, color: Feature | None) -> RGB | None:
    """A colour; a lamp reports it in both ways, and the one that it is set by is the exact one.

    None where it says that it does not know.
    """
    if isinstance(value, dict):
        if all(part is None for part in value.values()):
            return None
        by_hue = value.get("hue") is not None and value.get("saturation") is not None
        by_xy = value.get("x") is not None and value.get("y") is not None
        if by_hue and (not by_xy or (color is not None and color.name == "color_hs")):
            return rgb_from_hue(number(value["hue"]), number(value["saturation"]))
        if by_xy:
            return rgb_from_xy(number(value["x"]), number(value["y"]))
    raise ReportInvalid(
        f"found {shown(value)} as colour, expected an object with x and y, or hue and saturation"
    )
