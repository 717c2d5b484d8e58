"""How each kind of entity reads the properties of a Homie node, and writes commands to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from paige.iot.cause import Cause, Why
from paige.iot.command import Command
from paige.iot.dialects.color import at_full_brightness, kelvin_from_mired, mired_from_kelvin
from paige.iot.dialects.homie_description import Property, Value
from paige.iot.dialects.payload import number, number_text
from paige.iot.dialects.report import Report
from paige.iot.entity import AttributeValue, Entity

Values = Mapping[str, Value]
"""What is known of the properties that play roles, by role."""

Orders = list[tuple[str, Value]]
"""Roles, and the values to set their properties to."""

WORDS: Final[Mapping[str, frozenset[str]]] = {
    "open": frozenset({"open", "opened", "up"}),
    "closed": frozenset({"close", "closed", "down"}),
    "opening": frozenset({"opening"}),
    "closing": frozenset({"closing"}),
    "stop": frozenset({"stop", "stopped"}),
    "locked": frozenset({"lock", "locked"}),
    "unlocked": frozenset({"unlock", "unlocked"}),
    "jammed": frozenset({"jammed"}),
    "play": frozenset({"play", "playing"}),
    "pause": frozenset({"pause", "paused"}),
    "next": frozenset({"next"}),
    "previous": frozenset({"previous", "prev"}),
}
"""The enum values, in any case, that mean what is on the left."""


@dataclass(frozen=True, slots=True)
class Part:
    """An entity, and the properties that play its roles."""

    entity: Entity
    node: str
    """ID of the node that has the properties."""
    roles: Mapping[str, Property]

    def read(self, role: str, values: Values, targets: Values) -> Report:
        """What the property in `role` says now that it has changed.

        Args:
            role: Which property changed.
            values: What is known of each role, the change included.
            targets: Where each role's value is on its way to, for those that say so.
        """
        return _READERS.get(self.entity.domain, _read_plain)(self, role, values, targets)

    def write(self, command: Command, values: Values) -> Orders | Why:
        """What to set for a command that `refusal` let pass, or why it cannot be."""
        return _WRITERS[self.entity.domain](self, command, values)

    def path(self, role: str) -> str:
        """The topic of a role's property, below the device's."""
        return f"{self.node}/{self.roles[role].id}"

    def choice(self, role: str, meaning: str) -> str | None:
        """The enum value of a role that means `meaning`."""
        prop = self.roles.get(role)
        if prop is None:
            return None
        return next((choice for choice in prop.choices if choice.lower() in WORDS[meaning]), None)

    def percent(self, role: str, values: Values) -> int:
        """A role's number as a share of its range."""
        least, most = self._range(role)
        value = number(values[role])
        return round(min(100.0, max(0.0, (value - least) * 100 / (most - least))))

    def of_percent(self, role: str, value: AttributeValue) -> float:
        """The number of a role that is `value` percent of its range."""
        least, most = self._range(role)
        return least + (most - least) * min(100.0, max(0.0, number(value))) / 100

    def _range(self, role: str) -> tuple[float, float]:
        prop = self.roles[role]
        least, most, _ = prop.limits
        if prop.unit == "%" or least is None or most is None or most <= least:
            return 0.0, 100.0
        return least, most


def celsius(prop: Property, value: float) -> float:
    """A temperature of a property in degrees Celsius."""
    return round((value - 32) / 1.8, 1) if prop.unit == "°F" else value


def meaning_of(value: Value) -> str | None:
    """What an enum value means, by `WORDS`."""
    return next((meaning for meaning, words in WORDS.items() if str(value).lower() in words), None)


def _read_plain(part: Part, role: str, values: Values, targets: Values) -> Report:
    value = values[role]
    if isinstance(value, bool):
        return Report("on" if value else "off")
    return Report(number_text(value) if isinstance(value, float) else str(value))


def _read_light(part: Part, role: str, values: Values, targets: Values) -> Report:
    value = values[role]
    if role == "power":
        return Report("on" if value else "off")
    if role == "brightness":
        percent = part.percent(role, values)
        state = None if "power" in part.roles else "on" if percent else "off"
        return Report(state, {"brightness_pct": percent})
    # It shows a colour or a white, whichever it told last; the other is no more than a memory.
    if role == "color" and isinstance(value, tuple):
        memory = {"color_temp_kelvin": None} if "color_temperature" in part.roles else {}
        return Report(None, {"rgb_color": at_full_brightness(value), **memory})
    kelvin = number(value)
    if is_mired(part.roles[role]):
        kelvin = kelvin_from_mired(kelvin)
    memory = {"rgb_color": None} if "color" in part.roles else {}
    return Report(None, {"color_temp_kelvin": round(kelvin), **memory})


