"""What the sentences of each intent are like, read off the templates: what they fill, and for which things.

So the model's intents follow the same rules as those of the templates, in every language, without a table of
their own.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from paige.models.grammar.lists import AREA, FLOOR, NAME, HomeList, ListSource
from paige.models.grammar.matching import Candidate
from paige.models.grammar.nodes import ListNode, nodes_in
from paige.models.grammar.ranking import fits
from paige.models.grammar.sentences import Block, Sentences
from paige.models.intent import SlotValue

DOMAIN, DEVICE_CLASS = "domain", "device_class"
PLACES = frozenset((AREA, FLOOR))
TARGETS = frozenset((NAME, AREA, FLOOR, DOMAIN, DEVICE_CLASS))
"""Slots that say what an intent is about, and not what becomes of it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sentences of one intent that can say the same slots."""

    block: Block
    possible: frozenset[str]
    """Slots that their words may fill."""
    here: str | None
    """The slot that gets the speaker's area, where there is one."""

    @property
    def fixed(self) -> Mapping[str, SlotValue]:
        """Slots that they have without a word for them."""
        return self.block.slots


class Shapes:
    """The shapes of all intents of a language; a user's own sentences are none."""

    def __init__(self, sentences: Sentences) -> None:
        self._sentences = sentences
        self._allowed: dict[tuple[str, str | None, str | None], bool] = {}

    @cached_property
    def _of(self) -> Mapping[str, tuple[Shape, ...]]:
        found: dict[str, dict[tuple[object, ...], Shape]] = {}
        for template in self._sentences.templates:
            block = template.block
            if not block.custom:
                slots = (one.slot for one in nodes_in(template.node) if isinstance(one, ListNode))
                here = next((one.slot for one in block.requires if one.key == AREA and one.slot), None)
                shape = Shape(block, frozenset(slot for slot in slots if slot), here)
                found.setdefault(block.intent, {}).setdefault((id(block), shape.possible), shape)
        return {intent: tuple(shapes.values()) for intent, shapes in found.items()}

    @cached_property
    def _lists(self) -> Mapping[tuple[str, str], tuple[ListSource, ...]]:
        found: dict[tuple[str, str], dict[ListSource, None]] = {}
        for template in self._sentences.templates:
            for one in nodes_in(template.node):
                if isinstance(one, ListNode) and one.slot is not None:
                    found.setdefault((template.block.intent, one.slot), {})[one.source] = None
        return {key: tuple(sources) for key, sources in found.items()}

    def of(self, intent: str) -> tuple[Shape, ...]:
        """The shapes of an intent, in the order of its sentences."""
        return self._of.get(intent, ())

    def lists(self, intent: str, slot: str) -> tuple[ListSource, ...]:
        """The lists from which sentences of an intent fill a slot."""
        return self._lists.get((intent, slot), ())

    def slots(self, intent: str) -> frozenset[str]:
        """The slots that a sentence of an intent may have, apart from what it is about."""
        return frozenset(
            slot
            for shape in self.of(intent)
            for slot in (*shape.possible, *shape.fixed)
            if slot not in TARGETS
        )

    def knows(self, intent: str, slot: str, value: SlotValue) -> bool:
        """Whether some sentence of an intent has this value for a slot."""
        if any(shape.fixed.get(slot) == value for shape in self.of(intent)):
            return True
        return any(
            getattr(one, "value", None) == value
            for source in self.lists(intent, slot)
            for one in getattr(source, "values", ())
        )

    def lacks(self, intent: str, slots: Collection[str]) -> bool:
        """Whether every sentence of an intent says more than what it is about, and here is nothing more."""
        if any(slot not in TARGETS for slot in slots):
            return False
        shapes = self.of(intent)
        return bool(shapes) and all((shape.possible | shape.fixed.keys()) - TARGETS for shape in shapes)

    def is_general(self, intent: str) -> bool:
        """Whether an intent can be about things of any kind, so that it must be said which."""
        return any(
            self._takes_names(shape) and not any(one.key == DOMAIN for one in shape.block.requires)
            for shape in self.of(intent)
        )

    def takes_everything(self, intent: str) -> bool:
        """Whether some sentence of an intent is about everything there is."""
        return any(
            not shape.fixed and NAME not in shape.possible and shape.here is None for shape in self.of(intent)
        )

    def allows(self, intent: str, context: Mapping[str, str]) -> bool:
        """Whether an intent can be about a thing that has a name: some sentence with a name allows it."""
        key = intent, context.get(DOMAIN), context.get(DEVICE_CLASS)
        if key not in self._allowed:
            candidate = Candidate(
                None, {name: value for name, value in context.items() if name not in PLACES}
            )
            named = [shape for shape in self.of(intent) if self._takes_names(shape)]
            self._allowed[key] = not named or any(fits(candidate, shape.block) for shape in named)
        return self._allowed[key]

    def domain_of_class(self, intent: str, device_class: SlotValue) -> SlotValue | None:
        """The domain that sentences of an intent give to things of a device class."""
        return next(
            (
                shape.fixed[DOMAIN]
                for shape in self.of(intent)
                if DOMAIN in shape.fixed
                and (shape.fixed.get(DEVICE_CLASS) == device_class or DEVICE_CLASS in shape.possible)
            ),
            None,
        )

    def _takes_names(self, shape: Shape) -> bool:
        return NAME in shape.possible and any(
            isinstance(source, HomeList) for source in self.lists(shape.block.intent, NAME)
        )

    def fitting(
        self, intent: str, slots: Mapping[str, SlotValue], context: Mapping[str, str], *, near: bool
    ) -> Shape | None:
        """The shape that a sentence with these slots would have, the closest first.

        Args:
            intent: Its name.
            slots: What it fills.
            context: What is known of the thing that it names.
            near: Whether only what is near is meant; else a shape for the speaker's place does not fit.
        """
        return min(self._fitting(intent, slots, context, near), key=lambda pair: pair[0], default=((), None))[
            1
        ]

    def _fitting(
        self, intent: str, slots: Mapping[str, SlotValue], context: Mapping[str, str], near: bool
    ) -> Iterator[tuple[tuple[int, ...], Shape]]:
        shapes = self.of(intent)
        local = {shape.block.response for shape in shapes if shape.here}
        for number, shape in enumerate(shapes):
            fixed = shape.fixed
            if any(slots.get(slot) != value for slot, value in fixed.items()):
                continue
            if NAME not in slots and self._takes_names(shape):
                continue
            if slots.keys() - fixed.keys() - shape.possible or not fits(
                Candidate(None, context), shape.block
            ):
                continue
            if shape.here and (not near or not slots.keys().isdisjoint((NAME, AREA, FLOOR))):
                continue
            elsewhere = not near and shape.block.response in local
            unused = len(shape.possible - slots.keys())
            yield (elsewhere, -len(fixed), near and not shape.here, unused, number), shape
