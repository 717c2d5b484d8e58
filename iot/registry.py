"""Everything known of a home: one registry, filled by every dialect and by the home description."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from paige.iot.change import (
    AvailabilityChanged,
    Change,
    EntityAppeared,
    EntityRemoved,
    Misunderstood,
    StateChanged,
)
from paige.iot.entity import Area, Entity, Floor
from paige.iot.found import Address, Found
from paige.iot.home_file import HomeDescription
from paige.iot.identity import Identities
from paige.iot.naming import canonical, vocabulary
from paige.models.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Update:
    """One entity of the home became another."""

    before: Entity | None
    """None for one that was not known."""
    after: Entity | None
    """None for one that is gone."""
    change: Change | None = None
    """What caused it; None where the registry was cleared or described anew."""


Listener = Callable[[Update], None]


@dataclass(frozen=True, slots=True)
class RegistryStatistics:
    """Counts, for logs and metrics."""

    entities: int
    """In the home, of whatever origin."""
    unavailable: int
    undiscovered: int
    """Described, and not announced by any device."""
    hidden: int
    """Announced twice; the second announcement does not count."""
    reports: int
    """State changes taken since the start."""
    strays: int
    """Changes of entities that no dialect had announced."""
    misunderstood: int
    """Messages that a dialect could not understand."""
    version: int


class Registry:
    """The entities of a home as they are now.

    A description and an announcement of one thing are one entity, with the id, name, aliases and area of the
    description, and the state, services and features of the announcement; see `paige.iot.matching`. What is
    announced twice is one entity; see `paige.iot.duplicates`. The order of announcements does not matter.

    It is meant for one thread: the event loop's.
    """

    def __init__(self, home: HomeDescription | None = None) -> None:
        self._home = HomeDescription()
        self._described: dict[str, Entity] = {}
        self._areas: dict[str, str] = {}
        """From each canonical name of an area to its main name."""
        self._floors: dict[str, str] = {}
        self._identities = Identities({})
        self._entities: dict[str, Entity] = {}
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        """From each canonical name to the ids of those who have it."""
        self._listeners: list[Listener] = []
        self._version = 0
        self._vocabulary: Vocabulary | None = None
        self._reports = self._strays = self._misunderstood = 0
        if home is not None:
            self.describe(home)

    @property
    def entities(self) -> tuple[Entity, ...]:
        """All entities, by id."""
        return tuple(self._entities[entity_id] for entity_id in sorted(self._entities))

    @property
    def areas(self) -> tuple[Area, ...]:
        """The described areas, then those that only devices speak of."""
        described = {area.name for area in self._home.areas}
        named = {entity.area for entity in self._entities.values() if entity.area is not None}
        return (*self._home.areas, *(Area(name) for name in sorted(named - described)))

    @property
    def floors(self) -> tuple[Floor, ...]:
        """The described floors."""
        return self._home.floors

    @property
    def here(self) -> str | None:
        """Where the home description says that the speaker stands."""
        return self._home.here

    @property
    def version(self) -> int:
        """Counts up when a name, or what a language knows of it, changed; states do not count."""
        return self._version

    def entity(self, entity_id: str) -> Entity | None:
        """The entity with this id."""
        return self._entities.get(entity_id)

    def address(self, entity_id: str) -> Address | None:
        """Where commands to this entity go; None for one that no device has announced."""
        return self._identities.address(entity_id)

    def area(self, name: str) -> str | None:
        """The main name of the area called so."""
        return self._areas.get(canonical(name))

    def floor(self, name: str) -> str | None:
        """The main name of the floor called so."""
        return self._floors.get(canonical(name))

    def floor_of(self, area: str | None) -> str | None:
        """The main name of the floor on which the area with this main name is."""
        return next((its.floor for its in self._home.areas if its.name == area), None)

    def named(self, name: str) -> tuple[Entity, ...]:
        """The entities that have this name, as main name or alias, by id."""
        return tuple(self._entities[entity_id] for entity_id in sorted(self._names.get(canonical(name), ())))

    def find(
        self,
        name: str | None = None,
        area: str | None = None,
        floor: str | None = None,
        domains: Collection[str] = (),
        device_classes: Collection[str] = (),
    ) -> tuple[Entity, ...]:
        """The entities that fit everything that is said, by id.

        Args:
            name: A main name or alias.
            area: A name of an area.
            floor: A name of a floor: what is in any of its areas fits.
            domains: Any of these; empty for any at all.
            device_classes: Any of these; empty for any at all.
        """
        main_area = None if area is None else self.area(area)
        main_floor = None if floor is None else self.floor(floor)
        on_floor = {its.name for its in self._home.areas if its.floor == main_floor}
        return tuple(
            entity
            for entity in (self.entities if name is None else self.named(name))
            if (area is None or (main_area is not None and entity.area == main_area))
            and (floor is None or (main_floor is not None and entity.area in on_floor))
            and (not domains or entity.domain in domains)
            and (not device_classes or entity.device_class in device_classes)
        )

    def vocabulary(self, here: str | None = None) -> Vocabulary:
        """All names of the home, for a speaker in the area `here`; else where the description says.

        The same object until `version` counts up, apart from `here`.
        """
        if self._vocabulary is None:
            self._vocabulary = vocabulary(self.floors, self.areas, self.entities, self.here)
        return self._vocabulary if here is None else replace(self._vocabulary, here=here)

    def statistics(self) -> RegistryStatistics:
        """How much is known, and what came in."""
        return RegistryStatistics(
            entities=len(self._entities),
            unavailable=sum(not entity.available for entity in self._entities.values()),
            undiscovered=len(self._entities) - len(self._identities.ids),
            hidden=self._identities.hidden,
            reports=self._reports,
            strays=self._strays,
            misunderstood=self._misunderstood,
            version=self._version,
        )

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for every update, at once and in order; gives what ends that.

        A listener must neither raise nor change the registry.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def describe(self, home: HomeDescription) -> None:
        """Take a home description, in place of an earlier one.

        What it says of states does not count: only a device knows its state.
        """
        self._home = home
        self._described = {entity.id: entity for entity in home.entities}
        self._areas = _main_names(home.areas)
        self._floors = _main_names(home.floors)
        announced = self._identities.all_found
        self._identities = Identities(self._described)
        for found in announced:
            self._identities.add(replace(found, area=self._area_named(found.area)))
        self._renamed()
        self._refresh(self._described.keys() | self._entities.keys() | self._identities.ids, None)

    def clear(self) -> None:
        """Forget all that devices have said, before it is heard anew; the description stays."""
        self._refresh(self._identities.clear(), None)

    def apply(self, dialect: str, change: Change) -> None:
        """Take what a dialect learned; the ids in the change are that dialect's own."""
        if isinstance(change, Misunderstood):
            self._misunderstood += 1
            return
        if isinstance(change, EntityAppeared):
            self._appear(Address(dialect, change.entity.id), change)
            return
        address = Address(dialect, change.entity_id)
        known = self._identities.found(address)
        if known is None:
            self._strays += 1
        elif isinstance(change, EntityRemoved):
            self._refresh(self._identities.remove(address), change)
        else:
            self._reports += isinstance(change, StateChanged)
            found = replace(known, entity=_reported(known.entity, change))
            self._refresh(self._identities.add(found), change)

    def _appear(self, address: Address, change: EntityAppeared) -> None:
        entity = change.entity
        known = self._identities.found(address)
        if known is not None:
            entity = replace(
                entity,
                state=known.entity.state if entity.state is None else entity.state,
                attributes={**known.entity.attributes, **entity.attributes},
            )
        area = self._area_named(change.suggested_area or entity.area)
        found = Found(address, entity, area, change.hardware)
        self._refresh(self._identities.add(found), change)

    def _refresh(self, entity_ids: Iterable[str], change: Change | None) -> None:
        """Bring these entities up to date, and tell the listeners of those that changed."""
        for entity_id in sorted(entity_ids):
            before, after = self._entities.get(entity_id), self._composed(entity_id)
            if before == after and not isinstance(change, StateChanged):
                continue
            if after is not None:
                self._entities[entity_id] = after
            else:
                self._entities.pop(entity_id, None)
            if _language_of(before) != _language_of(after):
                self._rename(before, after)
            for listener in tuple(self._listeners):
                listener(Update(before, after, change))

    def _composed(self, entity_id: str) -> Entity | None:
        """An entity from what is described and what is announced of it."""
        described = self._described.get(entity_id)
        address = self._identities.address(entity_id)
        found = None if address is None else self._identities.found(address)
        if found is None:
            return None if described is None else replace(described, state=None, available=False)
        entity = replace(found.entity, id=entity_id, area=found.area, dialect=found.address.dialect)
        if described is None:
            return entity
        return replace(
            entity,
            name=described.name,
            aliases=described.aliases,
            area=described.area or entity.area,
            device_class=described.device_class or entity.device_class,
            attributes={**described.attributes, **entity.attributes},
        )

    def _area_named(self, name: str | None) -> str | None:
        """The main name of an area that a device suggests; one that nobody described is a new area."""
        spelled = " ".join((name or "").split())
        return self._areas.setdefault(canonical(spelled), spelled) if spelled else None

    def _rename(self, before: Entity | None, after: Entity | None) -> None:
        if before is not None:
            for name in before.names:
                self._names[canonical(name)].discard(before.id)
        if after is not None:
            for name in after.names:
                self._names[canonical(name)].add(after.id)
        self._renamed()

    def _renamed(self) -> None:
        self._version += 1
        self._vocabulary = None


def _main_names(places: Iterable[Area] | Iterable[Floor]) -> dict[str, str]:
    return {canonical(name): place.name for place in places for name in (place.name, *place.aliases)}


def _language_of(entity: Entity | None) -> tuple[object, ...] | None:
    """What a language knows of an entity."""
    if entity is None:
        return None
    return entity.names, entity.domain, entity.device_class, entity.area


def _reported(entity: Entity, change: StateChanged | AvailabilityChanged) -> Entity:
    if isinstance(change, AvailabilityChanged):
        return replace(entity, available=change.available)
    return replace(
        entity,
        state=entity.state if change.state is None else change.state,
        attributes={**entity.attributes, **change.attributes},
    )
