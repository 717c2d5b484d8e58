"""How an entity that no device announces is commanded and heard over MQTT, as its owner wrote it down."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from paige.iot.entity import Entity


@dataclass(frozen=True, slots=True)
class Order:
    """The message that carries out one service."""

    topic: str
    payload: str
    """With a template such as `{{ value }}` where the service brings a value."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the state, or one attribute, is told."""

    topic: str
    template: str | None = None
    """Takes the value from the message; None where the message is the value."""
    words: Mapping[str, str] = field(default_factory=dict)
    """From what is said there to the state that it means; empty where any text is one."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One entity, and its topics."""

    entity: Entity
    """With its services; its state is `unknown` where it is told, and None where it never is."""
    orders: Mapping[str, Order] = field(default_factory=dict)
    """By service."""
    state: Source | None = None
    attributes: Mapping[str, Source] = field(default_factory=dict)

    @property
    def sources(self) -> tuple[tuple[str | None, Source], ...]:
        """All that is told: attributes with where, and None for the state."""
        state = () if self.state is None else ((None, self.state),)
        return (*state, *self.attributes.items())


def is_template(payload: str) -> bool:
    """Whether a payload is to be filled in."""
    return "{{" in payload or "{%" in payload
