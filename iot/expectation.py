"""What an entity's own state must say before a command counts as carried out."""

import colorsys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from paige.iot.command import Command
from paige.iot.entity import AttributeValue, Entity

BRIGHTNESS_TOLERANCE = 2.0
"""Percentage points; a device that counts brightness in 254 steps rounds by half of one."""
POSITION_TOLERANCE = 3.0
"""Percentage points; a motor stops near where it was told to."""
SPEED_TOLERANCE = 3.0
"""Percentage points, where a fan does not say its own `percentage_step`."""
VOLUME_TOLERANCE = 2.0
"""Percentage points."""
KELVIN_TOLERANCE = 0.05
"""A share of what was asked; most lamps count in mireds and stop at the ends of their range."""
TEMPERATURE_TOLERANCE = 0.5
"""Degrees Celsius; thermostats count in half or whole degrees."""
HUE_TOLERANCE = 20.0
"""Degrees on the colour circle; a lamp reports the nearest colour that its diodes can mix."""
SATURATION_TOLERANCE = 20.0
"""Percentage points of saturation."""
VISIBLE: Final = MappingProxyType(
    {"brightness_pct": 1.0, "percentage": 1.0, "current_position": 1.0, "volume_pct": 1.0, "temperature": 0.5}
)
"""A change of so much can be told from rounding. It counts as made when the value is nearer to the goal than
to where it was, so that "half a degree warmer" is not done while nothing has moved."""

_OFF = frozenset({"off", "standby"})
_UNTOLD = frozenset({None, "unknown"})

