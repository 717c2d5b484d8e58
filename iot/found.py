"""An entity as one dialect announces it, before it is known as part of the home."""

from dataclasses import dataclass
from typing import NamedTuple

from paige.iot.entity import Entity
from paige.iot.naming import canonical


class Address(NamedTuple):
    """Where an entity's commands go: its dialect, and its id there.

    Its id in the home may be another: the one its owner gave it, or one that tells it from an entity of
    another dialect. Whoever hands a command to a dialect puts `entity_id` of the address into it.
    """

    dialect: str
    entity_id: str


class Title(NamedTuple):
    """What makes two announcements look like one thing: the same kind of thing, with the same name."""

    domain: str
    name: str
    """In canonical form."""


@dataclass(frozen=True, slots=True)
class Found:
    """One announcement."""

    address: Address
    entity: Entity
    """With the id its dialect gave it."""
    area: str | None = None
    """Main name of the area its device suggests."""
    hardware: frozenset[str] = frozenset()

    @property
    def title(self) -> Title:
        """Its own name and domain."""
        return Title(self.entity.domain, canonical(self.entity.name))


def titles(entity: Entity) -> tuple[Title, ...]:
    """What an announcement of this described entity may be called: its name, then its aliases."""
    return tuple(Title(entity.domain, canonical(name)) for name in entity.names)
