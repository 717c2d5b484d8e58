"""Where slots get their values: word lists, number ranges, wildcards, and the names of the home."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from paige.models.intent import SlotValue

NAME, AREA, FLOOR = "name", "area", "floor"
HOME_LISTS = (NAME, AREA, FLOOR)
"""Lists that the home gives."""


@dataclass(frozen=True, slots=True, eq=False)
class TextValue:
    """One value of a word list."""

    template: str
    """What is said; may be a template."""
    value: SlotValue | None
    """What the slot gets; None for the words as they were said."""
    context: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    """File and line."""


@dataclass(frozen=True, slots=True, eq=False)
class TextList:
    """A list of words to choose from."""

    name: str
    values: tuple[TextValue, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RangeList:
    """Numbers from `start` to `stop`, both included."""

    name: str
    start: int
    stop: int
    step: int = 1
    multiplier: float | None = None
    fractions: tuple[float, ...] = ()
    """Parts that may follow each whole number, such as 0.5."""
    digits: bool = True
    words: bool = True
    words_language: str | None = None

    def numbers(self) -> Iterator[int | float]:
        """Every number in it, before the multiplier."""
        for whole in range(self.start, self.stop + 1, self.step):
            yield whole
            for fraction in self.fractions:
                yield round(whole + fraction, 1)

    def contains(self, number: int | float) -> bool:
        """Whether a number is in it."""
        whole = int(number // 1) if number == number and abs(number) < 1e15 else None
        if whole is None or not self.start <= whole <= self.stop or (whole - self.start) % self.step:
            return False
        part = round(number - whole, 6)
        return part == 0 or part in self.fractions

    def value(self, number: int | float) -> int | float:
        """What the slot gets for a number."""
        product = number if self.multiplier is None else number * self.multiplier
        return int(product) if float(product).is_integer() else round(product, 6)


@dataclass(frozen=True, slots=True, eq=False)
class WildcardList:
    """Any words."""

    name: str
    spoken: tuple[str, ...] = ()
    """Phrases that a recognizer of speech listens for in its place, as it cannot listen for any words."""
    sentence: bool = False
    """Not any words, but a sentence that would be understood by itself."""


@dataclass(frozen=True, slots=True)
class HomeList:
    """The names of the home's entities, areas or floors."""

    name: str


SlotList = TextList | RangeList | WildcardList
ListSource = SlotList | HomeList
