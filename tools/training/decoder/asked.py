"""Turns of our own: things named nearly, several at once, several commands, what there is, small talk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

from paige.models.grammar.numbers import spell
from paige.models.intent import SlotValue
from paige.models.lm.assistant.calls import Call
from paige.models.lm.assistant.home import shown
from paige.models.vocabulary import Name, Vocabulary
from paige.tools.training.decoder.turns import Style, Turn, calls, listed, say, told_of
from paige.tools.training.table import table

_NEARLY: Final = 0.35
"""Of requests, so many name a thing by a part of its name, or by its kind and place."""
_MOST_LISTED: Final = 8
_TOGETHER = ((2, 0.75), (3, 1.0))
_SPELLED = 0.5
_DEGREES: Final = (5, 30)


class Asked:
    """Draws requests to a home, with their answers.

    Args:
        language: Such as `en`.
    """

    def __init__(self, language: str) -> None:
        self._words: Mapping[str, Any] = table(f"{language}/assistant.yaml")
        self._language, self._style = language, Style(language)

    def draw(self, home: Vocabulary, random: Random) -> Turn | None:
        """One of them; None where this home has nothing to ask so."""
        makers: Sequence[tuple[float, str, Callable[[Vocabulary, Random], tuple[str, str] | None]]] = (
            (0.52, "nearly", self._deed),
            (0.68, "several things", self._several_things),
            (0.74, "several areas", self._several_areas),
            (0.86, "several commands", self._several_commands),
            (1.0, "what there is", self._what_there_is),
        )
        drawn = random.random()
        kind, make = next((kind, make) for share, kind, make in makers if drawn < share)
        made = make(home, random)
        if made is None:
            return None
        said, answer = made
        return Turn(self._style.written(said, random), answer, kind)

    def _deed(self, home: Vocabulary, random: Random) -> tuple[str, str] | None:
        one = self._one(home, random)
        return None if one is None else (one[0], calls(one[1]))

    def _one(self, home: Vocabulary, random: Random) -> tuple[str, Call] | None:
        things = [thing for thing in home.entities if thing.context["domain"] in self._words["domains"]]
        if not things:
            return None
        thing = random.choice(things)
        group = random.choice(self._words["domains"][thing.context["domain"]])
        deed = random.choice(self._words["deeds"][group])
        said = random.choice(deed["say"]).replace("{x}", self._called(thing, home, random))
        said, values = self._valued(said, deed, random)
        return said, Call(deed["intent"], {**_target(thing, home), **values})

    def _valued(self, said: str, deed: Mapping[str, Any], random: Random) -> tuple[str, dict[str, SlotValue]]:
        """With a number or a colour in it, and the slots that say so."""
        values: dict[str, SlotValue] = dict(deed.get("slots", {}))
        if "{c}" in said:
            values[deed["slot"]] = random.choice(self._words["colors"])
            return said.replace("{c}", str(values[deed["slot"]])), values
        for mark, low, high in (("{n}", 0, 100), ("{d}", *_DEGREES)):
            if mark in said:
                number = random.randint(low, high)
                if random.random() < _SPELLED and mark + "%" not in said:
                    spelled = " ".join(random.choice(spell(self._language, number)))
                else:
                    spelled = str(number)
                values[deed["slot"]] = number
                said = said.replace(mark, spelled)
        return said, values

    def _called(self, thing: Name, home: Vocabulary, random: Random) -> str:
        """What somebody calls a thing: its name, or what in this home is no other's."""
        name = thing.spoken
        article = random.choice(("the ", "the ", "my ", ""))
        if _has_namesake(thing, home):
            return f"{article}{name} in the {thing.context['area']}"
        if random.random() >= _NEARLY:
            return name if random.random() < 0.3 else f"{article}{name}"
        options = list(self._near(thing, home))
        return f"{article}{random.choice(options)}" if options else f"{article}{name}"

    @staticmethod
    def _near(thing: Name, home: Vocabulary) -> Iterator[str]:
        words = thing.spoken.split()
        others = [_words(one.spoken) for one in home.entities if one.value != thing.value]
        area = thing.context.get("area")
        for at in range(len(words) if len(words) > 1 else 0):
            rest = words[:at] + words[at + 1 :]
            if not any(_words(" ".join(rest)) <= other for other in others):
                yield " ".join(rest)
        kind = words[-1]
        alike = any(
            kind.lower() in _words(one.spoken)
            for one in home.entities
            if one.value != thing.value and one.context.get("area") == area
        )
        if area and not alike and kind.isalpha() and len(kind) > 1:
            yield f"{area} {kind}"
            yield f"{kind} in the {area}"
            yield f"{thing.spoken} in the {area}"

    def _several_things(self, home: Vocabulary, random: Random) -> tuple[str, str] | None:
        count = _count(random)
        things = [thing for thing in home.entities if thing.context["domain"] in self._words["together"]]
        random.shuffle(things)
        first = next(iter(things), None)
        if first is None:
            return None
        domain = first.context["domain"]
        some = list({thing.value: thing for thing in things if thing.context["domain"] == domain}.values())[
            :count
        ]
        if len(some) < 2:
            return None
        deed = random.choice(self._words["deeds"][domain])
        said, values = self._valued(random.choice(deed["say"]), deed, random)
        named = listed([self._called(thing, home, random) for thing in some])
        if said.startswith("is ") or "{x} is" in said:
            return None
        return said.replace("{x}", named), calls(
            *(Call(deed["intent"], {**_target(thing, home), **values}) for thing in some)
        )

    def _several_areas(self, home: Vocabulary, random: Random) -> tuple[str, str] | None:
        areas = [area.value for area in home.areas]
        if len(areas) < 2:
            return None
        chosen = random.sample(areas, min(_count(random), len(areas)))
        deed = random.choice(self._words["lights"])
        said = random.choice(deed["say"]).replace("{a}", listed([f"the {area}" for area in chosen]))
        return said, calls(
            *(Call(deed["intent"], {"area": shown(area), "domain": "light"}) for area in chosen)
        )

    def _several_commands(self, home: Vocabulary, random: Random) -> tuple[str, str] | None:
        parts = [self._one(home, random) for _ in range(_count(random))]
        found = [part for part in parts if part is not None]
        if len(found) < 2:
            return None
        said = found[0][0]
        for part, _ in found[1:]:
            said += random.choice(self._words["joined"]) + part
        return said, calls(*(call for _, call in found))

    def _what_there_is(self, home: Vocabulary, random: Random) -> tuple[str, str] | None:
        what = random.choice(("where", "which", "what", "have", "which", "have", "areas"))
        said = random.choice(self._words["asked"][what])
        areas = [area.value for area in home.areas]
        if what == "areas":
            names = [shown(area) for area in areas]
            return (said, say(f"{listed(names)}.")) if 0 < len(names) <= _MOST_LISTED else None
        if what == "where":
            return self._where(said, home, random)
        if not areas:
            return None
        area = random.choice(areas)
        inside = [thing for thing in home.entities if thing.context.get("area") == area]
        said = said.replace("{a}", f"the {area}")
        if what == "what":
            names = list(dict.fromkeys(shown(thing.value) for thing in inside))[:_MOST_LISTED]
            return said, say(f"{listed(names)}." if names else "Nothing.")
        kind = random.choice([*(t.context["domain"] for t in inside), *self._words["kinds"]])
        if kind not in self._words["kinds"]:
            return None
        one, many = self._words["kinds"][kind]
        names = list(dict.fromkeys(shown(t.value) for t in inside if t.context["domain"] == kind))[
            :_MOST_LISTED
        ]
        said = said.replace("{k}", many if what == "which" else one)
        if what == "which":
            return said, say(f"{listed(names)}." if names else "None.")
        return said, say(f"Yes, {listed(names)}." if names else "No.")

    def _where(self, said: str, home: Vocabulary, random: Random) -> tuple[str, str] | None:
        things = [thing for thing in home.entities if "area" in thing.context]
        if not things:
            return None
        thing = random.choice(things)
        area = next((one for one in home.areas if one.value == thing.context["area"]), None)
        if area is None or thing.context["domain"] == "person" or _has_namesake(thing, home):
            return None
        return said.replace("{x}", self._called(thing, home, random)), say(f"In {shown(area.value)}.")


def _has_namesake(thing: Name, home: Vocabulary) -> bool:
    return any(one.value == thing.value and one.context != thing.context for one in home.entities)


def _target(thing: Name, home: Vocabulary) -> dict[str, SlotValue]:
    """What a call says of a thing; where it has a namesake, so does the area, which what is said names."""
    told = told_of(thing.value, thing.context.get("area"), home)
    assert told is not None  # namesakes are in areas
    return told


def _count(random: Random) -> int:
    drawn = random.random()
    return next(count for count, share in _TOGETHER if drawn < share)


def _words(name: str) -> set[str]:
    return set(name.lower().split())
