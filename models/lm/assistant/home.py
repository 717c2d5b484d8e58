"""A home in words, as a language model reads it: what things and places are called, and what they are.

    Ground Floor|Downstairs
    Kitchen: Ceiling Light (light), Kettle (switch), Back Door (lock)
    Hall: Lamp|Reading Light (light)

Only what changes seldom is told, so that what a model made of it can be kept. Names come from devices and
people, and one could be written to read as orders or as a model's own marks. So they are *shown* without any
character that means something here, in JSON, or in chat templates.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Final

from paige.models.vocabulary import Name, Vocabulary

LONGEST: Final = 80
"""Characters of a name that is shown; nobody says a longer one."""
_MEANING: Final = frozenset('\\"`|:,()<>[]{}')
"""Characters that mean something in a description, in JSON, or in the marks of chat templates."""
_MARKS: Final = frozenset("|<>[]{}")
"""Of these, what stands in marks of chat templates."""
_CONTROL: Final = ("C", "Zl", "Zp")
"""Categories of characters that are no text of one line."""


def shown(name: str) -> str:
    """A name as a model reads and writes it; empty where there is nothing to show."""
    found = _without(_MEANING, name)
    return found if len(found) <= LONGEST else ""


def plain(request: str) -> str:
    """What somebody said, without what could read as the marks of a chat template."""
    return _without(_MARKS, request)


def _without(characters: frozenset[str], text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    kept = (" " if one in characters or _is_control(one) else one for one in text)
    return " ".join("".join(kept).split())


def _is_control(one: str) -> bool:
    return unicodedata.category(one).startswith(_CONTROL)


def described(vocabulary: Vocabulary) -> str:
    """A home in words: a line for each area, below that of its floor; last, what is in no area."""
    return HomeWords(vocabulary).text


@dataclass(frozen=True, slots=True)
class Called:
    """What a thing or a place is called, as it is shown."""

    main: str
    """This is what an answer says."""
    others: tuple[str, ...]
    value: str
    """The main name, as the home writes it."""
    context: Mapping[str, str]

    @property
    def text(self) -> str:
        """All names."""
        return "|".join((self.main, *self.others))


class HomeWords:
    """A home in words, and what its words stand for.

    Args:
        vocabulary: All names of the home; those that cannot be shown are left out.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.entities = tuple(_called(vocabulary.entities))
        self.areas = tuple(_called(vocabulary.areas))
        self.floors = tuple(_called(vocabulary.floors))

    @cached_property
    def text(self) -> str:
        """All of it."""
        things: dict[str, list[str]] = {}
        for one in self.entities:
            kind = shown(one.context.get("domain", "")) or "thing"
            things.setdefault(one.context.get("area", ""), []).append(f"{one.text} ({kind})")
        places: dict[str, list[str]] = {}
        for area in self.areas:
            line = f"{area.text}: {', '.join(things.pop(area.value, []))}".rstrip()
            places.setdefault(area.context.get("floor", ""), []).append(line)
        below = [(floor.text, *places.pop(floor.value, [])) for floor in self.floors]
        lines = [line for some in (*places.values(), *below) for line in some]
        rest = ", ".join(thing for some in things.values() for thing in some)
        return "\n".join([*lines, rest] if rest else lines)

    @cached_property
    def meanings(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """By slot (`name`, `area`, `floor`) and what is shown, the main names that it may stand for.

        They are several where names differ only in what is not shown.
        """
        kinds = {"name": self.entities, "area": self.areas, "floor": self.floors}
        return {slot: _meanings(called) for slot, called in kinds.items()}


def _called(names: Iterable[Name]) -> Iterator[Called]:
    """Things and places, each with all its names; in a vocabulary they follow one another."""
    for _, spellings in groupby(names, lambda name: (name.value, sorted(name.context.items()))):
        some = list(spellings)
        texts = dict.fromkeys(filter(None, (shown(name.spoken) for name in some)))
        if texts:
            main, *others = texts
            yield Called(main, tuple(others), some[0].value, some[0].context)


def _meanings(called: Iterable[Called]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for one in called:
        found.setdefault(one.main, {})[one.value] = None
    return {main: tuple(values) for main, values in found.items()}
