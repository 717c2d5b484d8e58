"""What one step of an installation is, and a plan of them. No I/O."""

from dataclasses import dataclass
from typing import Protocol


class Step(Protocol):
    """One thing that is there after an installation, and gone after its undoing."""

    @property
    def doing(self) -> str:
        """What it does, in plain words, such as `put the launcher at /usr/local/bin/paige`."""

    @property
    def undoing(self) -> str:
        """What undoes it, in plain words."""

    def done(self) -> bool:
        """Whether all of it is there, as it should be."""

    def undone(self) -> bool:
        """Whether nothing of it is there."""

    def do(self) -> None:
        """Do it, whatever part of it is done; OSError and InstallFailed may rise."""

    def undo(self) -> None:
        """Undo it, whatever part of it is undone; OSError and InstallFailed may rise."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done in this order, and undone in the other."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no plan, and what to do."""

    text: str
