"""Questions about how things are, answered from what entities have said."""

from collections.abc import Callable, Mapping
from typing import Final

from paige.iot.entity import Entity
from paige.iot.naming import canonical
from paige.iot.resolution import Answer, Question, Refused
from paige.iot.targets import Scope, targets
from paige.models.intent import Intent

Query = Callable[[Intent, Scope], Answer | Question | Refused]

_UNKNOWN: Final = frozenset({"unknown", "unavailable", ""})
_NOT_ON: Final = frozenset({"off", "standby"})
_SEVERAL_STATES: Final = frozenset({"climate", "media_player"})
"""Domains in which every state but off means on."""


def state(intent: Intent, scope: Scope) -> Answer | Question | Refused:
    """How the entities are that the intent is about, against the state it asks for, if it asks for one."""
    found = targets(intent, scope)
    if not isinstance(found, tuple):
        return found
    return _answer(found, intent.slots.get("state"))


def temperature(intent: Intent, scope: Scope) -> Answer | Question | Refused:
    """How warm it is: what a thermostat says, else what a temperature sensor of the place says."""
    found = targets(intent, scope, ("climate",), able=_tells_temperature, lone=True)
    if isinstance(found, tuple) and any(map(_tells_temperature, found)):
        return _answer(tuple(filter(_tells_temperature, found)), None)
    area, floor = intent.slots.get("area"), intent.slots.get("floor")
    sensors = scope.registry.find(
        None,
        scope.here if area is None and floor is None else None if area is None else str(area),
        None if floor is None else str(floor),
        ("sensor",),
        ("temperature",),
    )
    if "name" not in intent.slots and sensors:
        return _answer(sensors, None)
    return _answer(found, None) if isinstance(found, tuple) else found


def weather(intent: Intent, scope: Scope) -> Answer | Question | Refused:
    """What a weather entity says; the first one where none is named."""
    found = targets(intent, scope, ("weather",))
    if not isinstance(found, tuple):
        return found
    return _answer(found[:1], None)


QUERIES: Final[Mapping[str, Query]] = {
    "HassGetState": state,
    "HassClimateGetTemperature": temperature,
    "HassGetWeather": weather,
}


def _answer(entities: tuple[Entity, ...], wanted: object) -> Answer:
    known = [entity for entity in entities if _is_known(entity)]
    matched = [entity for entity in known if wanted is None or _is(entity, str(wanted))]
    return Answer(
        matched=tuple(matched),
        unmatched=tuple(entity for entity in known if entity not in matched),
        unknown=tuple(entity for entity in entities if entity not in known),
    )


def _is_known(entity: Entity) -> bool:
    return entity.available and entity.state is not None and entity.state not in _UNKNOWN


def _is(entity: Entity, wanted: str) -> bool:
    if entity.domain in _SEVERAL_STATES and canonical(wanted) == "on":
        return entity.state not in _NOT_ON
    return canonical(entity.state or "") == canonical(wanted)


def _tells_temperature(entity: Entity) -> bool:
    return entity.attributes.get("current_temperature") is not None
