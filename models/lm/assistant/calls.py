"""What a language model answers: calls, or words. One JSON object without spaces, whose keys have an order.

{"calls":[{"name":"HassLightSet","arguments":{"name":"Ceiling Light","brightness":40}}]}
{"say":"I can only help with this house."}
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from paige.models.intent import SlotValue

TARGETS: Final = ("name", "area", "floor", "domain", "device_class")
"""Slots that say what a call is about: they come first, in this order; then all others, by the alphabet."""
MOST_CALLS: Final = 6
"""Of one answer; nobody asks for more in one sentence, and a model that loops does."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a model wants to have done, in Home Assistant's intents and slots."""

    name: str
    """Of the intent."""
    arguments: Mapping[str, SlotValue]
    """Its slots; things and places by what a description of the home shows."""


@dataclass(frozen=True, slots=True)
class Calls:
    """An answer that does something."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """An answer that does nothing."""

    text: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """What a model wrote is no answer, or was cut off."""

    text: str
    why: str


Answer = Calls | Words


def slot_order(slot: str) -> tuple[int, str]:
    """Sorts the slots of a call."""
    return (TARGETS.index(slot) if slot in TARGETS else len(TARGETS), slot)


def written(answer: Answer) -> str:
    """An answer as a model is to write it."""
    if isinstance(answer, Words):
        return _json({"say": answer.text})
    return _json(
        {
            "calls": [
                {
                    "name": call.name,
                    "arguments": {
                        slot: call.arguments[slot] for slot in sorted(call.arguments, key=slot_order)
                    },
                }
                for call in answer.calls
            ]
        }
    )


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def read(text: str) -> Answer | Malformed:
    """What a model wrote, as an answer; spaces and the order of keys do not matter here."""
    try:
        data = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        return Malformed(text, f"it is no JSON: {error}")
    if isinstance(data, dict) and data.keys() == {"say"} and isinstance(data["say"], str):
        return Words(data["say"])
    if not (isinstance(data, dict) and data.keys() == {"calls"} and isinstance(data["calls"], list)):
        return Malformed(text, "it is neither `calls` nor `say`")
    if not 0 < len(data["calls"]) <= MOST_CALLS:
        return Malformed(text, f"it has {len(data['calls'])} calls; 1 to {MOST_CALLS} were expected")
    calls = tuple(map(_call, data["calls"]))
    known = tuple(call for call in calls if call is not None)
    return Calls(known) if len(known) == len(calls) else Malformed(text, "a call has a name and arguments")


def _call(data: Any) -> Call | None:  # noqa: ANN401  # whatever JSON can be
    if not (isinstance(data, dict) and data.keys() == {"name", "arguments"}):
        return None
    name, arguments = data["name"], data["arguments"]
    if not (isinstance(name, str) and isinstance(arguments, dict)):
        return None
    return Call(name, arguments) if all(map(_is_value, arguments.values())) else None


def _is_value(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | int) and not isinstance(value, bool)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")
