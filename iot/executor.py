"""Commands carried out, and what came of them."""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self
from weakref import WeakValueDictionary

from paige.iot.cause import Cause, Why
from paige.iot.change import StateChanged
from paige.iot.command import Command, CommandRefused
from paige.iot.confirmation import Confirmation, Patience, Verdict
from paige.iot.entity import Entity
from paige.iot.expectation import expectation
from paige.iot.home import Home
from paige.iot.link import Delivery, LinkState, MqttLink, Receipt
from paige.iot.message import Publication
from paige.iot.outcome import Outcome, Status
from paige.iot.registry import Update

_STOPS = frozenset({"stop_cover", "stop_valve", "stop", "media_stop"})


@dataclass(slots=True)
class _Attempt:
    """One command on its way."""

    command: Command
    began: float
    publications: tuple[Publication, ...] = ()
    sent: float = 0.0
    """When the last publication left us."""
    acknowledged: float = 0.0


@dataclass(slots=True)
class _Followed:
    """An entity whose answer is awaited."""

    confirmation: Confirmation
    changed: asyncio.Event


class Executor:
    """Carries out commands over a home's link, each confirmed by the entity's own state.

    Commands to different entities run at the same time. To one entity they run one after another, except that
    what is under way gives way to what follows, and that a stop waits for nothing.

    A context manager: it listens to the registry while it is entered.
    """

    def __init__(
        self,
        home: Home,
        link: MqttLink,
        *,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; it is entered before it is used."""
        self._home = home
        self._registry = home.registry
        self._link = link
        self._patience = patience or Patience()
        self._clock = clock
        self._said_so: set[str] = set()  # entities whose known state is their own live report
        self._followed: dict[str, _Followed] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._unsubscribe: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        """Begin to listen to the registry."""
        self._unsubscribe = self._registry.subscribe(self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop to listen."""
        if self._unsubscribe is not None:
            self._unsubscribe()

    async def execute_all(self, commands: Iterable[Command]) -> tuple[Outcome, ...]:
        """Carry out all of them at the same time; outcomes are in the order of the commands."""
        return tuple(await asyncio.gather(*map(self.execute, commands)))

    async def execute(self, command: Command) -> Outcome:
        """Carry out one command, and return when its outcome is known."""
        followed = self._followed.get(command.entity_id)
        if followed is not None and (followed.confirmation.under_way or command.service in _STOPS):
            followed.confirmation.supersede()
            followed.changed.set()
        lock = self._locks.setdefault(command.entity_id, asyncio.Lock())
        async with lock:
            return await self._execute(_Attempt(command, self._clock()))

    async def _execute(self, attempt: _Attempt) -> Outcome:
        command = attempt.command
        entity = self._registry.entity(command.entity_id)
        address = self._registry.address(command.entity_id)
        if entity is None or address is None:
            return Outcome(command, Status.REFUSED, entity, reason=Why(Cause.NOT_DISCOVERED))
        if not entity.available:
            return Outcome(command, Status.REFUSED, entity, reason=Why(Cause.UNAVAILABLE))
        dialect = self._home.dialects[address.dialect]
        encoded = dialect.encode(replace(command, entity_id=address.entity_id))
        if isinstance(encoded, CommandRefused):
            return Outcome(command, Status.REFUSED, entity, reason=encoded.reason)
        expected = expectation(command, entity)
        if expected is None:
            verdict = await self._publish(attempt, encoded) or Verdict(
                Status.UNCONFIRMED, Why(Cause.STATELESS)
            )
            return self._outcome(attempt, verdict, entity, attempt.acknowledged)
        said_so = entity.id in self._said_so
        confirmation = Confirmation(expected, entity, said_so=said_so, patience=self._patience)
        verdict = await self._follow(attempt, encoded, confirmation, dialect.refresh(address.entity_id))
        ended = self._clock() if confirmation.confirmed is None else confirmation.confirmed
        return self._outcome(attempt, verdict, confirmation.entity, ended)

    async def _follow(
        self,
        attempt: _Attempt,
        publications: tuple[Publication, ...],
        confirmation: Confirmation,
        refresh: tuple[Publication, ...],
    ) -> Verdict:
        entity_id = attempt.command.entity_id
        followed = self._followed[entity_id] = _Followed(confirmation, asyncio.Event())
        try:
            unsent = await self._publish(attempt, publications)
            if unsent is not None and confirmation.confirmed is None:
                return unsent
            confirmation.sent(attempt.sent)
            return await self._verdict(followed, refresh)
        finally:
            del self._followed[entity_id]

    async def _verdict(self, followed: _Followed, refresh: tuple[Publication, ...]) -> Verdict:
        confirmation = followed.confirmation
        while (verdict := confirmation.verdict(now := self._clock())) is None:
            due = confirmation.due()
            ask_at = confirmation.ask_at() if refresh else None
            if ask_at is not None and now >= ask_at:
                for publication in refresh:
                    await self._link.publish(publication, within=due - now)
                refresh = ()
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout((due if ask_at is None else min(due, ask_at)) - now):
                    await followed.changed.wait()
            followed.changed.clear()
        return verdict

    async def _publish(self, attempt: _Attempt, publications: tuple[Publication, ...]) -> Verdict | None:
        """Send them in order; gives why that failed, where it did."""
        for publication in publications:
            receipt = await self._link.publish(publication, within=self._patience.deadline)
            if receipt.delivery is not Delivery.DELIVERED:
                return self._undelivered(receipt, partly=bool(attempt.publications))
            attempt.publications += (publication,)
            attempt.sent, attempt.acknowledged = receipt.sent, self._clock()
        return None

    def _undelivered(self, receipt: Receipt, *, partly: bool) -> Verdict:
        if receipt.delivery is Delivery.UNACKNOWLEDGED:
            return Verdict(Status.UNCONFIRMED, Why(Cause.UNACKNOWLEDGED))
        if partly:
            return Verdict(Status.FAILED, Why(Cause.PARTLY_SENT))
        down = self._link.status.state is not LinkState.CONNECTED
        return Verdict(Status.FAILED, Why(Cause.UNREACHED if down else Cause.NOT_SENT))

    def _outcome(self, attempt: _Attempt, verdict: Verdict, entity: Entity, ended: float) -> Outcome:
        return Outcome(
            attempt.command,
            verdict.status,
            entity,
            attempt.publications,
            verdict.reason,
            publish_seconds=max(0.0, attempt.acknowledged - attempt.began) if attempt.publications else 0.0,
            confirm_seconds=max(0.0, ended - attempt.sent) if verdict.status is Status.DONE else 0.0,
        )

    def _note(self, update: Update) -> None:
        entity = update.after or update.before
        if entity is None:
            return
        self._note_source(entity.id, update)
        followed = self._followed.get(entity.id)
        if followed is not None:
            followed.confirmation.observe(update, self._clock())
            followed.changed.set()

    def _note_source(self, entity_id: str, update: Update) -> None:
        if update.after is None or not update.after.available:
            self._said_so.discard(entity_id)
        elif isinstance(update.change, StateChanged) and update.change.state is not None:
            if update.change.retained:
                self._said_so.discard(entity_id)
            else:
                self._said_so.add(entity_id)
