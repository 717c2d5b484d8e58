"""Turns of labelled requests from data sets, in a home that has what they name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from paige.models.intent import SlotValue
from paige.models.lm.assistant.calls import Call
from paige.models.lm.assistant.home import shown
from paige.models.nlu.slots import AMOUNT, LEVEL, STEP, UP, WHEN
from paige.models.nlu.tags import spans
from paige.models.vocabulary import Name, Vocabulary
from paige.tools.training.decoder.homes import with_area, with_thing
from paige.tools.training.decoder.turns import calls, no_places, nowhere, say, without_article
from paige.tools.training.examples import Example
from paige.tools.training.homes import Stock
from paige.tools.training.numbers import Numbers
from paige.tools.training.table import table

NOT_LATER: Final = say("I can only do things at once.")
ONLY_THIS_HOUSE: Final = say("I can only help with this house.")
_COFFEE: Final = ("Coffee Machine", "Coffee Maker", "Espresso Machine", "Coffee Pot")
_COFFEE_CLASS: Final = "coffee_machine"
_LACKING = 0.1
"""Of requests that name a thing, so many are said to a home that lacks it."""
_DOMAINS: Final = {"blinds": "cover", "garage_door": "cover"}
_NOT_DEVICES: Final = frozenset({"timer", "todo"})


@dataclass(frozen=True, slots=True)
class Placed:
    """A labelled request in a home of its own."""

    home: Vocabulary
    said: str
    answer: str
    changed: bool
    """Whether the home was given what the request names."""


class Placing:
    """Puts what requests name into homes.

    Args:
        language: Such as `en`.
    """

    def __init__(self, language: str) -> None:
        self._stock, self._numbers = Stock.of(language), Numbers(language)
        wording: Mapping[str, Any] = table(f"{language}/assistant.yaml")
        self._colors = frozenset(wording["colors"])
        self._no_place = no_places(language)
        kinds = (
            (kind.lower(), domain) for domain, its in self._stock.words["things"].items() for kind in its
        )
        self._kinds = sorted(kinds, key=lambda pair: -len(pair[0]))

    def placed(self, example: Example, home: Vocabulary, random: Random) -> Placed | None:
        """A request in a home; None where what it asks for cannot be said by one call."""
        said = " ".join(example.words).replace(" ' ", "'")
        if example.other:
            return Placed(home, said, ONLY_THIS_HOUSE, changed=False)
        slots = {slot: example.words[begin:end] for slot, begin, end in spans(example.tags or ())}
        if WHEN in slots:
            return Placed(home, said, NOT_LATER, changed=False)
        arguments = self._values(example, slots)
        if arguments is None:
            return None
        before = home
        named = self._named(example, slots)
        if named is not None:
            if random.random() < _LACKING and not self._has_like(home, named):
                return Placed(home, said, nowhere(named.lower()), changed=False)
            home, arguments = self._with_named(example, named, slots, home, arguments, random)
        elif (place := self._place(slots)) is not None:
            home, area = with_area(home, place)
            arguments["area"] = shown(area)
        if arguments.keys() <= {"area"} and example.intent.startswith(
            ("HassTurn", "HassToggle", "HassLight")
        ):
            return None  # what is meant is not said
        return Placed(home, said, calls(Call(example.intent, arguments)), changed=home is not before)

    def _values(self, example: Example, slots: Mapping[str, Sequence[str]]) -> dict[str, SlotValue] | None:
        """The slots of a call but for things and places."""
        found: dict[str, SlotValue] = {
            trait: value for trait, value in example.traits.items() if trait != "device_class"
        }
        step = STEP.get(example.intent)
        if AMOUNT in slots:
            number = self._numbers.value(slots[AMOUNT])
            if number is None:
                return None
            if step in found:
                found[step] = _whole(number if found[step] == UP else -number)
            elif example.intent in LEVEL:
                found[LEVEL[example.intent]] = _whole(number)
            else:
                return None
        if "temperature" in slots:
            number = self._numbers.value(slots["temperature"])
            if number is None:
                return None
            found["temperature"] = _whole(number)
        if "color" in slots:
            color = " ".join(slots["color"])
            if color not in self._colors or example.intent != "HassLightSet":
                return None
            found["color"] = color
        if example.intent == "HassLightSet" and not found.keys() - {"domain"}:
            return None
        return found

    def _named(self, example: Example, slots: Mapping[str, Sequence[str]]) -> str | None:
        if "name" in slots:
            return " ".join(without_article(" ".join(slots["name"])).split()).title()
        return _COFFEE[0] if example.traits.get("device_class") == _COFFEE_CLASS else None

    def _with_named(
        self,
        example: Example,
        named: str,
        slots: Mapping[str, Sequence[str]],
        home: Vocabulary,
        arguments: dict[str, SlotValue],
        random: Random,
    ) -> tuple[Vocabulary, dict[str, SlotValue]]:
        place = self._place(slots)
        area: str | None = None
        if place is not None:
            home, area = with_area(home, place)
        elif home.areas:
            area = random.choice(home.areas).value
        floor = next((one.context.get("floor") for one in home.areas if one.value == area), None)
        context = {"domain": self._domain(example, named)}
        context |= {"area": area} if area else {}
        context |= {"floor": floor} if floor else {}
        home = with_thing(home, Name(named, named, context))
        values = {slot: value for slot, value in arguments.items() if slot != "domain"}
        return home, {"name": shown(named), **values}

    def _place(self, slots: Mapping[str, Sequence[str]]) -> str | None:
        said = without_article(" ".join(slots.get("area", ())))
        return None if not said or said in self._no_place else said.title()

    def _domain(self, example: Example, named: str) -> str:
        if example.source == "home_llm":
            kind = example.label.partition(".")[0]
            return _DOMAINS.get(kind, kind)
        if example.intent == "HassLightSet":
            return "light"
        return next((domain for kind, domain in self._kinds if named.lower().endswith(kind)), "switch")

    @staticmethod
    def _has_like(home: Vocabulary, named: str) -> bool:
        words = set(named.lower().split())
        return any(words.intersection(name.spoken.lower().split()) for name in home.entities)


def is_device(label: str) -> bool:
    """Whether a home-llm label is of a thing that homes have."""
    return label.partition(".")[0] not in _NOT_DEVICES


def _whole(number: float) -> SlotValue:
    return int(number) if number == int(number) else number


def only_for_homes(examples: Iterable[Example]) -> list[Example]:
    """Those that ask a home for something."""
    return [example for example in examples if not example.other]
