"""Homes for a language model to read: mostly small, so that much of what it reads is requests.

One of eight words that names are made of stands in no home that is learned from. The homes that the model is
measured with have those words only, so that it must read what things are called there.
"""

import gzip
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any, Final

from paige.models.language_folder import language_folder
from paige.models.vocabulary import Name, Vocabulary
from paige.tools.training.homes import Stock, home
from paige.tools.training.table import table

_HELD_OUT: Final = 8
_APART: Final = ("areas", "people", "places", "invented", "brands")
"""What of a stock is held out in part; what kinds of things are called is language, and not names."""
_SMALL, _LARGE = (3, 16), (17, 45)
_EMPTY_AREAS = 0.15
_NO_AREA = 0.06
_ALIAS = 0.12
_FLOORS = 0.5
"""Of homes that have floors, so many tell them."""
_DEVICES = 0.3
"""Of homes, so many have devices of the data set's names, too."""
_STRANGE = 0.5
"""Of homes, in so many most names have words that nobody calls things by: they must be read."""
_STRANGE_NAMES = 0.7
_SYLLABLES: Final = (1, 2, 2, 3)
_NAMESAKES = 0.1
"""Of homes, so many have two things of one name in two areas."""
_COMMON: Final = {
    "light": 5.0,
    "switch": 2.5,
    "cover": 2.0,
    "media_player": 2.0,
    "climate": 1.5,
    "lock": 1.5,
    "fan": 1.5,
    "button": 0.3,
    "valve": 0.5,
    "scene": 0.7,
    "script": 0.7,
    "person": 0.5,
}
"""How much likelier a home has a thing of a domain than one of the others."""


@dataclass(frozen=True, slots=True)
class Device:
    """A thing's name from a data set."""

    domain: str
    name: str


@cache
def common_words() -> tuple[str, ...]:
    """Words of the language, of three letters or more."""
    text = gzip.decompress((language_folder("en") / "words.txt.gz").read_bytes()).decode()
    words = (line.split("\t")[0] for line in text.splitlines())
    return tuple(word for word in words if word.isalpha() and len(word) > 2)


def is_held_out(word: str) -> bool:
    """Whether homes that are learned from must not have it."""
    return zlib.crc32(word.casefold().encode()) % _HELD_OUT == 0


def part_of(stock: Stock, *, held_out: bool) -> Stock:
    """The words that are learned from, or those that are measured with."""
    words: dict[str, Any] = dict(stock.words)
    for key in _APART:
        words[key] = [word for word in words[key] if is_held_out(word) == held_out]
    return Stock(words)


