"""Whether a sentence that connectives cut is one command all the same.

"Set it to twenty one and a half" is one, and so is "it's dark and I can't see". "Turn off the lights and the
heater" is two, and to do only one of them would be half of what was asked.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from paige.models.intent import Intent, NotRecognized, Why
from paige.models.nlu.connectives import Part
from paige.models.nlu.frame import Frame
from paige.models.nlu.tags import Span

_MEANT: Final = frozenset({Why.NOT_NOW, Why.INCOMPLETE, Why.SEVERAL, Why.UNFIT})
"""A part that is refused for one of these is a command, although none that can be carried out."""


def is_one_command(frame: Frame, parts: Sequence[Part], alone: Sequence[Intent | NotRecognized]) -> bool:
    """Whether what the model found in a whole sentence is all that it asks for.

    Args:
        frame: Of the whole sentence.
        parts: Where it may be cut.
        alone: What each part means by itself.
    """
    if any(isinstance(one, NotRecognized) and one.why in _MEANT for one in alone):
        return False
    if any(isinstance(one, Intent) and one.template for one in alone):
        # What is a command word for word is one, and the rest another that was not understood.
        return False
    if any(_part_of(span, parts) is None for span in frame.spans):
        return True
    understood = {at for at, one in enumerate(alone) if isinstance(one, Intent)}
    telling = {_part_of(span, parts) for span in frame.spans}
    if len(understood) > 1:
        return False
    # Each element of a list tells something; else all that is told stands in the one part that is a command.
    return len(telling) == len(parts) or (telling <= (understood or telling) and len(telling) <= 1)


def _part_of(span: Span, parts: Sequence[Part]) -> int | None:
    """The part in which a span stands; None where it reaches over a cut."""
    _, begin, end = span
    return next((at for at, part in enumerate(parts) if part.begin <= begin and end <= part.end), None)


def singly(spans: Mapping[str, Sequence[Span]]) -> list[dict[str, Span]] | None:
    """The things that a list names, one after the other, each with what all of them share.

    Args:
        spans: Those that say a thing or place, by slot.

    Returns:
        None where several slots have several, so that it is not clear which belong together.
    """
    lists = [slot for slot, found in spans.items() if len(found) > 1]
    if len(lists) > 1:
        return None
    shared = {slot: found[0] for slot, found in spans.items() if len(found) == 1}
    return [{**shared, slot: span} for slot in lists for span in spans[slot]] or [shared]
