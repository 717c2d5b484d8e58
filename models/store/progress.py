"""How far the store is with what takes long."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    """What is being done; the value tells it."""

    WAIT = "waiting for another Paige that works on the models"
    DOWNLOAD = "downloading"
    RETRY = "trying again"
    COPY = "copying"
    ARRANGE = "arranging for this machine"
    CHECK = "checking"


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of it."""

    action: Action
    subject: str = ""
    """A model, or a file of one."""
    done: int = 0
    total: int = 0
    """0 where nobody knows."""
    in_bytes: bool = True
    """Otherwise shards are counted."""


Told = Callable[[Progress], None]
"""Who is told; it may be often."""


def nobody(_: Progress) -> None:
    """Nobody is told."""
