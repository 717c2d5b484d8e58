"""The parts of a Tasmota device that a person names: relays, lights, fans, shutters, contacts and sensors.

Each reads its state out of the device's reports and writes commands as Tasmota's command words. The words
are those of Tasmota's own command reference; how reports are laid out follows hatasmota, the library behind
Home Assistant's Tasmota integration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from paige.iot.cause import Cause, Why
from paige.iot.command import Command
from paige.iot.dialects.color import (
    RGB,
    at_full_brightness,
    kelvin_from_mired,
    mired_from_kelvin,
    rgb_from_hue,
)
from paige.iot.dialects.payload import number, number_text, percent, shown
from paige.iot.dialects.report import UNKNOWN, Known, Report
from paige.iot.entity import AttributeValue, Entity
from paige.iot.errors import ReportInvalid

Answer = Mapping[str, object]
"""The JSON object of a report or an answer, without the `StatusSTS` or `StatusSNS` around a polled one."""

Order = tuple[str, str]
"""A command word, the last level of its topic, and its argument."""

STATE_POLL: Order = ("STATE", "")
SENSOR_POLL: Order = ("STATUS", "10")

FAN_SPEEDS = 3
_PERCENT_OF_SPEED = (0, 33, 66, 100)
DEFAULT_FAN_SPEED = 2


class Component(Protocol):
    """One entity of a Tasmota device."""

    @property
    def entity(self) -> Entity:
        """As it is described; its state is not kept here."""
        ...

    @property
    def poll(self) -> Order:
        """The order that makes the device report this part."""
        ...

    def read(self, answer: Answer) -> Report | None:
        """What a report says of it, None where it says nothing.

        Raises:
            ReportInvalid: The report says something that cannot be.
        """
        ...

    def write(self, command: Command, known: Known) -> tuple[Order, ...] | Why:
        """The orders that carry out a command which `refusal` let pass, or why there are none."""
        ...


@dataclass(frozen=True, slots=True)
class PowerWords:
    """What a device calls the positions of a relay; `state[]` of its discovery."""

    off: str
    on: str
    toggle: str


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay, shown as a switch or as a light that knows only on and off."""

    entity: Entity
    index: int
    """Counted from 1."""
    words: PowerWords
    poll: Order = STATE_POLL

    def read(self, answer: Answer) -> Report | None:
        """See `Component`."""
        state = self.power(answer)
        return None if state is None else Report(state)

    def write(self, command: Command, known: Known) -> tuple[Order, ...]:
        """See `Component`."""
        words = {"turn_on": self.words.on, "turn_off": self.words.off, "toggle": self.words.toggle}
        return ((f"POWER{self.index}", words[command.service]),)

    def power(self, answer: Answer) -> str | None:
        """`on` or `off`, None where the report does not mention this relay."""
        key = f"POWER{self.index}"
        if key not in answer and self.index == 1:
            key = "POWER"  # what a device with a single relay calls it, unless SetOption26 is on
        value = answer.get(key)
        if value is None:
            return None
        if value == self.words.on:
            return "on"
        if value == self.words.off:
            return "off"
        raise ReportInvalid(f"{key} is {shown(value)}, expected {self.words.on} or {self.words.off}")