class Homes:
    """Draws homes.

    Args:
        stock: What names are made of.
        devices: More names.
        held_out: Whether words that are made for them are those that are not learned.
        strange: Share of homes whose names have words that nobody calls things by.
    """

    def __init__(
        self,
        stock: Stock,
        devices: Sequence[Device] = (),
        *,
        held_out: bool = False,
        strange: float = _STRANGE,
    ) -> None:
        self.stock = stock
        self._devices, self._held_out, self._strangeness = devices, held_out, strange
        self._syllable: Sequence[Sequence[str]] = table("en/assistant.yaml")["syllable"]
        self._words = [word for word in common_words() if is_held_out(word) == held_out]

    def draw(self, random: Random, *, large: bool = False) -> Vocabulary:
        """A home of 3 to 16 things, or of more."""
        whole = home(self.stock, random)
        count = min(random.randint(*(_LARGE if large else _SMALL)), len(whole.entities))
        things = sorted(whole.entities, key=lambda thing: _rank(thing, random))[:count]
        if self._devices and random.random() < _DEVICES:
            for at in range(0, len(things), 2):
                things[at] = self._device(things[at], random)
        if random.random() < _FLOORS:
            things = [_without(thing, "floor") for thing in things]
            whole = replace(whole, floors=(), areas=tuple(_without(area, "floor") for area in whole.areas))
        things = [_without(thing, "area") if random.random() < _NO_AREA else thing for thing in things]
        if random.random() < self._strangeness:
            whole, things = self._estranged(whole, things, random)
        things = list(different(things))
        if random.random() < _NAMESAKES:
            things = list(_with_namesake(things, random))
        inhabited = {thing.context.get("area") for thing in things}
        areas = [area for area in whole.areas if area.value in inhabited or random.random() < _EMPTY_AREAS]
        floors = {area.context.get("floor") for area in areas}
        return Vocabulary(
            tuple(self._with_aliases(things, random)),
            tuple(areas),
            tuple(floor for floor in whole.floors if floor.value in floors),
        )

    def _estranged(
        self, whole: Vocabulary, things: Sequence[Name], random: Random
    ) -> tuple[Vocabulary, list[Name]]:
        """A home whose names have other words in them."""
        areas: dict[str, str] = {}
        taken = {area.value.casefold() for area in whole.areas}
        for area in whole.areas:
            new = self._strange(area.value, random)
            if new.casefold() not in taken:
                areas[area.value] = new
                taken.add(new.casefold())
        renamed = []
        for thing in things:
            new, context = self._strange(thing.value, random), dict(thing.context)
            if "area" in context:
                context["area"] = areas.get(context["area"], context["area"])
            renamed.append(Name(new, new, context))
        places = (
            replace(area, spoken=new, value=new)
            for area in whole.areas
            if (new := areas.get(area.value, area.value))
        )
        return replace(whole, areas=tuple(places)), renamed

    def _strange(self, name: str, random: Random) -> str:
        """A name with other words in it, at most but for what kind of thing it is."""
        if random.random() >= _STRANGE_NAMES:
            return name
        words = [self._word(random) for _ in range(random.choice((1, 1, 2)))]
        style = random.choice((str.title, str.title, str.lower, str.capitalize))
        kind = name.split()[-1:] if random.random() < 0.6 else []
        return style(" ".join([*words, *kind]))

    def _word(self, random: Random) -> str:
        """A word of the language, or one that nobody has heard."""
        if random.random() < 0.5:
            return random.choice(self._words)
        while True:
            count = random.choice(_SYLLABLES)
            word = "".join(random.choice(part) for _ in range(count) for part in self._syllable)
            if is_held_out(word) == self._held_out:
                return word

    def _device(self, thing: Name, random: Random) -> Name:
        """One of the data set's in the place of another thing."""
        device = random.choice(self._devices)
        return Name(
            device.name, device.name, {**_without(thing, "device_class").context, "domain": device.domain}
        )

    def _with_aliases(self, things: Sequence[Name], random: Random) -> Iterable[Name]:
        taken = {thing.spoken.casefold() for thing in things}
        for thing in things:
            yield thing
            if random.random() < _ALIAS:
                alias = self._alias(thing, random)
                if alias.casefold() not in taken:
                    taken.add(alias.casefold())
                    yield replace(thing, spoken=alias)

    def _alias(self, thing: Name, random: Random) -> str:
        kinds = self.stock.words["things"].get(thing.context["domain"]) or self.stock.words["people"]
        draw = random.random()
        if draw < 0.3:
            return str(random.choice(self.stock.words["invented"]))
        return f"{random.choice(self.stock.words['places'])} {random.choice(kinds)}"


def _with_namesake(things: Sequence[Name], random: Random) -> Iterable[Name]:
    """One thing is called as another of its kind elsewhere."""
    one = random.choice(things)
    others = [
        thing
        for thing in things
        if thing.context["domain"] == one.context["domain"]
        and {"area"} <= thing.context.keys() & one.context.keys()
        and thing.context["area"] != one.context["area"]
    ]
    namesake = random.choice(others) if others else None
    for thing in things:
        yield replace(thing, spoken=one.value, value=one.value) if thing is namesake else thing


def _rank(thing: Name, random: Random) -> float:
    """Orders by chance, common things rather first (Efraimidis and Spirakis, 2006)."""
    return -(random.random() ** (1 / _COMMON.get(thing.context["domain"], 1.0)))


def different(names: Iterable[Name]) -> tuple[Name, ...]:
    """Things whose names differ by more than their case."""
    return tuple({name.spoken.casefold(): name for name in names}.values())


def with_thing(vocabulary: Vocabulary, thing: Name) -> Vocabulary:
    """The home with one thing more; another of its name is no longer there."""
    others = [name for name in vocabulary.entities if thing.value.casefold() not in _names_of(name)]
    return replace(vocabulary, entities=(*others, thing))


def with_area(vocabulary: Vocabulary, area: str) -> tuple[Vocabulary, str]:
    """The home with an area, and how that is written there."""
    for known in vocabulary.areas:
        if known.spoken.casefold() == area.casefold():
            return vocabulary, known.value
    floor = {"floor": vocabulary.floors[0].value} if vocabulary.floors else {}
    return replace(vocabulary, areas=(*vocabulary.areas, Name(area, area, floor))), area


def _names_of(name: Name) -> set[str]:
    return {name.spoken.casefold(), name.value.casefold()}


def _without(name: Name, key: str) -> Name:
    dropped = (key, "floor") if key == "area" else (key,)
    return replace(name, context={own: value for own, value in name.context.items() if own not in dropped})
