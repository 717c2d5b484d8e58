"""Lights with a topic for each thing: the schema `basic`, which is the default."""

from collections.abc import Callable
from dataclasses import dataclass

from paige.iot.command import Command
from paige.iot.dialects.color import (
    RGB,
    at_full_brightness,
    hue_from_rgb,
    rgb_from_hue,
    rgb_from_xy,
    xy_from_rgb,
)
from paige.iot.dialects.homeassistant.component import (
    NOTHING,
    Component,
    Encode,
    Encoded,
    Reader,
    Take,
    attribute,
    readers,
    sends,
    toggles,
)
from paige.iot.dialects.homeassistant.light_scale import Scale, channels, colored, commanded_color, numbers
from paige.iot.dialects.homeassistant.settings import Order, Settings
from paige.iot.dialects.homeassistant.switch import ON, on_off
from paige.iot.dialects.report import Known, Report
from paige.iot.dialects.services import given, offered
from paige.iot.message import Publication

Paint = Callable[[RGB], Publication]

_CHANNELS = {"rgb": 3, "rgbw": 4, "rgbww": 5}
"""How many numbers each way of telling a colour by its channels has."""


@dataclass(frozen=True, slots=True)
class _Light:
    """What one light has been told to have."""

    scale: Scale
    on: Order
    payload_on: str
    off: Encode
    when: str
    """When `payload_on` is sent: `last`, `first`, or `brightness` for never."""
    brightness: Order | None
    color_temp: Order | None
    paint: Paint | None
    mixes_brightness: bool
    """Whether its colour is all it has to be dimmed by."""

    def turn_on(self, command: Command, known: Known) -> Encoded:
        """The messages that turn it on, with the adjustments the command brings."""
        percent = given(command, "brightness_pct") if "brightness_pct" in command.data else None
        if percent is not None and percent <= 0:
            return self.off(command, known)
        if percent is None and self.when == "brightness":
            percent = known.number("brightness_pct") or 100
        styles = [*self._color(command, percent, known)]
        if "color_temp_kelvin" in command.data and self.color_temp is not None:
            temperature = self.scale.temperature(given(command, "color_temp_kelvin"))
            styles.append(self.color_temp.write(temperature))
        if percent is not None and self.brightness is not None:
            styles.append(self.brightness.write(self.scale.brightness(percent)))
        if self.when == "brightness":
            return tuple(styles)
        on = self.on.write(self.payload_on)
        return (on, *styles) if self.when == "first" else (*styles, on)

    def _color(self, command: Command, percent: float | None, known: Known) -> tuple[Publication, ...]:
        color = commanded_color(command.data.get("rgb_color"))
        if self.paint is None or (color is None and not (self.mixes_brightness and percent is not None)):
            return ()
        if color is None:
            color = commanded_color(known.attributes.get("rgb_color")) or (255, 255, 255)
        if self.mixes_brightness:
            share = (percent or known.number("brightness_pct") or 100) / 100
            color = channels(tuple(part * min(1.0, share) for part in at_full_brightness(color)))
        return (self.paint(color),)


def topics_light(settings: Settings) -> Component:
    """A light with a topic for each thing."""
    scale = Scale.of(settings)
    order = settings.order("command_topic")
    off = sends(order, settings.text("payload_off", "OFF"))
    services: dict[str, Encode | None] = {}
    features: frozenset[str] = frozenset()
    if order is not None and off is not None:
        light = _light(settings, scale, order, off)
        services = {"turn_on": light.turn_on, "turn_off": off, "toggle": toggles(light.turn_on, off, ON)}
        features = _features(light)
    return Component(_readers(settings, scale), offered(services), features)


def _light(settings: Settings, scale: Scale, order: Order, off: Encode) -> _Light:
    when = settings.text("on_command_type", "last")
    brightness = settings.order("brightness_command_topic", "brightness_command_template")
    if when not in ("last", "first", "brightness") or (when == "brightness" and brightness is None):
        settings.problems.append(
            f"on_command_type: found '{when}', expected last, first, or brightness with its topic"
        )
        when = "last"
    paint, by_channels = _paint(settings)
    return _Light(
        scale,
        order,
        settings.text("payload_on", "ON"),
        off,
        when,
        brightness,
        settings.order("color_temp_command_topic", "color_temp_command_template"),
        paint,
        brightness is None and by_channels,
    )


