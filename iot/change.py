"""What a dialect learns from a message, as changes to the registry."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from paige.iot.entity import AttributeValue, Entity


@dataclass(frozen=True, slots=True)
class EntityAppeared:
    """An entity described itself, for the first time or anew; its state is kept where it was known."""

    entity: Entity
    suggested_area: str | None = None
    """The area its device names, used where the home description says none."""
    hardware: frozenset[str] = frozenset()
    """Addresses of its device (IEEE, MAC), in lower-case hexadecimal digits; empty where not known.

    Two dialects that announce the same address announce one device.
    """


@dataclass(frozen=True, slots=True)
class EntityRemoved:
    """An entity was withdrawn."""

    entity_id: str


@dataclass(frozen=True, slots=True)
class StateChanged:
    """An entity reported. Attributes it did not mention keep their values."""

    entity_id: str
    state: str | None = None
    """None where the report did not mention the state itself."""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    retained: bool = False
    """True where the broker kept it: it says how things were, not that a command was carried out."""


@dataclass(frozen=True, slots=True)
class AvailabilityChanged:
    """An entity became reachable or unreachable."""

    entity_id: str
    available: bool


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """A message that a dialect should understand and could not; it changes nothing and is logged."""

    topic: str
    reason: str


Change = EntityAppeared | EntityRemoved | StateChanged | AvailabilityChanged | Misunderstood
