"""Which announcements and which descriptions are one entity of the home, and what its id is."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from paige.iot.duplicates import Duplicates
from paige.iot.entity import Entity
from paige.iot.found import Address, Found, Title, titles
from paige.iot.matching import match, qualified

Link = str | Title
"""What can make two things one: an id, or a domain with a name."""


class Identities:
    """Keeps the home's ids up to date while announcements come and go.

    The outcome depends on what is there alone, not on the order in which it came. Each change looks only at
    what it could concern, so a home of thousands of entities is filled in linear time.
    """

    def __init__(self, described: Mapping[str, Entity]) -> None:
        self._described = described
        self._described_by: defaultdict[Link, set[str]] = defaultdict(set)
        for entity in described.values():
            for link in _described_links(entity):
                self._described_by[link].add(entity.id)
        self._found: dict[Address, Found] = {}
        self._duplicates = Duplicates()
        self._shown: dict[Address, tuple[Link, ...]] = {}
        """Announcements that are not hidden, with the links they are indexed under."""
        self._shown_by: defaultdict[Link, set[Address]] = defaultdict(set)
        self._ids: dict[Address, str] = {}
        self._addresses: dict[str, Address] = {}

    @property
    def all_found(self) -> tuple[Found, ...]:
        """Every announcement, hidden or not."""
        return tuple(self._found.values())

    @property
    def hidden(self) -> int:
        """How many announcements another one stands for."""
        return len(self._found) - len(self._shown)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the home's entities that a device has announced."""
        return frozenset(self._addresses)

    def found(self, address: Address) -> Found | None:
        """The announcement at an address, hidden or not."""
        return self._found.get(address)

    def id(self, address: Address) -> str | None:
        """The id in the home of an announcement; None for one that is hidden or not known."""
        return self._ids.get(address)

    def address(self, entity_id: str) -> Address | None:
        """The address of an entity of the home; None for one that no device has announced."""
        return self._addresses.get(entity_id)

    def add(self, found: Found) -> frozenset[str]:
        """Take an announcement, new or changed; gives the ids that may have changed hands."""
        known = self._found.get(found.address)
        touched = {found.address}
        if known is not None:
            if (known.title, known.hardware, known.area) == (found.title, found.hardware, found.area):
                self._found[found.address] = found
                entity_id = self._ids.get(found.address)
                return frozenset() if entity_id is None else frozenset({entity_id})
            touched |= self._duplicates.remove(known)
        self._found[found.address] = found
        return self._settle(touched | self._duplicates.add(found))

    def remove(self, address: Address) -> frozenset[str]:
        """Drop an announcement; gives the ids that may have changed hands."""
        return self._settle({address} | self._duplicates.remove(self._found.pop(address)))

    def clear(self) -> frozenset[str]:
        """Drop all announcements; gives the ids that may have changed hands."""
        gone = tuple(self._found)
        self._found.clear()
        self._duplicates = Duplicates()
        return self._settle(gone)

    def _settle(self, touched: Iterable[Address]) -> frozenset[str]:
        """Decide anew who is who among all that the touched ones have to do with."""
        touched = tuple(touched)
        ids, addresses = self._related(self._reindex(touched))
        concerned = {self._ids.pop(address) for address in {*touched, *addresses} if address in self._ids}
        for entity_id in concerned:
            del self._addresses[entity_id]
        now = match(
            {entity_id: self._described[entity_id] for entity_id in ids},
            {address: self._found[address] for address in addresses},
        )
        for address in sorted(addresses.difference(now.values())):
            free = address.entity_id not in now and address.entity_id not in self._described
            now[address.entity_id if free else qualified(address)] = address
        self._addresses.update(now)
        self._ids.update({address: entity_id for entity_id, address in now.items()})
        return frozenset(concerned | ids | now.keys())

    def _reindex(self, touched: Iterable[Address]) -> set[Link]:
        """Bring the index of shown announcements up to date; gives the links that it concerns."""
        concerned: set[Link] = set()
        for address in touched:
            for link in self._shown.pop(address, ()):
                self._shown_by[link].discard(address)
                concerned.add(link)
            found = self._found.get(address)
            if found is not None and not self._duplicates.hidden(found):
                links = (address.entity_id, qualified(address), found.title)
                self._shown[address] = links
                for link in links:
                    self._shown_by[link].add(address)
                concerned.update(links)
        return concerned

    def _related(self, links: set[Link]) -> tuple[set[str], set[Address]]:
        """The described ids and the shown announcements that could change places with one another."""
        ids: set[str] = set()
        addresses: set[Address] = set()
        waiting, seen = set(links), set(links)
        while waiting:
            link = waiting.pop()
            new_ids = self._described_by.get(link, set()) - ids
            ids |= new_ids
            # A name alone does not relate two announcements: only a description can be either of them.
            related = isinstance(link, str) or bool(self._described_by.get(link))
            new_addresses = self._shown_by.get(link, set()) - addresses if related else set()
            addresses |= new_addresses
            reached = {one for entity_id in new_ids for one in _described_links(self._described[entity_id])}
            reached.update(one for address in new_addresses for one in self._shown[address])
            waiting |= reached - seen
            seen |= reached
        return ids, addresses


def _described_links(entity: Entity) -> Iterator[Link]:
    yield entity.id
    yield from titles(entity)
