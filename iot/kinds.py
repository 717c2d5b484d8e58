"""Which things of a home are of a kind that people speak of: its kettle, its TV."""

from collections import defaultdict

from paige.iot.entity import Entity
from paige.iot.registry import Registry
from paige.models.kinds import Kind, Kinds


def of_kind(kind: Kind, kinds: Kinds, registry: Registry) -> tuple[Entity, ...]:
    """All things of a kind, wherever they stand."""
    floors = {floor.name: (floor.name, *floor.aliases) for floor in registry.floors}
    places: defaultdict[str | None, tuple[str, ...]] = defaultdict(tuple)
    for area in registry.areas:
        places[area.name] = (area.name, *area.aliases, *floors.get(area.floor or "", ()))
    return tuple(
        entity
        for entity in registry.entities
        if kinds.fits(
            kind,
            entity.names,
            domain=entity.domain,
            device_class=entity.device_class,
            places=places[entity.area],
        )
    )
