"""Which announced entity is the one that the home description speaks of.

The same id decides; then the same domain and name; then an alias of the description. Where several share a
name, areas tell them apart, and what is left over on both sides alone is a match. Whatever stays ambiguous
is not matched: better an entity that cannot be commanded, and says so, than a wrong one that can.
"""

from collections import defaultdict
from collections.abc import Mapping

from paige.iot.entity import Entity
from paige.iot.found import Address, Found, Title, titles


def match(described: Mapping[str, Entity], found: Mapping[Address, Found]) -> dict[str, Address]:
    """For each described id that has one, the address of its announcement."""
    pairs: dict[str, Address] = {}
    for address in sorted(found):
        for entity_id in (address.entity_id, qualified(address)):
            if entity_id in described:
                pairs.setdefault(entity_id, address)
                break
    for main_names in (True, False):
        _match_titles(described, found, pairs, main_names=main_names)
    return pairs


def qualified(address: Address) -> str:
    """The id of an entity in the home, where another one has the id that its dialect gave it."""
    return f"{address.entity_id}@{address.dialect}"


def _match_titles(
    described: Mapping[str, Entity],
    found: Mapping[Address, Found],
    pairs: dict[str, Address],
    *,
    main_names: bool,
) -> None:
    taken = set(pairs.values())
    candidates: defaultdict[Title, dict[Address, str | None]] = defaultdict(dict)
    for address, one in found.items():
        if address not in taken:
            candidates[one.title][address] = one.area
    wanted: defaultdict[Title, dict[str, str | None]] = defaultdict(dict)
    for entity_id, entity in described.items():
        if entity_id not in pairs:
            names = titles(entity)
            for title in names[:1] if main_names else names[1:]:
                wanted[title][entity_id] = entity.area
    for title in sorted(wanted.keys() & candidates.keys()):
        ids = {entity_id: area for entity_id, area in wanted[title].items() if entity_id not in pairs}
        pairs.update(_by_area(ids, candidates[title]))


def _by_area(ids: dict[str, str | None], candidates: dict[Address, str | None]) -> dict[str, Address]:
    """Pair what shares a name: in each area the only one with the only one, then the last with the last."""
    pairs: dict[str, Address] = {}
    for area in {area for area in ids.values() if area is not None}:
        here = [entity_id for entity_id, its in ids.items() if its == area]
        there = [address for address, its in candidates.items() if its == area]
        if len(here) == len(there) == 1:
            pairs[here[0]] = there[0]
    left = [entity_id for entity_id in ids if entity_id not in pairs]
    others = [address for address in candidates if address not in pairs.values()]
    contradicted = (
        bool(pairs) and len(left) == len(others) == 1 and None not in (ids[left[0]], candidates[others[0]])
    )
    if len(left) == len(others) == 1 and not contradicted:
        pairs[left[0]] = others[0]
    return pairs
