"""Questions about how things are, answered from what entities have said."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from paige.iot.choice import question_of_area, question_of_entity
from paige.iot.entity import Entity
from paige.iot.naming import canonical
from paige.iot.resolution import Answer, Question, Reason, Refused
from paige.iot.targets import Scope, targets
from paige.models.intent import Intent

Query = Callable[[Intent, Scope], Answer | Question | Refused]

_UNKNOWN: Final = frozenset({"unknown", "unavailable", ""})
_NOT_ON: Final = frozenset({"off", "standby"})
_SEVERAL_STATES: Final = frozenset({"climate", "media_player"})
"""Domains in which every state but off means on."""

_CONTACTS: Final = {"window": "window", "door": "door", "garage": "garage_door"}
"""Device classes of covers, and of the binary sensors that watch the same things."""
_SAME_THINGS: Final[Mapping[tuple[object, object], tuple[str, str]]] = {
    **{("cover", cover): ("binary_sensor", contact) for cover, contact in _CONTACTS.items()},
    **{("binary_sensor", contact): ("cover", cover) for cover, contact in _CONTACTS.items()},
}


def state(intent: Intent, scope: Scope) -> Answer | Question | Refused:
    """How the entities are that the intent is about, against the state it asks for, if it asks for one.

    Doors and windows are covers where a motor moves them, and binary sensors where a contact watches them; a
    question about those of a place is about both.
    """
    found = targets(intent, scope)
    kind = intent.slots.get("domain"), intent.slots.get("device_class")
    if "name" not in intent.slots and kind in _SAME_THINGS:
        domain, device_class = _SAME_THINGS[kind]
        slots = {**intent.slots, "domain": domain, "device_class": device_class}
        others = targets(replace(intent, slots=slots), scope)
        if isinstance(others, tuple):
            found = (*found, *others) if isinstance(found, tuple) else others
    return _answer(found, intent.slots.get("state")) if isinstance(found, tuple) else found


def temperature(intent: Intent, scope: Scope) -> Answer | Question | Refused:
    """How warm it is: what a thermostat says, else what a temperature sensor of the same place says."""
    found: tuple[Entity, ...] | Question | Refused
    if "name" in intent.slots:
        found = targets(intent, scope, able=_tells_temperature)
        return _answer(found, None) if isinstance(found, tuple) else found
    area, floor = (str(intent.slots[key]) if key in intent.slots else None for key in ("area", "floor"))
    if area is not None or floor is not None:
        found = _thermometers(scope, area, floor) or targets(intent, scope, ("climate",))
        return _answer(found, None) if isinstance(found, tuple) else found
    here = _thermometers(scope, scope.here) if scope.here is not None else ()
    found = here or _thermometers(scope)
    if not found:
        return Refused(Reason.NO_DEVICE_CLASS, {"device_class": "temperature"})
    areas = {entity.area for entity in found}
    if len(areas) == 1:
        return _answer(found, None)
    return question_of_entity(intent, found) if None in areas else question_of_area(intent, found)


def weather(intent: Intent, scope: Scope) -> Answer | Question | Refused:
    """What a weather entity says; the first one where none is named."""
    found = targets(intent, scope, ("weather",))
    return _answer(found[:1], None) if isinstance(found, tuple) else found


QUERIES: Final[Mapping[str, Query]] = {
    "HassGetState": state,
    "HassClimateGetTemperature": temperature,
    "HassGetWeather": weather,
}


def _thermometers(scope: Scope, area: str | None = None, floor: str | None = None) -> tuple[Entity, ...]:
    """What tells how warm a place is: its thermostats, else its sensors."""
    thermostats = scope.registry.find(None, area, floor, ("climate",))
    telling = tuple(filter(_tells_temperature, thermostats))
    return telling or scope.registry.find(None, area, floor, ("sensor",), ("temperature",))


def _answer(entities: tuple[Entity, ...], wanted: object) -> Answer:
    matched, unmatched, unknown = [], [], []
    for entity in entities:
        if not _is_known(entity):
            unknown.append(entity)
        elif wanted is None or _is(entity, str(wanted)):
            matched.append(entity)
        else:
            unmatched.append(entity)
    return Answer(tuple(matched), tuple(unmatched), tuple(unknown))


def _is_known(entity: Entity) -> bool:
    return entity.available and entity.state is not None and entity.state not in _UNKNOWN


def _is(entity: Entity, wanted: str) -> bool:
    if entity.domain == "binary_sensor":
        wanted = {"open": "on", "closed": "off"}.get(wanted, wanted)
    elif entity.domain == "cover":
        wanted = {"on": "open", "off": "closed"}.get(wanted, wanted)
    if entity.domain in _SEVERAL_STATES and canonical(wanted) == "on":
        return entity.state not in _NOT_ON
    return canonical(entity.state or "") == canonical(wanted)


def _tells_temperature(entity: Entity) -> bool:
    return entity.attributes.get("current_temperature") is not None
