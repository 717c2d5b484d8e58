"""Zigbee devices behind a simulated Zigbee2MQTT bridge.

Messages are laid out as Zigbee2MQTT documents them. As with its defaults, states are not retained and have to
be asked for; the contact sensor, which sleeps and cannot be asked, has `retain: true`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from paige.iot.dialects.color import at_full_brightness, rgb_from_hue, xy_from_rgb
from paige.iot.message import Message, Publication
from paige.tools.simulated_home.device import encoded, retained, whole

BASE: Final = "zigbee2mqtt"
_PUBLISHED, _SETTABLE, _GETTABLE = 1, 2, 4
_ALL: Final = _PUBLISHED | _SETTABLE | _GETTABLE


def _numeric(name: str, least: int, most: int, unit: str | None = None) -> dict[str, object]:
    expose = {"type": "numeric", "name": name, "property": name, "access": _ALL}
    expose |= {"value_min": least, "value_max": most}
    return expose | ({"unit": unit} if unit else {})


@dataclass
class ZigbeeLight:
    """A lamp with brightness and colour, and with colour temperature where it is `tunable`."""

    name: str
    ieee_address: str
    tunable: bool = False
    on: bool = False
    brightness: int = 254
    """0 to 254."""
    color: tuple[float, float] = (0.4578, 0.41)
    """CIE 1931 x and y; warm white at first."""
    color_temp: int = 370
    """Mired."""
    color_mode: str = "xy"
    jammed: bool = False

    model: ClassVar[str] = "9290022169"

    @property
    def filters(self) -> frozenset[str]:
        """See `SimulatedDevice`."""
        return frozenset({f"{BASE}/{self.name}/set", f"{BASE}/{self.name}/get"})

    def exposes(self) -> list[dict[str, object]]:
        """What the bridge tells of it."""
        state = {"type": "binary", "name": "state", "property": "state", "access": _ALL}
        state |= {"value_on": "ON", "value_off": "OFF", "value_toggle": "TOGGLE"}
        xy = [{"type": "numeric", "name": axis, "property": axis, "access": _ALL} for axis in ("x", "y")]
        color = {"type": "composite", "name": "color_xy", "property": "color", "access": _ALL, "features": xy}
        features = [state, _numeric("brightness", 0, 254), color]
        if self.tunable:
            features.append(_numeric("color_temp", 153, 500, "mired"))
        return [{"type": "light", "features": features}]

    def announce(self) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return (*self.presence(True), self._state())

    def presence(self, available: bool) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return (_availability(self.name, available),)

    def receive(self, message: Message) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        if message.topic == f"{BASE}/{self.name}/get":
            return (self._state(),)
        asked = _asked(message, f"{BASE}/{self.name}/set")
        if asked is None:
            return ()
        if not self.jammed:
            self._obey(asked)
        return (self._state(),)

    def _obey(self, asked: Mapping[str, object]) -> None:
        match asked.get("state"):
            case str(word) if word.upper() in ("ON", "OFF", "TOGGLE"):
                self.on = not self.on if word.upper() == "TOGGLE" else word.upper() == "ON"
        level = whole(str(asked["brightness"]), 0, 254) if "brightness" in asked else None
        if level is not None:
            self.on, self.brightness = level > 0, level or self.brightness
        color = _xy(asked.get("color"))
        if color is not None:
            self.color, self.color_mode, self.on = color, "xy", True
        mired = whole(str(asked["color_temp"]), 153, 500) if "color_temp" in asked and self.tunable else None
        if mired is not None:
            self.color_temp, self.color_mode, self.on = mired, "color_temp", True

    def _state(self) -> Publication:
        state: dict[str, object] = {"state": "ON" if self.on else "OFF", "brightness": self.brightness}
        state |= {"color": dict(zip("xy", self.color, strict=True)), "color_mode": self.color_mode}
        if self.tunable:
            state["color_temp"] = self.color_temp
        return Publication(f"{BASE}/{self.name}", encoded(state | {"linkquality": 132}))


@dataclass
class ZigbeeContact:
    """A contact sensor on a window or door; `contact` is true while it is closed."""

    name: str
    ieee_address: str
    closed: bool = True
    battery: int = 87
    """Percent."""
    jammed: bool = False

    model: ClassVar[str] = "MCCGQ11LM"

    @property
    def filters(self) -> frozenset[str]:
        """Nothing: it sleeps, and only speaks."""
        return frozenset()

    def exposes(self) -> list[dict[str, object]]:
        """What the bridge tells of it."""
        contact = {"type": "binary", "name": "contact", "property": "contact", "access": _PUBLISHED}
        battery = _numeric("battery", 0, 100, "%") | {"access": _PUBLISHED}
        return [contact | {"value_on": False, "value_off": True}, battery]

    def announce(self) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return (*self.presence(True), self._state())

    def presence(self, available: bool) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return (_availability(self.name, available),)

    def receive(self, message: Message) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return ()

    def move(self, closed: bool) -> tuple[Publication, ...]:
        """Somebody opens or closes the window."""
        self.closed = closed
        return (self._state(),)

    def _state(self) -> Publication:
        state = {"contact": self.closed, "battery": self.battery, "linkquality": 96}
        return retained(f"{BASE}/{self.name}", state)


@dataclass
class ZigbeeBridge:
    """The bridge: it tells which devices there are, and goes away with all of them."""

    devices: tuple[ZigbeeLight | ZigbeeContact, ...]
    name: str = "Zigbee2MQTT"
    jammed: bool = False
    filters: frozenset[str] = field(default=frozenset())

    def announce(self) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        coordinator: dict[str, object] = {
            "ieee_address": "0x00124b0000000000",
            "type": "Coordinator",
            "friendly_name": "Coordinator",
            "definition": None,
            "disabled": False,
        }
        described = [coordinator, *(_described(device) for device in self.devices)]
        return (
            *self.presence(True),
            retained(f"{BASE}/bridge/devices", described),
            retained(f"{BASE}/bridge/groups", []),
        )

    def presence(self, available: bool) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return (retained(f"{BASE}/bridge/state", {"state": "online" if available else "offline"}),)

    def receive(self, message: Message) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return ()


def _described(device: ZigbeeLight | ZigbeeContact) -> dict[str, object]:
    definition = {"model": device.model, "vendor": "Simulated", "description": type(device).__name__}
    return {
        "ieee_address": device.ieee_address,
        "type": "Router" if isinstance(device, ZigbeeLight) else "EndDevice",
        "friendly_name": device.name,
        "supported": True,
        "disabled": False,
        "definition": definition | {"exposes": device.exposes()},
    }


def _availability(name: str, available: bool) -> Publication:
    return retained(f"{BASE}/{name}/availability", {"state": "online" if available else "offline"})


def _asked(message: Message, topic: str) -> Mapping[str, object] | None:
    """The JSON object that a command holds; a bare word is a state, as Zigbee2MQTT has it."""
    if message.topic != topic:
        return None
    try:
        asked = json.loads(message.payload)
    except ValueError:
        asked = {"state": message.payload.decode(errors="replace")}
    return asked if isinstance(asked, dict) else None


def _xy(color: object) -> tuple[float, float] | None:
    """From any of the ways in which Zigbee2MQTT takes a colour."""
    if not isinstance(color, Mapping):
        return None
    try:
        if "x" in color and "y" in color:
            return float(color["x"]), float(color["y"])
        if "hue" in color and "saturation" in color:
            return xy_from_rgb(rgb_from_hue(float(color["hue"]), float(color["saturation"])))
        if "hex" in color:
            digits = str(color["hex"]).removeprefix("#")
            red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
        else:
            red, green, blue = (int(color[part]) for part in ("r", "g", "b"))
    except (KeyError, ValueError, TypeError):
        return None
    return xy_from_rgb(at_full_brightness((red, green, blue)))
