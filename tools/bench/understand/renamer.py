"""The same home and the same sentences under other names, to see what a parser knows of names by heart.

Every area and every entity gets a name that nobody has heard, of as many words: half of the homes' names are
real words, half are invented. A name within another changes with it ("Kitchen" in "Kitchen Switch"), numbers
stay. Floors keep theirs. In a sentence a name changes where the case says that it is one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from itertools import product
from random import Random
from typing import Any, Final

import yaml

from paige.iot.home_file import HomeDescription
from paige.models.grammar.tokens import tokenize, words_of
from paige.tools.bench.understand.cases import Case

STYLES: Final = ("real", "invented")
_PLACES: Final = ("name", "area")


@dataclass(frozen=True, slots=True)
class Renamed:
    """A home under other names, and what each of its old names became."""

    home: HomeDescription
    names: Mapping[str, Mapping[tuple[str, ...], str]]
    """For `name` and `area`: the words of an old name, and the new one."""
    main: Mapping[str, Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]]
    """For `name` and `area`: the words of a main name, and those of all names of the same thing."""


def renamed(home: HomeDescription, style: str, seed: int) -> Renamed:
    """A home under names of one of `STYLES`.

    Raises:
        ValueError: It has more words in its names than there are.
    """
    said = [*(name for area in home.areas for name in (area.name, *area.aliases)),
            *(name for entity in home.entities for name in entity.names)]  # fmt: skip
    old = dict.fromkeys(word for name in said for word in words_of(name) if word.isalpha())
    new = _words(style, Random(seed), old)  # noqa: S311  # names, not secrets
    to = dict(zip(old, new, strict=False))
    if len(to) < len(old):
        raise ValueError(f"a home with {len(old)} words in its names cannot be renamed to {len(to)}")

    def other(name: str) -> str:
        return " ".join(to.get(word, word) for word in words_of(name))

    areas = tuple(
        replace(area, name=other(area.name), aliases=tuple(map(other, area.aliases))) for area in home.areas
    )
    entities = tuple(
        replace(
            entity,
            name=other(entity.name),
            aliases=tuple(map(other, entity.aliases)),
            area=None if entity.area is None else other(entity.area),
        )
        for entity in home.entities
    )
    here = None if home.here is None else other(home.here)
    things = {
        "name": [entity.names for entity in home.entities],
        "area": [(area.name, *area.aliases) for area in home.areas],
    }
    return Renamed(
        replace(home, areas=areas, entities=entities, here=here),
        {
            kind: {words_of(name): other(name) for names in its for name in names}
            for kind, its in things.items()
        },
        {
            kind: {words_of(names[0]): tuple(map(words_of, names)) for names in its}
            for kind, its in things.items()
        },
    )


def renamed_case(case: Case, to: Renamed) -> Case:
    """A case in other words: its slots, and in its sentence the names that its slots say."""
    slots: dict[str, Any] = dict(case.slots)
    changes: dict[tuple[str, ...], str] = {}
    for slot in _PLACES:
        if slot not in slots:
            continue
        values = slots[slot] if isinstance(slots[slot], list) else [slots[slot]]
        new = [to.names[slot].get(words_of(str(value)), value) for value in values]
        slots[slot] = new if isinstance(slots[slot], list) else new[0]
        for value in values:
            for said in to.main[slot].get(words_of(str(value)), ()):
                changes[said] = to.names[slot][said]
    return replace(case, text=_replaced(case.text, changes), slots=slots)


def _replaced(text: str, changes: Mapping[tuple[str, ...], str]) -> str:
    """A text in which the longest of these, wherever it stands, is said otherwise."""
    tokens = tokenize(text)
    longest_first = sorted(changes, key=len, reverse=True)
    written, at, behind = "", 0, 0
    while at < len(tokens.words):
        for words in longest_first:
            if tokens.words[at : at + len(words)] == words:
                written += tokens.text[behind : tokens.spans[at][0]] + changes[words]
                at += len(words)
                behind = tokens.spans[at - 1][1]
                break
        else:
            at += 1
    return written + tokens.text[behind:]


def _words(style: str, random: Random, taken: Iterable[str]) -> Sequence[str]:
    file = resources.files("paige.tools.bench.understand") / "renamed.yaml"
    stock: Mapping[str, Sequence[str]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    if style == "real":
        words = list(stock["real"])
    else:
        words = ["".join(pair).capitalize() for pair in product(stock["syllables"], repeat=2)]
    random.shuffle(words)
    known = frozenset(taken)
    return [word for word in words if word.casefold() not in known]