def _read_fan(part: Part, role: str, values: Values, targets: Values) -> Report:
    if role == "power":
        return Report("on" if values[role] else "off")
    percent = part.percent(role, values)
    return Report(None if "power" in part.roles else "on" if percent else "off", {"percentage": percent})


def _read_opening(part: Part, role: str, values: Values, targets: Values) -> Report:
    """A cover or a valve: a position decides, else words, else true for open."""
    value = values[role]
    if role == "position":
        position = part.percent(role, values)
        target = part.percent(role, targets) if role in targets else position
        if target != position:
            return Report("opening" if target > position else "closing", {"current_position": position})
        return Report("open" if position else "closed", {"current_position": position})
    if role == "power":
        return Report("open" if value else "closed")
    meaning = meaning_of(value)
    moving = meaning in ("opening", "closing")
    # The last order given is not where a cover stands; it counts only where nothing else tells.
    told = "position" in part.roles or (role == "action" and "condition" in part.roles)
    return Report(meaning if moving or (meaning in ("open", "closed") and not told) else None)


def _read_lock(part: Part, role: str, values: Values, targets: Values) -> Report:
    value = values[role]
    if isinstance(value, bool):
        return Report("locked" if value else "unlocked")
    meaning = meaning_of(value)
    told = role == "action" and "condition" in part.roles
    return Report(meaning if meaning in ("locked", "unlocked", "jammed") and not told else None)


def _read_climate(part: Part, role: str, values: Values, targets: Values) -> Report:
    value = values[role]
    # What has neither a mode nor a power only ever heats.
    always = None if "mode" in part.roles or "power" in part.roles else "heat"
    if role == "target":
        return Report(always, {"temperature": celsius(part.roles[role], number(value))})
    if role == "current":
        return Report(always, {"current_temperature": celsius(part.roles[role], number(value))})
    if role == "mode":
        mode = hvac_mode(str(value))
        return Report(None if values.get("power") is False else mode, {"hvac_mode": mode})
    mode = hvac_mode(str(values["mode"])) if "mode" in values else "heat"
    return Report(mode if value else "off")


def _read_media(part: Part, role: str, values: Values, targets: Values) -> Report:
    if role == "volume":
        return Report(None, {"volume_pct": part.percent(role, values)})
    if role == "muted":
        return Report(None, {"is_volume_muted": bool(values[role])})
    if values.get("power") is False:
        return Report("off")
    playback = values.get("playing", values.get("playback"))
    if isinstance(playback, bool):
        return Report("playing" if playback else "paused")
    spoken = {"play": "playing", "pause": "paused", "stop": "idle"}
    return Report(spoken.get(meaning_of(playback) or "", "on") if playback is not None else "on")


def _write_switched(part: Part, command: Command, values: Values) -> Orders | Why:
    """Switch, light or fan: on, off and toggle by the power, else by brightness or speed."""
    role = "power" if "power" in part.roles else "speed" if "speed" in part.roles else "brightness"
    service = command.service
    if service == "toggle":
        if role not in values:
            return Why(Cause.STATE_UNKNOWN)
        service = "turn_off" if values[role] else "turn_on"
    on = service != "turn_off"
    orders = _adjustments(part, command) if on else []
    if command.service == "set_percentage" and not number(command.data["percentage"]):
        on = False
    if role == "power":
        orders.append((role, on))
    elif role not in dict(orders):
        orders.append((role, part.of_percent(role, 100 if on else 0)))
    return orders


def _adjustments(part: Part, command: Command) -> Orders:
    orders: Orders = []
    data = command.data
    if "brightness" in part.roles and "brightness_pct" in data:
        orders.append(("brightness", part.of_percent("brightness", data["brightness_pct"])))
    if "speed" in part.roles and "percentage" in data:
        orders.append(("speed", part.of_percent("speed", data["percentage"])))
    color = data.get("rgb_color")
    if "color" in part.roles and isinstance(color, tuple) and len(color) == 3:
        orders.append(("color", (color[0], color[1], color[2])))
    if "color_temperature" in part.roles and "color_temp_kelvin" in data:
        kelvin = number(data["color_temp_kelvin"])
        mired = is_mired(part.roles["color_temperature"])
        orders.append(("color_temperature", float(mired_from_kelvin(kelvin)) if mired else kelvin))
    return orders


