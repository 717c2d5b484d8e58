"""Which services an entity has, and what a command to one brings, in every dialect."""

from collections.abc import Mapping
from typing import TypeVar

from paige.iot.command import Command

T = TypeVar("T")


def offered(services: Mapping[str, T | None]) -> dict[str, T]:
    """The services that are there: those with a way to carry them out."""
    return {name: way for name, way in services.items() if way is not None}


def given(command: Command, key: str) -> float:
    """A number that a command brings; `refusal` has made sure that it is there."""
    value = command.data[key]
    assert isinstance(value, (int, float))
    return float(value)
