"""How names are compared, and how a home's names become the vocabulary of its language."""

import unicodedata
from collections.abc import Iterable, Mapping

from paige.iot.entity import Area, Entity, Floor
from paige.models.vocabulary import Name, Vocabulary


def canonical(name: str) -> str:
    """The form in which spellings of one name are equal: case, width, encoding and spaces do not count.

    Caseless matching with compatibility characters folded (Unicode standard, section 3.13, definition D146).
    """
    if name.isascii():
        return " ".join(name.lower().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", name).casefold())
    return " ".join(folded.split())


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The names in their order, without those that only repeat an earlier one."""
    seen: dict[str, str] = {}
    for name in names:
        seen.setdefault(canonical(name), name)
    return tuple(seen.values())


def vocabulary(
    floors: Iterable[Floor], areas: Iterable[Area], entities: Iterable[Entity], here: str | None = None
) -> Vocabulary:
    """All names of a home as a language engine takes them.

    The context of an entity's name says its `domain`, `device_class`, `area` and `floor`; that of an area's
    name its `floor`. It leaves out the state: a language is rebuilt when names change, not each time a lamp
    is switched.
    """
    areas = tuple(areas)
    floor_of = {area.name: area.floor for area in areas}
    return Vocabulary(
        entities=tuple(
            name
            for entity in entities
            for name in _spellings(entity.names, _context(entity, floor_of.get(entity.area or "")))
        ),
        areas=tuple(
            name
            for area in areas
            for name in _spellings((area.name, *area.aliases), {"floor": area.floor} if area.floor else {})
        ),
        floors=tuple(name for floor in floors for name in _spellings((floor.name, *floor.aliases), {})),
        here=here,
    )


def _context(entity: Entity, floor: str | None) -> dict[str, str]:
    facts = {
        "domain": entity.domain,
        "device_class": entity.device_class,
        "area": entity.area,
        "floor": floor,
    }
    return {key: value for key, value in facts.items() if value is not None}


def _spellings(names: tuple[str, ...], context: Mapping[str, str]) -> tuple[Name, ...]:
    return tuple(Name(spoken, names[0], context) for spoken in names if canonical(spoken))
