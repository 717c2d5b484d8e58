"""Lights that speak JSON: the schema `json`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from paige.iot.command import Command
from paige.iot.dialects.color import RGB, hue_from_rgb, rgb_from_hue, rgb_from_xy, xy_from_rgb
from paige.iot.dialects.homeassistant.component import Component, Encode, Encoded, Take, readers, toggles
from paige.iot.dialects.homeassistant.light_scale import Scale, channels, commanded_color
from paige.iot.dialects.homeassistant.settings import Order, Settings
from paige.iot.dialects.homeassistant.switch import ON
from paige.iot.dialects.payload import json_object, number, shown
from paige.iot.dialects.report import UNKNOWN, Known, Report
from paige.iot.dialects.services import given
from paige.iot.entity import AttributeValue
from paige.iot.errors import ReportInvalid
from paige.iot.message import Publication

_CHANNELS: Mapping[str, str] = {"rgb": "rgb", "rgbw": "rgbw", "rgbww": "rgbcw"}
"""The keys of each colour mode that counts by channels, one letter a channel."""

_COLOR_MODES = ("hs", "rgb", "xy", "rgbw", "rgbww")

_WAYS: Mapping[str, Callable[..., RGB]] = {
    "rgb": lambda *parts: channels(parts),
    "hs": rgb_from_hue,
    "xy": rgb_from_xy,
}
"""How a colour may be written: its keys, one letter each."""


@dataclass(frozen=True, slots=True)
class _Light:
    """What one light can do."""

    scale: Scale
    order: Order
    modes: frozenset[str]
    """Its colour modes, in Home Assistant's words."""
    dimmable: bool

    def turn_on(self, command: Command, known: Known) -> Encoded:
        """The message that turns it on, with the adjustments the command brings."""
        message: dict[str, object] = {"state": "ON"}
        if "brightness_pct" in command.data:
            percent = given(command, "brightness_pct")
            if percent <= 0:
                return self.turn_off(command, known)
            message["brightness"] = self.scale.brightness(percent)
        color = commanded_color(command.data.get("rgb_color"))
        if color is not None:
            message["color"] = self._color(color)
        if "color_temp_kelvin" in command.data:
            message["color_temp"] = self.scale.temperature(given(command, "color_temp_kelvin"))
        return (self._message(message),)

    def turn_off(self, command: Command, known: Known) -> Encoded:
        """The message that turns it off."""
        return (self._message({"state": "OFF"}),)

    def features(self) -> frozenset[str]:
        """The adjustments it takes."""
        features = {"brightness_pct"} if self.dimmable else set()
        if "color_temp" in self.modes:
            features.add("color_temp_kelvin")
        if self.modes.intersection(_COLOR_MODES):
            features.add("rgb_color")
        return frozenset(features)

    def _message(self, message: Mapping[str, object]) -> Publication:
        return Publication(self.order.topic, json.dumps(message).encode())

    def _color(self, color: RGB) -> dict[str, float]:
        mode = next(mode for mode in _COLOR_MODES if mode in self.modes)
        if mode == "hs":
            hue, saturation, _ = hue_from_rgb(color)
            return {"h": hue, "s": saturation}
        if mode == "xy":
            x, y = xy_from_rgb(color)
            return {"x": round(x, 4), "y": round(y, 4)}
        keys = _CHANNELS[mode]
        return dict(zip(keys, (*color, 0, 0)[: len(keys)], strict=True))


def json_light(settings: Settings) -> Component:
    """A light that speaks JSON."""
    scale = Scale.of(settings)
    channel = settings.channel("state_topic")
    # One reader for each, so that what is wrong with one costs no other.
    listens = readers(*((channel, take) for take in (_state, _brightness(scale), _hue(scale))))
    order = settings.order("command_topic")
    if order is None:
        return Component(listens)
    modes, dimmable = _modes(settings)
    light = _Light(scale, order, modes, dimmable)
    services: dict[str, Encode] = {"turn_on": light.turn_on, "turn_off": light.turn_off}
    if toggle := toggles(light.turn_on, light.turn_off, ON):
        services["toggle"] = toggle
    return Component(listens, services, light.features())


def _modes(settings: Settings) -> tuple[frozenset[str], bool]:
    """Its colour modes, as it lists them or, as older devices do, says one by one; and whether it dims."""
    listed = frozenset(settings.names("supported_color_modes"))
    if not listed:
        listed = frozenset(mode for mode in ("color_temp", "hs", "rgb", "xy") if settings.flag(mode))
    return listed, settings.flag("brightness") or bool(listed - {"onoff", "unknown"})


def _state(said: str, known: Known) -> Report | None:
    values = json_object(said)
    if "state" not in values:
        return None
    state = values["state"]
    if state is None:
        return Report(UNKNOWN)
    if state not in ("ON", "OFF"):
        raise ReportInvalid(f"found {shown(state)} as state, expected ON or OFF")
    return Report(str(state).lower())


def _brightness(scale: Scale) -> Take:
    def take(said: str, known: Known) -> Report | None:
        brightness = json_object(said).get("brightness")
        # An off light says 0, which is not how bright it will be.
        return Report(attributes={"brightness_pct": scale.percent(brightness)}) if brightness else None

    return take


def _hue(scale: Scale) -> Take:
    """Reads colour and colour temperature."""

    def take(said: str, known: Known) -> Report | None:
        values = json_object(said)
        attributes: dict[str, AttributeValue] = {}
        mode = values.get("color_mode")
        if values.get("color") and mode not in ("color_temp", "white", "brightness", "onoff"):
            attributes |= _color(values["color"], mode)
        if values.get("color_temp") and mode in (None, "color_temp"):
            attributes["color_temp_kelvin"] = scale.color_temp_kelvin(values["color_temp"])
        if mode is not None and attributes:
            # It says which of the two it shows now, so the other is no more than a memory.
            attributes = {"rgb_color": None, "color_temp_kelvin": None} | attributes
        return Report(attributes=attributes) if attributes else None

    return take


def _color(value: object, mode: object) -> dict[str, AttributeValue]:
    """A colour as it is written: in the way that its mode says, where it is in several."""
    if not isinstance(value, dict):
        raise ReportInvalid(f"found {shown(value)} as colour, expected an object")
    for way in sorted(_WAYS, key=lambda way: way != mode):
        if value.keys() >= set(way):
            return {"rgb_color": _WAYS[way](*(number(value[key]) for key in way))}
    if value.keys() <= {"c", "w"}:
        return {}  # its white channels alone
    raise ReportInvalid(f"found {shown(value)} as colour, expected r, g, b, or h, s, or x, y")
