"""Homes that nobody lives in, with names in many styles, for sentences to learn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from paige.models.vocabulary import Name, Vocabulary
from paige.tools.training.table import table

_AREAS = (3, 14)
_ENTITIES_A_DOMAIN = (1, 7)
_SYLLABLES = (
    "ba",
    "ko",
    "li",
    "mu",
    "ne",
    "ri",
    "sa",
    "to",
    "vi",
    "zu",
    "mar",
    "len",
    "dor",
    "kip",
    "shan",
    "tel",
)


@dataclass(frozen=True, slots=True)
class Stock:
    """What names are made of; `homes.yaml` in the folder of a language."""

    words: Mapping[str, Any]

    @classmethod
    def of(cls, language: str) -> "Stock":
        """The stock of a language."""
        return cls(table(f"{language}/homes.yaml"))

    @property
    def wildcards(self) -> Mapping[str, Sequence[str]]:
        """What may be said for a list that takes any words."""
        wildcards: Mapping[str, Sequence[str]] = self.words["wildcards"]
        return wildcards

    @property
    def unnamed_places(self) -> frozenset[str]:
        """What a place may be called by anybody, whatever its name."""
        return frozenset(self.words["unnamed_places"])

    @property
    def before_places(self) -> frozenset[str]:
        """What stands before such a word where it is a place of this home."""
        return frozenset(self.words["before_places"])


def home(stock: Stock, random: Random) -> Vocabulary:
    """A random home."""
    floors = random.sample(stock.words["floors"], random.randint(0, 3))
    rooms = [_style(_area(stock, random), random) for _ in range(random.randint(*_AREAS))]
    areas = [
        (room, random.choice(floors) if floors else None)
        for room in {room.casefold(): room for room in rooms}.values()
    ]
    entities: list[Name] = []
    for domain, things in stock.words["things"].items():
        for _ in range(random.randint(*_ENTITIES_A_DOMAIN)):
            area, floor = random.choice(areas)
            context = {"domain": domain, "area": area} | ({"floor": floor} if floor else {})
            classes = stock.words["device_classes"].get(domain)
            if classes:
                context["device_class"] = random.choice(classes)
            person = random.choice(stock.words["people"])
            written = _style(person if domain == "person" else _thing(things, area, stock, random), random)
            entities.append(Name(written, written, context))
    return Vocabulary(
        _different(entities),
        tuple(Name(name, name, {"floor": floor} if floor else {}) for name, floor in areas),
        tuple(Name(floor, floor) for floor in floors),
    )


def _area(stock: Stock, random: Random) -> str:
    area: str = random.choice(stock.words["areas"])
    draw = random.random()
    if draw < 0.12:
        owned = random.choice(("Room", "Bedroom", "Office", area))
        return f"{random.choice(stock.words['people'])}'s {owned}"
    if draw < 0.2:
        return random.choice(stock.words["invented"])
    if draw < 0.24:
        return _invented(random)
    return area


def _thing(things: Sequence[str], area: str, stock: Stock, random: Random) -> str:
    thing = random.choice(things)
    draw = random.random()
    # "The kitchen light" is heard as a place and a kind of thing, and not as a name, so few are called so.
    if draw < (0.2 if thing not in stock.words["kinds"] else 0.02):
        return f"{area} {thing}"
    if draw < 0.45:
        return f"{random.choice(stock.words['places'])} {thing}"
    if draw < 0.53:
        return f"{random.choice(stock.words['people'])}'s {thing}"
    if draw < 0.6:
        return f"{random.choice(stock.words['brands'])} {thing}"
    if draw < 0.66:
        return f"{random.choice(stock.words['invented'])} {thing}"
    if draw < 0.72:
        return random.choice((*stock.words["invented"], _invented(random)))
    if draw < 0.78:
        return f"{thing} {random.choice((random.randint(1, 9), *stock.words['ordinals']))}"
    if draw < 0.83:
        return f"{area} {random.choice(stock.words['places'])} {thing}"
    return thing


def _invented(random: Random) -> str:
    """A name that nobody has heard."""
    return "".join(random.choice(_SYLLABLES) for _ in range(random.randint(2, 3))).capitalize()


def _style(name: str, random: Random) -> str:
    return random.choice((name, name, name.lower(), name.capitalize()))


def _different(names: Sequence[Name]) -> tuple[Name, ...]:
    return tuple({name.spoken.casefold(): name for name in names}.values())