@dataclass(frozen=True, slots=True)
class Light:
    """A dimmable, tunable or coloured light."""

    relay: Relay
    dimmer: str
    """The word that sets the brightness, such as `Dimmer` or `Channel2`."""
    level: str
    """The key that reports it; the same word, but for Tuya's dimmers."""
    mired: tuple[int, int]
    """Coldest and warmest colour temperature."""
    color_suffix: str = ""
    """`=` keeps the white channels of a light whose colour and white are apart."""
    needs_power: bool = False
    """SetOption20: brightness and colour alone do not turn it on."""
    poll: Order = STATE_POLL

    @property
    def entity(self) -> Entity:
        """See `Component`."""
        return self.relay.entity

    def read(self, answer: Answer) -> Report | None:
        """See `Component`. In white mode there is no `rgb_color`, in colour mode no `color_temp_kelvin`."""
        state = self.relay.power(answer)
        attributes: dict[str, AttributeValue] = {}
        features = self.entity.features
        if "brightness_pct" in features and self.level in answer:
            attributes["brightness_pct"] = percent(answer[self.level])
        color = _color(answer) if "rgb_color" in features else None
        mired = number(answer["CT"]) if "color_temp_kelvin" in features and "CT" in answer else None
        if color is not None and mired is not None:
            white = number(answer.get("White", 0)) > 0
            attributes["rgb_color"] = None if white else color
            attributes["color_temp_kelvin"] = kelvin_from_mired(mired) if white else None
        elif color is not None:
            attributes["rgb_color"] = color
        elif mired is not None:
            attributes["color_temp_kelvin"] = kelvin_from_mired(mired)
        return Report(state, attributes) if state is not None or attributes else None

    def write(self, command: Command, known: Known) -> tuple[Order, ...]:
        """See `Component`."""
        data = command.data
        orders: list[Order] = []
        if command.service == "turn_on":
            if "brightness_pct" in data:
                orders.append((self.dimmer, str(percent(data["brightness_pct"]))))
            color = data.get("rgb_color")
            if isinstance(color, tuple):
                # Color2 keeps the brightness that Dimmer set.
                orders.append(("Color2", ",".join(map(str, color)) + self.color_suffix))
            if "color_temp_kelvin" in data:
                mired = mired_from_kelvin(number(data["color_temp_kelvin"]))
                orders.append(("CT", str(min(self.mired[1], max(self.mired[0], mired)))))
        if orders and not self.needs_power:
            return tuple(orders)
        return (*orders, *self.relay.write(command, known))


@dataclass(frozen=True, slots=True)
class Fan:
    """A Sonoff iFan: off and three speeds."""

    entity: Entity
    poll: Order = STATE_POLL

    def read(self, answer: Answer) -> Report | None:
        """See `Component`."""
        if "FanSpeed" not in answer:
            return None
        speed = number(answer["FanSpeed"])
        if speed not in range(FAN_SPEEDS + 1):
            raise ReportInvalid(f"FanSpeed is {shown(answer['FanSpeed'])}, expected 0 to {FAN_SPEEDS}")
        return Report("on" if speed else "off", {"percentage": _PERCENT_OF_SPEED[int(speed)]})

    def write(self, command: Command, known: Known) -> tuple[Order, ...] | Why:
        """See `Component`. It has no toggle of its own, so what it last said decides."""
        if command.service == "toggle" and known.state is None:
            return Why(Cause.STATE_UNKNOWN)
        if command.service == "turn_off" or (command.service == "toggle" and known.state == "on"):
            speed = 0
        elif "percentage" in command.data:
            # The slowest speed that gives at least what was asked for.
            wanted = percent(command.data["percentage"])
            speed = next((step for step, most in enumerate(_PERCENT_OF_SPEED) if wanted <= most), FAN_SPEEDS)
        else:
            speed = DEFAULT_FAN_SPEED
        return (("FanSpeed", str(speed)),)