def _features(light: _Light) -> frozenset[str]:
    features = set()
    if light.brightness is not None or light.mixes_brightness:
        features.add("brightness_pct")
    if light.color_temp is not None:
        features.add("color_temp_kelvin")
    if light.paint is not None:
        features.add("rgb_color")
    return frozenset(features)


def _paint(settings: Settings) -> tuple[Paint | None, bool]:
    """How its colour is set, and whether that is by red, green and blue."""
    for name, extra in (("rgb", ()), ("rgbw", ("white",)), ("rgbww", ("cold_white", "warm_white"))):
        keys = ("red", "green", "blue", *extra)
        if order := settings.order(f"{name}_command_topic", f"{name}_command_template", *keys):
            return _by_channels(order, keys), True
    if order := settings.order("hs_command_topic", "hs_command_template", "hue", "sat"):
        return _by_hue(order), False
    if order := settings.order("xy_command_topic", "xy_command_template", "x", "y"):
        return _by_chromaticity(order), False
    return None, False


def _by_channels(order: Order, keys: tuple[str, ...]) -> Paint:
    def paint(color: RGB) -> Publication:
        values = (*color, *(0 for _ in keys[3:]))
        return order.write(",".join(map(str, values)), **dict(zip(keys, values, strict=True)))

    return paint


def _by_hue(order: Order) -> Paint:
    def paint(color: RGB) -> Publication:
        hue, saturation, _ = hue_from_rgb(color)
        return order.write(f"{hue},{saturation}", hue=hue, sat=saturation)

    return paint


def _by_chromaticity(order: Order) -> Paint:
    def paint(color: RGB) -> Publication:
        x, y = (round(part, 4) for part in xy_from_rgb(color))
        return order.write(f"{x},{y}", x=x, y=y)

    return paint


def _readers(settings: Settings, scale: Scale) -> tuple[Reader, ...]:
    brightness = settings.channel("brightness_state_topic", "brightness_value_template")
    takes = {name: _channels(count, mixed=brightness is None) for name, count in _CHANNELS.items()}
    takes |= {"hs": _color(2, rgb_from_hue), "xy": _color(2, rgb_from_xy)}
    colors = readers(
        *((settings.channel(f"{name}_state_topic", f"{name}_value_template"), takes[name]) for name in takes)
    )
    white = readers(
        (
            settings.channel("color_temp_state_topic", "color_temp_value_template"),
            attribute("color_temp_kelvin", scale.color_temp_kelvin),
        )
    )
    mode = settings.channel("color_mode_state_topic", "color_mode_value_template")
    topics = {reader.channel.topic for reader in colors}
    if mode is None and white and topics and white[0].channel.topic not in topics:
        colors = tuple(_instead(reader, "rgb_color", "color_temp_kelvin") for reader in colors)
        white = (_instead(white[0], "color_temp_kelvin", "rgb_color"),)
    return (
        *readers(
            (settings.channel("state_topic", "state_value_template", "value_template"), on_off(settings)),
            (brightness, attribute("brightness_pct", scale.percent)),
        ),
        *white,
        *colors,
        *readers((mode, _mode)),
    )


def _instead(reader: Reader, shown: str, memory: str) -> Reader:
    """A lamp shows a colour or a white, whichever it told last; the other is no more than a memory."""

    def take(said: str, known: Known) -> Report | None:
        report = reader.take(said, known)
        if report is None or report.attributes.get(shown) is None:
            return report
        return Report(report.state, {memory: None, **report.attributes})

    return Reader(reader.channel, take)


def _mode(said: str, known: Known) -> Report:
    """Reads which of the two it shows, from a lamp that says so."""
    return Report(attributes={"rgb_color" if said == "color_temp" else "color_temp_kelvin": None})


def _channels(count: int, *, mixed: bool) -> Take:
    """Reads a colour by its channels, which say how bright it is where nothing else does."""

    def take(said: str, known: Known) -> Report | None:
        if said == NOTHING:
            return Report(attributes={"rgb_color": None})
        color = channels(numbers(said, count))
        if not mixed:
            return colored(color)
        if max(color) == 0:
            return None
        percent = max(1, round(max(color) / 255 * 100))
        return Report(attributes={"rgb_color": at_full_brightness(color), "brightness_pct": percent})

    return take


def _color(count: int, convert: Callable[..., RGB]) -> Take:
    def take(said: str, known: Known) -> Report:
        if said == NOTHING:
            return Report(attributes={"rgb_color": None})
        return colored(convert(*numbers(said, count)))

    return take