# These leave no trace in the entity's own state, or none that could not be there for another cause.
_STATELESS_DOMAINS = frozenset({"scene", "button"})


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be reported for a command to be done."""

    states: frozenset[str] = frozenset()
    """Any of these; empty where the state itself does not matter."""
    not_states: frozenset[str] = frozenset()
    """None of these."""
    passing: frozenset[str] = frozenset()
    """States on the way: it has begun and is not there yet."""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    """Values that must be reached, within the tolerances of this module."""
    before: Mapping[str, AttributeValue] = field(default_factory=dict)
    """What the same attributes were, as far as is known."""

    def met(self, entity: Entity) -> bool:
        """Whether the entity, as it is known now, says that the command is carried out."""
        # What never tells its state, such as a thermostat without modes, tells its values.
        if entity.state in _UNTOLD and (self.states or self.not_states or not self.attributes):
            return False
        if self.states and entity.state not in self.states:
            return False
        if entity.state in self.not_states:
            return False
        return all(
            _reached(key, wanted, entity) and _moved(key, wanted, entity, self.before.get(key))
            for key, wanted in self.attributes.items()
        )

    def under_way(self, entity: Entity) -> bool:
        """Whether the entity says that it has begun: a door that is opening is not yet open."""
        return entity.state in self.passing


_OPENED = Expectation(frozenset({"open"}), passing=frozenset({"opening"}))
_CLOSED = Expectation(frozenset({"closed"}), passing=frozenset({"closing"}))
_STOPPED = Expectation(frozenset({"open", "closed", "stopped"}))

_FIXED: Mapping[str, Expectation] = {
    "open_cover": _OPENED,
    "close_cover": _CLOSED,
    "stop_cover": _STOPPED,
    "open_valve": _OPENED,
    "close_valve": _CLOSED,
    "stop_valve": _STOPPED,
    "lock": Expectation(frozenset({"locked"}), passing=frozenset({"locking"})),
    "unlock": Expectation(frozenset({"unlocked", "open"}), passing=frozenset({"unlocking"})),
    "open": Expectation(frozenset({"open"}), passing=frozenset({"opening", "unlocking", "unlocked"})),
    "turn_off": Expectation(_OFF),
    "media_play": Expectation(frozenset({"playing"}), passing=frozenset({"buffering"})),
    "media_pause": Expectation(frozenset({"paused"})),
    "media_stop": Expectation(frozenset({"idle", "stopped", "off", "standby"})),
    "start": Expectation(frozenset({"cleaning"})),
    "pause": Expectation(frozenset({"paused", "idle"})),
    "stop": Expectation(frozenset({"idle", "paused", "docked", "stopped"})),
    "return_to_base": Expectation(frozenset({"returning", "docked"})),
    "alarm_arm_home": Expectation(frozenset({"armed_home"}), passing=frozenset({"arming", "pending"})),
    "alarm_arm_away": Expectation(frozenset({"armed_away"}), passing=frozenset({"arming", "pending"})),
    "alarm_disarm": Expectation(frozenset({"disarmed"})),
}


def expectation(command: Command, before: Entity) -> Expectation | None:
    """What `before` must come to say when it carries out `command`.

    None where no state can tell: scenes and buttons have none, scripts mostly neither, the next track looks
    like this one, and a toggle means nothing where the state before is not known. Of such a command it can
    be said that it was sent, never that it was done.
    """
    if before.domain in _STATELESS_DOMAINS or (before.domain == "script" and before.state is None):
        return None
    if command.service in _FIXED:
        return _FIXED[command.service]
    expect = _BY_SERVICE.get(command.service)
    expected = None if expect is None else expect(command, before)
    return None if expected is None else replace(expected, before=before.attributes)


def _turned_on(command: Command, before: Entity) -> Expectation:
    if command.data.get("brightness_pct") == 0:
        return _FIXED["turn_off"]
    if before.domain in ("climate", "media_player"):
        return Expectation(not_states=_OFF, attributes=dict(command.data))
    return Expectation(frozenset({"on"}), attributes=dict(command.data))


def _toggled(_command: Command, before: Entity) -> Expectation | None:
    if before.domain == "media_player" and before.state is not None:
        return Expectation(not_states=_OFF) if before.state in _OFF else Expectation(_OFF)
    match before.state:
        case "on":
            return Expectation(_OFF)
        case "off":
            return Expectation(frozenset({"on"}))
        case "open" | "opening":
            return _CLOSED
        case "closed" | "closing":
            return _OPENED
        case _:
            return None


def _speed_set(command: Command, _before: Entity) -> Expectation:
    if command.data.get("percentage") == 0:
        return Expectation(_OFF)
    return Expectation(frozenset({"on"}), attributes=dict(command.data))


def _position_set(command: Command, before: Entity) -> Expectation:
    position = command.data.get("position")
    known = before.attributes.get("current_position")
    passing = frozenset({"opening", "closing"})
    if position == 0:
        return Expectation(frozenset({"closed"}), passing=passing)
    if position == 100 and known is None:
        return Expectation(frozenset({"open"}), passing=passing)
    return Expectation(not_states=passing, passing=passing, attributes={"current_position": position})


def _mode_set(command: Command, _before: Entity) -> Expectation:
    return Expectation(frozenset({str(command.data.get("hvac_mode"))}))


def _data_reached(command: Command, _before: Entity) -> Expectation:
    return Expectation(attributes=dict(command.data))


_BY_SERVICE: Mapping[str, Callable[[Command, Entity], Expectation | None]] = {
    "turn_on": _turned_on,
    "toggle": _toggled,
    "set_percentage": _speed_set,
    "set_cover_position": _position_set,
    "set_valve_position": _position_set,
    "set_temperature": _data_reached,
    "set_hvac_mode": _mode_set,
    "volume_set": _data_reached,
    "volume_mute": _data_reached,
}


def _reached(key: str, wanted: AttributeValue, entity: Entity) -> bool:
    found = entity.attributes.get(key)
    if key == "rgb_color":
        return _same_color(wanted, found)
    if isinstance(wanted, bool) or not isinstance(wanted, int | float):
        return found == wanted
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    return abs(found - wanted) <= _tolerance(key, wanted, entity)


def _moved(key: str, wanted: AttributeValue, entity: Entity, before: AttributeValue) -> bool:
    """Whether a value that is within the tolerance is there because it changed, where it had to change."""
    found = entity.attributes.get(key)
    visible = VISIBLE.get(key)
    values = (before, wanted, found)
    if visible is None or any(isinstance(one, bool) or not isinstance(one, int | float) for one in values):
        return True
    was, goal, now = (float(one) for one in values if isinstance(one, int | float))
    step = entity.attributes.get("percentage_step")
    if key == "percentage" and isinstance(step, int | float):
        visible = max(visible, step - 1.0)  # steps of a third are reported as 33, 66 and 100
    return abs(goal - was) < visible or abs(now - goal) < abs(now - was)


def _tolerance(key: str, wanted: float, entity: Entity) -> float:
    match key:
        case "brightness_pct":
            return BRIGHTNESS_TOLERANCE
        case "current_position":
            return POSITION_TOLERANCE
        case "volume_pct":
            return VOLUME_TOLERANCE
        case "temperature":
            return TEMPERATURE_TOLERANCE
        case "color_temp_kelvin":
            return KELVIN_TOLERANCE * wanted
        case "percentage":
            step = entity.attributes.get("percentage_step")
            return max(SPEED_TOLERANCE, step if isinstance(step, int | float) else 0.0)
        case _:
            return 0.0


def _same_color(wanted: AttributeValue, found: AttributeValue) -> bool:
    """Compare hue and saturation: a lamp's brightness is no part of its colour."""
    if not (isinstance(wanted, tuple) and isinstance(found, tuple) and len(wanted) == len(found) == 3):
        return False
    (hue, saturation, _), (other_hue, other_saturation, _) = _hsv(wanted), _hsv(found)
    if abs(saturation - other_saturation) * 100 > SATURATION_TOLERANCE:
        return False
    if saturation * 100 <= SATURATION_TOLERANCE:
        return True  # near white, the hue is noise
    apart = abs(hue - other_hue) * 360
    return min(apart, 360 - apart) <= HUE_TOLERANCE


def _hsv(rgb: tuple[int, ...]) -> tuple[float, float, float]:
    red, green, blue = (part / 255 for part in rgb)
    return colorsys.rgb_to_hsv(red, green, blue)
