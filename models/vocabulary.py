"""What a language engine needs to know of a home: what things and places are called.

`models` stands left of `iot`, so the home states its names in these terms.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Name:
    """One way to call one thing or place."""

    spoken: str
    """As a person says it; the main name or an alias."""
    value: str
    """The main name, as the home writes it; this is what a slot gets."""
    context: Mapping[str, str] = field(default_factory=dict)
    """What sentences may require of it: `domain`, `device_class`, `area`, `floor`, `state`."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All names of one home, and where the speaker stands."""

    entities: tuple[Name, ...] = ()
    areas: tuple[Name, ...] = ()
    floors: tuple[Name, ...] = ()
    here: str | None = None
    """The main name of the speaker's area, where that is known."""
