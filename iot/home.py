"""A home that is kept as its devices describe it: the link, the dialects and the registry, put together."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from paige.iot.change import AvailabilityChanged, EntityAppeared, Misunderstood, StateChanged
from paige.iot.dialects.protocol import Dialect
from paige.iot.found import Address
from paige.iot.link import Handler, LinkState, MqttLink
from paige.iot.message import Message
from paige.iot.registry import Registry
from paige.iot.settling import Settling

_log = logging.getLogger(__name__)

COALESCE_SECONDS = 0.05
"""Filters change with every device that is discovered; the broker is told of many at a time."""
REFRESH_SECONDS = 0.05
"""Between two devices that are asked for their state: a radio network takes a few messages a second."""
SPEAK_SECONDS = 1.0
"""A device that has come, or is available again, has this long to tell its state unasked."""
REMEMBERED = 50
"""Messages that nobody understood, kept for `paige doctor`."""


@dataclass(frozen=True, slots=True)
class HomeStatistics:
    """Counts since the start."""

    messages: int
    """That a dialect was shown."""
    rebuilds: int
    filters: int
    """Topic filters that the dialects want now."""


class Home:
    """Fills a registry from what devices say, and fills it anew after every reconnect.

    An asynchronous context manager, within the link's.
    """

    def __init__(
        self,
        link: MqttLink,
        registry: Registry,
        dialects: Iterable[Dialect],
        *,
        own_topics: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Put the parts together; nothing is heard before it is entered.

        Args:
            link: Brings the messages.
            registry: Is filled. What a home description says in it stays.
            dialects: Understand the messages.
            own_topics: What we publish of ourselves, so that we do not become a device of the home.
            clock: Monotonic seconds.
        """
        self.registry = registry
        self._link = link
        self._dialects = {dialect.name: dialect for dialect in dialects}
        self._handlers: dict[str, Handler] = {
            name: partial(self._receive, dialect) for name, dialect in self._dialects.items()
        }
        self._filters: dict[str, frozenset[str]] = dict.fromkeys(self._dialects, frozenset())
        self._own_topics = frozenset(own_topics)
        self._clock = clock
        self._settling = Settling(clock())
        self._stale: set[str] = set(self._dialects)
        self._any_stale = asyncio.Event()
        self._ready = asyncio.Event()
        self._appeared = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._settler: asyncio.Task[None] | None = None
        self._misunderstood: deque[Misunderstood] = deque(maxlen=REMEMBERED)
        self._complained: dict[str, None] = {}
        self._messages = self._rebuilds = 0
        self._forget_hook: Callable[[], None] | None = None

    @property
    def dialects(self) -> Mapping[str, Dialect]:
        """The dialects, by name."""
        return self._dialects

    @property
    def misunderstood(self) -> tuple[Misunderstood, ...]:
        """The latest messages that a dialect should have understood and could not."""
        return tuple(self._misunderstood)

    def statistics(self) -> HomeStatistics:
        """Counts since the start."""
        return HomeStatistics(self._messages, self._rebuilds, sum(map(len, self._filters.values())))

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        self._forget_hook = self._link.on_connected(self._rebuild)
        self._start(self._keep_filters())
        if self._link.status.state is LinkState.CONNECTED:
            self._rebuild()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop to listen; the registry keeps what is known."""
        if self._forget_hook is not None:
            self._forget_hook()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for name, handler in self._handlers.items():
            self._link.unsubscribe(self._filters[name], handler)

    async def ready(self) -> None:
        """Return when the devices that the broker knows of have been heard, after the last connect.

        It waits as long as the link is down: give it a limit where that matters.
        """
        await self._ready.wait()

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _rebuild(self) -> None:
        """Forget everything, because it may have changed while we were away; retained topics come again."""
        self._rebuilds += 1
        self._ready.clear()
        for dialect in self._dialects.values():
            dialect.forget()
        self.registry.clear()
        for dialect in self._dialects.values():
            for change in dialect.introduce():
                self.registry.apply(dialect.name, change)
        self._stale.update(self._dialects)
        self._update_filters()
        self._settling = Settling(self._clock())
        if self._settler is not None:
            self._settler.cancel()
        self._settler = self._start(self._settle())

    async def _settle(self) -> None:
        while True:
            await self._link.subscribed()
            remaining = self._settling.remaining(self._clock())
            if not remaining:
                self._update_filters()  # what they bring, if they are other ones, is waited for, too
                remaining = self._settling.remaining(self._clock())
            if not remaining:
                break
            await asyncio.sleep(remaining)
        self._ready.set()
        await self._ask_for_states()

    async def _ask_for_states(self) -> None:
        """Ask devices whose state no retained topic told, each once; those that come later, too."""
        asked: set[Address] = set()
        while True:
            self._appeared.clear()
            for known in self.registry.entities:
                entity, address = self.registry.entity(known.id), self.registry.address(known.id)
                if entity is None or entity.state is not None or not entity.available:
                    continue
                if address is None or address in asked:
                    continue
                asked.add(address)
                for publication in self._dialects[address.dialect].refresh(address.entity_id):
                    await self._link.publish(publication, within=1.0)
                    await asyncio.sleep(REFRESH_SECONDS)
            await self._appeared.wait()
            await asyncio.sleep(SPEAK_SECONDS)

    def _mark_stale(self, names: Iterable[str]) -> None:
        self._stale.update(names)
        self._any_stale.set()

    async def _keep_filters(self) -> None:
        while True:
            await self._any_stale.wait()
            self._any_stale.clear()
            began = self._clock()
            self._update_filters()
            # In a large home this takes time, and during discovery it is wanted again at once.
            await asyncio.sleep(max(COALESCE_SECONDS, 5 * (self._clock() - began)))

    def _update_filters(self) -> None:
        while self._stale:
            name = self._stale.pop()
            old, new = self._filters[name], self._dialects[name].filters()
            if new is old or new == old:
                continue
            self._filters[name] = new
            self._link.unsubscribe(old - new, self._handlers[name])
            self._link.subscribe(new - old, self._handlers[name])
            self._settling.note(self._clock())

    def _receive(self, dialect: Dialect, message: Message) -> None:
        if message.topic in self._own_topics:
            return
        self._messages += 1
        if message.retained:
            self._settling.note(self._clock())
        changes = dialect.receive(message)
        for change in changes:
            if isinstance(change, Misunderstood):
                self._complain(dialect, change)
            self.registry.apply(dialect.name, change)
            if isinstance(change, EntityAppeared) or (
                isinstance(change, AvailabilityChanged) and change.available
            ):
                self._appeared.set()
        if not changes or not all(
            isinstance(change, StateChanged | AvailabilityChanged) for change in changes
        ):
            # Who only reports is known; anything else may be a device to be heard from now on.
            self._mark_stale((dialect.name,))

    def _complain(self, dialect: Dialect, change: Misunderstood) -> None:
        self._misunderstood.append(change)
        level = logging.DEBUG if change.topic in self._complained else logging.WARNING
        self._complained[change.topic] = None
        if len(self._complained) > 10 * REMEMBERED:
            self._complained.pop(next(iter(self._complained)))
        _log.log(level, "%s: %s cannot be understood: %s", dialect.name, change.topic, change.reason)
