"""What is asked of a home, and what is answered: one turn of a conversation."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from paige.models.intent import Intent, SlotValue
from paige.models.lm.assistant.calls import TARGETS, Call, Calls, Words, written
from paige.models.lm.assistant.home import shown
from paige.models.vocabulary import Vocabulary
from paige.tools.training.table import table

_ARTICLE: Final = re.compile(r"^(the|a|an|my|our|your|this|that|some|his|her|their) ", re.IGNORECASE)
_AROUND = 0.25
_DROPPED_ARTICLE = 0.1
_AS_TYPED = 0.3
"""Of requests, so many are written as one types them; the others as a recognizer writes them down."""
_NAMES: Final = ("name", "area", "floor")
_UNSAID: Final = ("preferred_area_id",)
_RENAMED: Final = {"shopping_list_item": "item"}
"""Slots of paraphrases, which are named by their lists."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A request, and the right answer to it."""

    request: str
    answer: str
    kind: str
    """Where it comes from, or what it shows."""


class Style:
    """How requests are written: with words around them, in lower case, or as one types."""

    def __init__(self, language: str) -> None:
        noise: Mapping[str, Any] = table(f"{language}/noise.yaml")
        self._before, self._after = noise["before"], noise["after"]
        self._articles = frozenset(noise["articles"])

    def written(self, said: str, random: Random, *, around: bool = True) -> str:
        """A request as it may come."""
        words = said.split()
        if random.random() < _DROPPED_ARTICLE:
            words = [word for word in words if word not in self._articles] or words
        text = " ".join(words)
        if around and random.random() < _AROUND:
            if random.random() < 0.6:
                text = f"{random.choice(self._before)} {text}"
            else:
                text = f"{text} {random.choice(self._after)}"
        if random.random() >= _AS_TYPED:
            return text.lower().rstrip(".?!")
        text = text[:1].upper() + text[1:]
        if text[-1:] in ".?!" or random.random() < 0.3:
            return text
        asks = re.match(
            r"(what|which|how|is|are|do|does|did|has|have|where|who|can|could|will|would)\b", text.lower()
        )
        return text + ("?" if asks else ".")


def calls(*wanted: Call) -> str:
    """An answer that does something."""
    return written(Calls(wanted))


def say(text: str) -> str:
    """An answer that does nothing."""
    return written(Words(text))


def no_places(language: str) -> frozenset[str]:
    """What is said for the whole home, or for where the speaker stands, and is no area."""
    return frozenset(table(f"{language}/assistant.yaml")["no_place"])


def without_article(said: str) -> str:
    """`kettle` of `the kettle`."""
    return _ARTICLE.sub("", said.strip())


def nowhere(said: str) -> str:
    """The answer where this home lacks what is asked for."""
    return say(f"This home has no {shown(without_article(said).lower())}.")


def call_of(intent: Intent, vocabulary: Vocabulary, no_place: Set[str]) -> Call | None:
    """What is called for what the grammar understood; None where this cannot be said by one call.

    Args:
        intent: What it understood.
        vocabulary: The home.
        no_place: Words for the whole home, or for where the speaker stands, which are no area.
    """
    if intent.choices or intent.guessed or intent.excluded:
        return None
    known = {
        "name": {name.value for name in vocabulary.entities},
        "area": {name.value for name in vocabulary.areas},
        "floor": {name.value for name in vocabulary.floors},
    }
    arguments: dict[str, SlotValue] = {}
    for slot, value in intent.slots.items():
        if slot in intent.free:
            arguments[slot] = str(value).lower()
        elif slot in _NAMES:
            if value in known[slot]:
                arguments[slot] = shown(str(value))
            elif slot == "name" or str(value).lower() not in no_place:
                return None
        elif slot not in _UNSAID:
            arguments[slot] = value
    for slot in arguments.keys() & _RENAMED.keys():
        arguments[_RENAMED[slot]] = arguments.pop(slot)
    if "device_class" in arguments and "domain" not in arguments:
        return None  # a thing that is asked for by what it is good for, which its name would have to tell
    if "name" in arguments and "name" not in intent.free:
        told = told_of(str(intent.slots["name"]), arguments.get("area"), vocabulary)
        if told is None:
            return None
        arguments = {**told, **{slot: value for slot, value in arguments.items() if slot not in TARGETS}}
    elif "area" in arguments:
        arguments.pop("floor", None)
    return Call(intent.name, arguments)


def told_of(name: str, area: SlotValue | None, vocabulary: Vocabulary) -> dict[str, SlotValue] | None:
    """What a call says of the thing that it is about: its name, and where several share that, its area.

    None where that is not known.
    """
    places = {one.context.get("area") for one in vocabulary.entities if one.value == name}
    if len(places) < 2:
        return {"name": shown(name)}
    return None if area is None or area not in places else {"name": shown(name), "area": area}


def listed(names: Sequence[str]) -> str:
    """`A, B and C`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
