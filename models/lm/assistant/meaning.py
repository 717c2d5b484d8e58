"""From calls to intents, as a sentence that says the same would have them."""

from collections.abc import Iterable, Mapping
from typing import Final

from paige.models.intent import Intent, SlotValue
from paige.models.lm.assistant.calls import Call
from paige.models.lm.assistant.home import Called, HomeWords, shown
from paige.models.nlu.shapes import Shapes

_ALL: Final = "all"
"""What Home Assistant's own sentences give as the name of everything."""
_NAME, _AREA, _DOMAIN = "name", "area", "domain"


class Meaning:
    """What calls mean in one home.

    Args:
        home: What was shown of it.
        shapes: Of the sentences of its language.
        here: Main name of the speaker's area, where that is known.
    """

    def __init__(self, home: HomeWords, shapes: Shapes, here: str | None) -> None:
        self._home = home
        self._shapes = shapes
        self._here = here

    def intents(self, calls: Iterable[Call], text: str, confidence: float) -> tuple[Intent, ...]:
        """What is asked for.

        Args:
            calls: Of an answer. What the home does not show stays as it is, and is refused where it is
                looked up.
            text: The sentence.
            confidence: How probable the model held the answer, 0 to 1.
        """
        return tuple(self._intent(call, text, confidence) for call in calls)

    def _intent(self, call: Call, text: str, confidence: float) -> Intent:
        meant = {
            slot: self._home.meanings.get(slot, {}).get(str(value), ())
            for slot, value in call.arguments.items()
        }
        slots: dict[str, SlotValue] = {
            slot: meant[slot][0] if len(meant[slot]) == 1 else value for slot, value in call.arguments.items()
        }
        context = self._context(call)
        # What names neither a thing nor a place means that of the speaker, rather than the whole house.
        near = slots.get(_NAME) != _ALL
        with_domain = {_DOMAIN: context[_DOMAIN], **slots} if _DOMAIN in context else slots
        shape = next(
            filter(
                None,
                (self._shapes.fitting(call.name, some, context, near=near) for some in (slots, with_domain)),
            ),
            None,
        )
        if shape is not None and shape.here and self._here is not None:
            slots.setdefault(shape.here, self._here)
        return Intent(
            call.name,
            slots,
            confidence,
            text,
            "default" if shape is None else shape.block.response,
            context={_DOMAIN: context[_DOMAIN]} if _DOMAIN in context else {},
            choices={slot: values for slot, values in meant.items() if len(values) > 1},
        )

    def _context(self, call: Call) -> Mapping[str, str]:
        """What is known of the thing that is named; nothing where namesakes differ in it."""
        found = [one for one in self._home.entities if self._is(one, call)]
        domains = {one.context.get(_DOMAIN) for one in found}
        return found[0].context if len(domains) == 1 else {}

    def _is(self, one: Called, call: Call) -> bool:
        area = call.arguments.get(_AREA)
        return one.main == call.arguments.get(_NAME) and area in (None, shown(one.context.get(_AREA, "")))
