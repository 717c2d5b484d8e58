"""How a command ended, by what the entity itself says."""

from dataclasses import dataclass
from enum import StrEnum

from paige.iot.cause import Why
from paige.iot.command import Command
from paige.iot.entity import Entity
from paige.iot.message import Publication


class Status(StrEnum):
    """How a command ended."""

    DONE = "done"
    """The entity's own state says so."""
    UNCONFIRMED = "unconfirmed"
    """It was sent; no state came back before the deadline, or the state says otherwise."""
    REFUSED = "refused"
    """It was not sent, because policy, the entity or its availability forbids."""
    FAILED = "failed"
    """It could not be sent, or the entity reported an error."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one command ended."""

    command: Command
    status: Status
    entity: Entity | None = None
    """The entity as it was known when the outcome was."""
    publications: tuple[Publication, ...] = ()
    """What was sent."""
    reason: Why | None = None
    """Where the status is not `done`."""
    publish_seconds: float = 0.0
    """From the decision to the last acknowledged publication."""
    confirm_seconds: float = 0.0
    """From the last publication to the state that confirmed it."""
