"""Orders to go a little further from where an entity is: brighter, warmer, faster, louder, more open.

A step counts from what the entity itself has reported. Where it has not, nothing is done: from a guess,
"a bit brighter" may become darker.
"""

from collections.abc import Mapping
from typing import Final

from paige.iot.abilities import CANNOT, Ability, can, number, plain, silent, whole
from paige.iot.entity import Entity
from paige.iot.resolution import Reason
from paige.iot.units import TemperatureUnit, from_celsius, to_celsius
from paige.models.intent import Intent

BRIGHTNESS_STEP: Final = 20.0
"""Percentage points by which a lamp becomes brighter or dimmer, where nobody says how much."""
DIMMEST: Final = 1.0
"""Per cent. A lamp that is dimmed stays on: to be off is another order."""
POSITION_STEP: Final = 20.0
"""Percentage points by which a cover or a valve goes further."""
SPEED_STEP: Final = 20.0
"""Percentage points by which a fan turns faster or slower; one that knows fewer speeds goes to the next."""
VOLUME_STEP: Final = 10.0
"""Percentage points by which something becomes louder or quieter."""
TEMPERATURE_STEP: Final[Mapping[TemperatureUnit, float]] = {
    TemperatureUnit.CELSIUS: 1.0,
    TemperatureUnit.FAHRENHEIT: 2.0,
}
"""Degrees of the house by which it becomes warmer or cooler."""
UP, DOWN = "up", "down"

_NO_CHANGE = 0.5
"""Less than this many percentage points is none: a lamp at 99.6 percent is as bright as it goes."""


def brighter(intent: Intent, entity: Entity, _unit: TemperatureUnit) -> Ability:
    """A lamp that is off counts as one at nothing: it comes on."""
    step = _step(intent, "brightness_step", BRIGHTNESS_STEP)
    if step is None:
        return CANNOT
    if entity.state == "off" and step < 0:
        return Ability(None, Reason.IS_OFF)
    if "brightness_pct" not in entity.features and not silent(entity):
        return plain(entity, "turn_on") if entity.state == "off" else CANNOT
    if not can(entity, "turn_on"):
        return CANNOT
    goal = _goal(_level(entity, "brightness_pct"), step, DIMMEST)
    return goal if isinstance(goal, Ability) else plain(entity, "turn_on", {"brightness_pct": goal})


def faster(intent: Intent, entity: Entity, _unit: TemperatureUnit) -> Ability:
    """A fan that is off counts as one at nothing; a slower one does not stop."""
    least = entity.attributes.get("percentage_step")
    slowest = float(least) if isinstance(least, int | float) and 0 < least <= 100 else DIMMEST
    step = _step(intent, "percentage_step", max(SPEED_STEP, slowest))
    if step is None or not can(entity, "set_percentage"):
        return CANNOT
    if entity.state == "off" and step < 0:
        return Ability(None, Reason.IS_OFF)
    goal = _goal(_level(entity, "percentage"), step, slowest)
    return goal if isinstance(goal, Ability) else plain(entity, "set_percentage", {"percentage": goal})


def further(intent: Intent, entity: Entity, _unit: TemperatureUnit) -> Ability:
    """What is closed and tells no position is at nothing."""
    service = "set_valve_position" if entity.domain == "valve" else "set_cover_position"
    step = _step(intent, "position_step", POSITION_STEP)
    if step is None or not can(entity, service):
        return CANNOT
    now = _known(entity, "current_position")
    if now is None and entity.state == "closed":
        now = 0.0
    goal = _goal(now, step, 0.0)
    return goal if isinstance(goal, Ability) else plain(entity, service, {"position": goal})


def louder(intent: Intent, entity: Entity, _unit: TemperatureUnit) -> Ability:
    """The volume, from what it is."""
    step = _step(intent, "volume_step", VOLUME_STEP)
    if step is None or not can(entity, "volume_set"):
        return CANNOT
    goal = _goal(_known(entity, "volume_pct"), step, 0.0)
    return goal if isinstance(goal, Ability) else plain(entity, "volume_set", {"volume_pct": goal})


def warmer(intent: Intent, entity: Entity, unit: TemperatureUnit) -> Ability:
    """The target temperature, counted in the unit that was said, else in that of the house."""
    said = str(intent.slots.get("temperature_unit", unit))
    unit = TemperatureUnit(said) if said in set(TemperatureUnit) else unit
    step = _step(intent, "temperature_step", TEMPERATURE_STEP[unit])
    if step is None or not can(entity, "set_temperature"):
        return CANNOT
    now = _known(entity, "temperature")
    if now is None:
        return Ability(None, Reason.UNKNOWN_STATE)
    degrees = to_celsius(from_celsius(now, unit) + step, unit)
    return plain(entity, "set_temperature", {"temperature": whole(round(float(degrees), 1))})


def _step(intent: Intent, slot: str, usual: float) -> float | None:
    """How far, and which way; None where it goes nowhere."""
    named = {UP: usual, DOWN: -usual}.get(str(intent.slots[slot]))
    return (named if named is not None else number(intent, slot)) or None


def _goal(now: float | None, step: float, least: float) -> int | float | Ability:
    """Where a step of percentage points ends, or why there is none."""
    if now is None:
        return Ability(None, Reason.UNKNOWN_STATE)
    goal = round(min(100.0, max(least, now + step)))
    if abs(goal - now) < _NO_CHANGE or (goal > now) != (step > 0):
        return Ability(None, Reason.AT_ITS_END)
    return goal


def _level(entity: Entity, attribute: str) -> float | None:
    """A level of something that may be off; None where that is not known."""
    if entity.state == "off":
        return 0.0
    return _known(entity, attribute) if entity.state == "on" else None


def _known(entity: Entity, attribute: str) -> float | None:
    value = entity.attributes.get(attribute)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
