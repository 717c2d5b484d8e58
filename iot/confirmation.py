"""Whether an entity has carried out a command, by what it says, as time goes by."""

from dataclasses import dataclass
from typing import Final

from paige.iot.cause import Cause, Why
from paige.iot.change import StateChanged
from paige.iot.entity import Entity
from paige.iot.expectation import Expectation
from paige.iot.outcome import Status
from paige.iot.registry import Update

SLOW_DOMAINS: Final = frozenset(
    {"cover", "valve", "lock", "vacuum", "climate", "media_player", "alarm_control_panel"}
)
"""What has motors, or a service of its maker's behind it, and takes its time to say that it has begun."""
SLOW_FACTOR = 2.5
ALREADY_SECONDS = 0.5
"""An entity that is as wanted already, by its own report, has this long to say otherwise."""
FAULTS: Final = frozenset({"jammed", "error", "problem"})
"""States in which an entity says that it could not."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an entity has, in seconds."""

    deadline: float = 2.0
    """To say that it is done, or that it has begun."""
    moving: float = 30.0
    """To be done, once it says that it has begun: a garage door takes about 15 seconds."""

    def of(self, domain: str) -> float:
        """The deadline of an entity of this domain."""
        return self.deadline * SLOW_FACTOR if domain in SLOW_DOMAINS else self.deadline


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it ended."""

    status: Status
    reason: Why | None = None
    """Where it is not done."""


class Confirmation:
    """Follows one entity after a command, without any I/O; all times are seconds of one clock.

    Only what the entity says after the command counts: a retained report tells how things were. There is
    one exception. An entity that had said by itself, not retained, that it is as wanted need not say so
    again, and many do not: if the command reached the broker and the entity does not say otherwise for
    `ALREADY_SECONDS`, its own state says so, and that is *done*.
    """

    def __init__(self, expected: Expectation, before: Entity, *, said_so: bool, patience: Patience) -> None:
        """Begin to follow, from before the command is sent: an entity may answer before the broker does.

        Args:
            expected: What the entity must say.
            before: What it said before the command.
            said_so: Whether `before` is its own live report.
            patience: How long it has.
        """
        self._expected = expected
        self._known = before
        self._already = said_so and expected.met(before)
        self._patience = patience
        self._sent = 0.0
        self._stopped: float | None = None
        self._reported = False
        self._superseded = False
        self._gone = False
        self.under_way = False
        """It says that it has begun."""
        self.confirmed: float | None = None
        """When it said that it is done."""

    @property
    def entity(self) -> Entity:
        """What is known of it now."""
        return self._known

    def sent(self, now: float) -> None:
        """The command has been sent: its time begins."""
        self._sent = now

    def observe(self, update: Update, now: float) -> None:
        """Take note of what became of the entity."""
        self._gone = update.after is None
        if update.after is None:
            return
        self._known = update.after
        if not isinstance(update.change, StateChanged) or update.change.retained:
            return
        self._reported = True
        if self._expected.met(self._known):
            self.confirmed = now if self.confirmed is None else self.confirmed
        under_way = self._expected.under_way(self._known)
        if self.under_way and not under_way:
            self._stopped = now
        self.under_way = under_way

    def supersede(self) -> None:
        """Another command to the same entity must not wait for this one."""
        self._superseded = True

    def ask_at(self) -> float | None:
        """When to ask the entity for its state, as it has not told; None where that would not help."""
        silent = not self._reported and not self._already
        return self._sent + self._patience.of(self._known.domain) / 2 if silent else None

    def due(self) -> float:
        """When the verdict is there at the latest."""
        usual = self._sent + self._patience.of(self._known.domain)
        if self._already and not self._reported:
            return self._sent + min(ALREADY_SECONDS, self._patience.deadline)
        if self.under_way:
            return max(usual, self._sent + self._patience.moving)
        if self._stopped is not None:
            # It stopped short of its goal, or says in a next message how far it came.
            return max(usual, self._stopped + self._patience.deadline)
        return usual

    def verdict(self, now: float) -> Verdict | None:
        """How it ended; None while that is open."""
        if self.confirmed is not None:
            return Verdict(Status.DONE)
        if self._reported and self._known.state in FAULTS:
            return Verdict(Status.FAILED, self._why(Cause.FAULT))
        if self._superseded:
            return Verdict(Status.UNCONFIRMED, Why(Cause.SUPERSEDED))
        if now < self.due():
            return None
        if self._already and not self._reported:
            return Verdict(Status.DONE)
        return Verdict(Status.UNCONFIRMED, self._why_not())

    def _why_not(self) -> Why:
        if self._gone or not self._known.available:
            return Why(Cause.GONE)
        if self.under_way:
            return self._why(Cause.UNDER_WAY)
        if not self._reported:
            return Why(Cause.NOT_ANSWERED)
        if self._known.state is None or self._known.state in self._expected.states:
            return Why(Cause.VALUE_DIFFERS)
        return self._why(Cause.STATE_DIFFERS)

    def _why(self, cause: Cause) -> Why:
        return Why(cause, {"state": self._known.state})
