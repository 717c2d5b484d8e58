"""What one entity can do of what is asked, and what deeds are made of."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from paige.iot.command import Command
from paige.iot.entity import AttributeValue, Entity
from paige.iot.resolution import Reason
from paige.iot.units import TemperatureUnit
from paige.models.intent import Intent


@dataclass(frozen=True, slots=True)
class Ability:
    """An order as far as one entity can follow it."""

    command: Command | None
    """None where it cannot."""
    reason: Reason = Reason.FEATURE_NOT_SUPPORTED
    """Why it cannot."""


CANNOT: Final = Ability(None)

Order = Callable[[Intent, Entity, TemperatureUnit], Ability]


def plain(entity: Entity, service: str, data: Mapping[str, AttributeValue] | None = None) -> Ability:
    """One service, where the entity has it."""
    return Ability(Command(entity.id, service, data or {})) if can(entity, service) else CANNOT


def can(entity: Entity, service: str) -> bool:
    """Whether an entity accepts a service, as far as is known."""
    return service in entity.services or silent(entity)


def silent(entity: Entity) -> bool:
    """Whether no device has said yet what this described entity can do: that is not that it cannot."""
    return entity.dialect is None


def number(intent: Intent, slot: str) -> float | None:
    """A slot as a number; None where it is none."""
    try:
        value = float(intent.slots[slot])
    except (KeyError, ValueError):
        return None
    return value if math.isfinite(value) else None


def percent(value: float) -> int | float:
    """A percentage, kept between nothing and all."""
    return whole(min(100.0, max(0.0, value)))


def whole(value: float) -> int | float:
    """The same number, without a fraction that is none."""
    return int(value) if value.is_integer() else value
