"""Lights whose every message is written by a template: the schema `template`."""

from collections.abc import Callable
from dataclasses import dataclass

from paige.iot.command import Command
from paige.iot.dialects.color import hue_from_rgb
from paige.iot.dialects.homeassistant.component import (
    NOTHING,
    Component,
    Encode,
    Encoded,
    Reader,
    attribute,
    readers,
    states,
    toggles,
)
from paige.iot.dialects.homeassistant.light_scale import Scale, channels, colored, commanded_color
from paige.iot.dialects.homeassistant.settings import Order, Settings
from paige.iot.dialects.homeassistant.switch import ON
from paige.iot.dialects.homeassistant.template import Payload
from paige.iot.dialects.payload import number
from paige.iot.dialects.report import Known, Report
from paige.iot.dialects.services import given

_ON_VARIABLES = "state brightness color_temp hue sat red green blue effect flash transition white_value"
_COLORS = ("red", "green", "blue")


@dataclass(frozen=True, slots=True)
class _Light:
    """Where its commands go, and how they are written."""

    scale: Scale
    on: Order
    off: Order

    def turn_on(self, command: Command, known: Known) -> Encoded:
        """The message that turns it on, with the adjustments the command brings."""
        values: dict[str, object] = {"state": "on"}
        if "brightness_pct" in command.data:
            percent = given(command, "brightness_pct")
            if percent <= 0:
                return self.turn_off(command, known)
            values["brightness"] = self.scale.brightness(percent)
        color = commanded_color(command.data.get("rgb_color"))
        if color is not None:
            hue, saturation, _ = hue_from_rgb(color)
            values |= dict(zip(_COLORS, color, strict=True)) | {"hue": hue, "sat": saturation}
        if "color_temp_kelvin" in command.data:
            values["color_temp"] = self.scale.temperature(given(command, "color_temp_kelvin"))
        return (self.on.write(None, **values),)

    def turn_off(self, command: Command, known: Known) -> Encoded:
        """The message that turns it off."""
        return (self.off.write(None, state="off"),)


def template_light(settings: Settings) -> Component:
    """A light whose messages are templates. What it can adjust is what it has templates to report."""
    scale = Scale.of(settings)
    on = settings.order("command_topic", "command_on_template", *_ON_VARIABLES.split())
    off = settings.order("command_topic", "command_off_template", "state", "transition")
    listens = _readers(settings, scale)
    if on is None or off is None or on.template is None or off.template is None:
        settings.problems.append(
            "command_on_template: a template light needs it, command_off_template and command_topic"
        )
        return Component(listens)
    light = _Light(scale, on, off)
    services: dict[str, Encode] = {"turn_on": light.turn_on, "turn_off": light.turn_off}
    if toggle := toggles(light.turn_on, light.turn_off, ON):
        services["toggle"] = toggle
    features = {
        feature
        for feature, template in (
            ("brightness_pct", "brightness_template"),
            ("color_temp_kelvin", "color_temp_template"),
        )
        if template in settings
    }
    if all(f"{color}_template" in settings for color in _COLORS):
        features.add("rgb_color")
    return Component(listens, services, frozenset(features))


def _readers(settings: Settings, scale: Scale) -> tuple[Reader, ...]:
    pairs = []
    if "state_template" in settings:
        pairs.append((settings.channel("state_topic", "state_template"), states({"on": "on", "off": "off"})))
    if "brightness_template" in settings:
        channel = settings.channel("state_topic", "brightness_template")
        pairs.append((channel, attribute("brightness_pct", scale.percent)))
    if "color_temp_template" in settings:
        channel = settings.channel("state_topic", "color_temp_template")
        pairs.append((channel, attribute("color_temp_kelvin", scale.color_temp_kelvin)))
    found = readers(*pairs)
    templates = [settings.template(f"{color}_template") for color in _COLORS]
    channel = settings.channel("state_topic")
    if channel is None or None in templates:
        return found
    return (
        *found,
        Reader(channel, _mixes([template.read for template in templates if template is not None])),
    )


def _mixes(parts: list[Callable[[Payload], str | None]]) -> Callable[[str, Known], Report | None]:
    def take(said: str, known: Known) -> Report | None:
        payload = Payload(said.encode())
        mixed = [part(payload) for part in parts]
        if any(part in (None, "", NOTHING) for part in mixed):
            return None
        return colored(channels(tuple(number(part) for part in mixed)))

    return take