@dataclass(frozen=True, slots=True)
class Shutter:
    """A shutter, driven by two relays."""

    entity: Entity
    index: int
    """Counted from 1, in shutters."""
    inverted: bool
    """Shutter option 1: the device counts 0 as open."""
    poll: Order = SENSOR_POLL

    def read(self, answer: Answer) -> Report | None:
        """See `Component`."""
        key = f"Shutter{self.index}"
        if key not in answer:
            return None
        shutter = answer[key]
        if not isinstance(shutter, Mapping):
            raise ReportInvalid(f"{key} is {shown(shutter)}, expected an object with Position")
        if "Position" not in shutter:
            return None
        position = self._turned(percent(shutter["Position"]))
        direction = number(shutter.get("Direction", 0)) * (-1 if self.inverted else 1)
        state = "open" if position else "closed"
        if direction:
            state = "opening" if direction > 0 else "closing"
        return Report(state, {"current_position": position})

    def write(self, command: Command, known: Known) -> tuple[Order, ...]:
        """See `Component`."""
        if command.service == "set_cover_position":
            position = self._turned(percent(command.data["position"]))
            return ((f"ShutterPosition{self.index}", str(position)),)
        words = {
            "open_cover": "ShutterOpen",
            "close_cover": "ShutterClose",
            "stop_cover": "ShutterStop",
            "toggle": "ShutterToggle",
        }
        return ((words[command.service] + str(self.index), ""),)

    def _turned(self, position: int) -> int:
        return 100 - position if self.inverted else position


@dataclass(frozen=True, slots=True)
class Sensor:
    """One measured quantity."""

    entity: Entity
    path: tuple[str | int, ...]
    """Where it stands in a answer, such as `("ENERGY", "Power")` or `("ENERGY", "Voltage", 0)`."""
    poll: Order = SENSOR_POLL

    def read(self, answer: Answer) -> Report | None:
        """See `Component`."""
        value: object = answer
        for step in self.path:
            if isinstance(value, list):
                value = dict(enumerate(value))
            if not isinstance(value, Mapping) or step not in value:
                return None
            value = value[step]
        if value is None:
            return Report(UNKNOWN)
        try:
            return Report(number_text(number(value)))
        except ReportInvalid as error:
            raise ReportInvalid(f"{' '.join(map(str, self.path))}: {error}") from None

    def write(self, command: Command, known: Known) -> tuple[Order, ...]:
        """A sensor has no services, so no command reaches this."""
        raise AssertionError(f"{self.entity.id} was sent {command.service}")


@dataclass(frozen=True, slots=True)
class Contact:
    """An input that is on as long as something holds it: a reed contact, a motion sensor, a wall switch."""

    entity: Entity
    key: str
    """What reports call it: `Switch1`, or the name its owner gave it."""
    words: PowerWords
    poll: Order = SENSOR_POLL

    def read(self, answer: Answer) -> Report | None:
        """See `Component`. `{"Switch1": "ON"}` reports, `{"Switch1": {"Action": "ON"}}` when it changes."""
        said = answer.get(self.key)
        if isinstance(said, Mapping):
            said = said.get("Action")
        state = {self.words.on: "on", self.words.off: "off"}.get(str(said))
        return None if state is None else Report(state)  # toggling and holding are events

    def write(self, command: Command, known: Known) -> tuple[Order, ...]:
        """A contact has no services, so no command reaches this."""
        raise AssertionError(f"{self.entity.id} was sent {command.service}")


def _color(answer: Answer) -> RGB | None:
    """The colour at full brightness: `HSBColor` ("30,100,50") or else `Color` ("7F4000", "127,64,0")."""
    if "HSBColor" in answer:
        parts = _numbers(answer["HSBColor"], "HSBColor")
        return rgb_from_hue(parts[0], parts[1])
    if "Color" not in answer:
        return None
    color = answer["Color"]
    if not isinstance(color, str):
        raise ReportInvalid(f"Color is {shown(color)}, expected a text")
    if "," in color:
        parts = _numbers(color, "Color")
    else:
        try:
            parts = [int(color[at : at + 2], 16) for at in (0, 2, 4)]
        except ValueError:
            raise ReportInvalid(f"Color is {shown(color)}, expected hexadecimal digits") from None
    red, green, blue = (min(255, max(0, round(part))) for part in parts[:3])
    return at_full_brightness((red, green, blue))


def _numbers(value: object, key: str) -> list[float]:
    parts = value.split(",") if isinstance(value, str) else []
    if len(parts) < 3:
        raise ReportInvalid(f"{key} is {shown(value)}, expected three numbers with commas")
    return [number(part) for part in parts]