def _write_opening(part: Part, command: Command, values: Values) -> Orders | Why:
    verb = command.service.partition("_")[0]
    if verb == "set":
        return [("position", part.of_percent("position", command.data["position"]))]
    if verb == "toggle":
        tellers = [role for role in ("position", "condition", "power", "action") if role in values]
        states = (part.read(role, values, {}).state for role in tellers)
        state = next((state for state in states if state is not None), None)
        if state is None:
            return Why(Cause.STATE_UNKNOWN)
        verb = "open" if state in ("closed", "closing") else "close"
    choice = part.choice("action", {"open": "open", "close": "closed", "stop": "stop"}[verb])
    if choice is not None:
        return [("action", choice)]
    if "position" in part.roles:
        return [("position", part.of_percent("position", 100 if verb == "open" else 0))]
    return [("power", verb == "open")]


def _write_lock(part: Part, command: Command, values: Values) -> Orders | Why:
    lock = command.service == "lock"
    choice = part.choice("action", "locked" if lock else "unlocked")
    return [("power", lock)] if choice is None else [("action", choice)]


def _write_climate(part: Part, command: Command, values: Values) -> Orders | Why:
    if command.service == "set_temperature":
        prop = part.roles["target"]
        wanted = number(command.data["temperature"])
        least, most, _ = (None if limit is None else celsius(prop, limit) for limit in prop.limits)
        if (least is not None and wanted < least) or (most is not None and wanted > most):
            return Why(Cause.OUT_OF_RANGE, {"least": least, "most": most})
        return [("target", wanted * 1.8 + 32 if prop.unit == "°F" else wanted)]
    mode: AttributeValue = command.data.get("hvac_mode")
    if command.service in ("turn_on", "turn_off"):
        if "power" in part.roles:
            return [("power", command.service == "turn_on")]
        modes = [hvac_mode(choice) for choice in part.roles["mode"].choices]
        on = next((mode for mode in ("heat", *modes) if mode in modes and mode != "off"), None)
        mode = on if command.service == "turn_on" else "off"
    for choice in part.roles["mode"].choices:
        if hvac_mode(choice) == mode:
            return [("mode", choice)]
    return Why(Cause.NO_MODE, {"mode": str(mode)})


def _write_media(part: Part, command: Command, values: Values) -> Orders | Why:
    service = command.service
    if service == "volume_set":
        return [("volume", part.of_percent("volume", command.data["volume_pct"]))]
    if service == "volume_mute":
        return [("muted", command.data["is_volume_muted"] is True)]
    if service == "toggle":
        if "power" not in values:
            return Why(Cause.STATE_UNKNOWN)
        return [("power", not values["power"])]
    if service in ("turn_on", "turn_off"):
        return [("power", service == "turn_on")]
    meaning = service.removeprefix("media_").removesuffix("_track")
    choice = part.choice("playback", meaning)
    return [("playing", meaning == "play")] if choice is None else [("playback", choice)]


def _write_button(part: Part, command: Command, values: Values) -> Orders | Why:
    prop = part.roles["press"]
    return [("press", prop.choices[0] if prop.choices else True)]


def is_mired(prop: Property) -> bool:
    """Whether a colour temperature is in mired rather than kelvin: by its unit, else by its range."""
    most = prop.limits[1]
    if prop.unit:
        return prop.unit.lower() in ("mk⁻¹", "mired", "mireds", "mirek")  # the first is the convention's
    return most is not None and most < 1000


def hvac_mode(choice: str) -> str:
    """Home Assistant's word for a mode, where the device's differs from it only in writing."""
    return choice.strip().lower().replace("-", "_").replace(" ", "_")


_READERS: Final[Mapping[str, Callable[[Part, str, Values, Values], Report]]] = {
    "light": _read_light,
    "fan": _read_fan,
    "cover": _read_opening,
    "valve": _read_opening,
    "lock": _read_lock,
    "climate": _read_climate,
    "media_player": _read_media,
}

_WRITERS: Final[Mapping[str, Callable[[Part, Command, Values], Orders | Why]]] = {
    "light": _write_switched,
    "switch": _write_switched,
    "fan": _write_switched,
    "cover": _write_opening,
    "valve": _write_opening,
    "lock": _write_lock,
    "climate": _write_climate,
    "media_player": _write_media,
    "button": _write_button,
}
