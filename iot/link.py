"""The link to the broker: kept up, resubscribed, and never late with a command."""

import asyncio
import logging
import random
import secrets
import ssl
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from paige.iot.connection import Connection
from paige.iot.errors import LinkDown, LinkRefused
from paige.iot.link_options import LinkOptions
from paige.iot.message import Message, Publication
from paige.iot.tls import tls_context
from paige.iot.topic_tree import TopicTree, valid_filter, valid_topic

_log = logging.getLogger(__name__)

Handler = Callable[[Message], None]

MAX_PENDING = 256
"""Publications that may wait at a time; what comes on top of them is refused at once."""
LEAST_ACKNOWLEDGE_SECONDS = 0.5
"""A broker gets at least this long to acknowledge what was sent just before its deadline."""
STEADY_SECONDS = 30.0
"""A connection that lasted this long ends a row of failures; one that is cut sooner is part of it. A link
that is down for this long tells of each further reason once."""
FILTERS_PER_PACKET = 100


class LinkState(StrEnum):
    """How the link stands."""

    CONNECTING = "connecting"
    """No attempt has ended yet."""
    CONNECTED = "connected"
    DOWN = "down"
    """The broker cannot be reached, or has been lost; attempts go on."""


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """How the link stands, since when, and why."""

    state: LinkState
    since: float
    """By the link's clock, in seconds."""
    reason: str = ""
    """A sentence for a person, where the link is down."""


class Delivery(StrEnum):
    """What became of a publication."""

    DELIVERED = "delivered"
    """The broker acknowledged it (QoS 1), or it was handed to the network (QoS 0)."""
    NOT_SENT = "not_sent"
    """It was dropped, and will not be sent."""
    UNACKNOWLEDGED = "unacknowledged"
    """It was sent and the broker did not acknowledge it: it may have arrived, and will not arrive later."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a publication, and why."""

    delivery: Delivery
    reason: str = ""
    """A sentence for a person, where it was not delivered."""
    sent: float = 0.0
    """When it left us, by the link's clock, where it did."""


@dataclass(frozen=True, slots=True)
class LinkStatistics:
    """Counts since the link was made."""

    connections: int
    received: int
    """Messages."""
    delivered: int
    """Publications."""
    dropped: int
    """Publications that were not delivered."""


class MqttLink:
    """A link to one broker that is up whenever the broker is; an asynchronous context manager.

    Subscriptions outlive connections. What cannot be published before its deadline is dropped and said, never
    sent late: nothing is kept from one connection to the next.
    """

    def __init__(
        self,
        options: LinkOptions,
        *,
        will: Publication | None = None,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare a link; nothing is sent before it is entered.

        Args:
            options: Where the broker is.
            will: What the broker shall publish when we are lost.
            clock: Monotonic seconds.
            chance: A number from 0 to 1, to scatter attempts to connect.
            sleep: Waits for the next attempt, so many seconds of that clock.
        """
        self._options = options
        self._client_id = options.client_id or f"paige-{secrets.token_hex(4)}"
        self._will = will
        self._clock = clock
        self._chance = chance
        self._sleep = sleep
        self._tls: ssl.SSLContext | None = None
        self._told: set[str] = set()  # reasons why it is down, since it was up
        self._status = LinkStatus(LinkState.CONNECTING, clock())
        self._connection: Connection | None = None
        self._handlers: TopicTree[Handler] = TopicTree()
        self._retained: defaultdict[Handler, set[str]] = defaultdict(set)  # topics told, on this connection
        self._wanted: dict[str, int] = {}  # filter: QoS
        self._held: set[str] = set()  # filters that this connection has asked for
        self._changed = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._attempted = asyncio.Event()
        self._up = asyncio.Event()
        self._connect_hooks: list[Callable[[], None]] = []
        self._status_hooks: list[Callable[[LinkStatus], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._pending = 0
        self._connections = self._received = self._delivered = self._dropped = 0

    @property
    def options(self) -> LinkOptions:
        """Where the broker is."""
        return self._options

    @property
    def status(self) -> LinkStatus:
        """How the link stands now."""
        return self._status

    def statistics(self) -> LinkStatistics:
        """Counts since the link was made."""
        return LinkStatistics(self._connections, self._received, self._delivered, self._dropped)

    async def __aenter__(self) -> Self:
        """Begin to connect, without waiting for it."""
        self._task = asyncio.create_task(self._stay_connected(), name="mqtt-link")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say goodbye to the broker and stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])  # unlike awaiting the task, this passes on that we are cancelled

    async def connected(self, within: float, *, retry: bool = False) -> None:
        """Return when the link is up and all subscriptions are made.

        Args:
            within: Seconds that this may take.
            retry: Whether to wait for further attempts when one fails.

        Raises:
            LinkDown: it did not come up; the text says why and what to do.
        """
        try:
            async with asyncio.timeout(within):
                while not self._up.is_set():
                    if not retry and self._status.state is LinkState.DOWN:
                        raise LinkDown(self._status.reason)
                    self._attempted.clear()
                    await self._attempted.wait()
                await self._subscribed.wait()
        except TimeoutError:
            raise LinkDown(self._why_down(within)) from None

    def _why_down(self, waited: float) -> str:
        return self._status.reason or (
            f"The broker at {self._options.address} did not answer within {waited:g} seconds."
        )

    def on_connected(self, hook: Callable[[], None]) -> Callable[[], None]:
        """Call `hook` on every new connection, before a subscription is made on it; gives what ends that."""
        self._connect_hooks.append(hook)
        return lambda: self._connect_hooks.remove(hook)

    def on_status(self, hook: Callable[[LinkStatus], None]) -> Callable[[], None]:
        """Call `hook` with every new status; gives what ends that."""
        self._status_hooks.append(hook)
        return lambda: self._status_hooks.remove(hook)

    def subscribe(self, filters: Iterable[str], handler: Handler, *, qos: int = 0) -> None:
        """Hand messages that match `filters` to `handler`, now and after every reconnect.

        QoS 0 is the right one for what a reconnect brings again. Mosquitto 2.0 queues 1,000 messages for a
        client and drops the rest: of 15,000 retained messages of 400 bytes, QoS 1 was measured to bring 1,020
        and QoS 0, which queues only what the network cannot take, 11,334. A handler that several filters lead
        to gets a message once.

        What is retained under a filter comes to each handler that is new there, although others have had it.
        """
        for each in filters:
            if not valid_filter(each):
                _log.warning("Nothing can be heard on “%s”: it is no MQTT topic filter.", each)
                continue
            if handler not in self._handlers.values(each) or qos > self._wanted[each]:
                self._held.discard(each)  # asked for again, the broker tells again what it has retained
                self._retained[handler] -= _matching(each, self._retained[handler])
            self._handlers.add(each, handler)
            self._wanted[each] = max(qos, self._wanted.get(each, 0))
        self._mark_changed()

    def unsubscribe(self, filters: Iterable[str], handler: Handler) -> None:
        """Hand messages that match `filters` to `handler` no longer."""
        for each in filters:
            self._handlers.discard(each, handler)
            if not self._handlers.values(each):
                self._wanted.pop(each, None)
        self._mark_changed()

    def _mark_changed(self) -> None:
        self._subscribed.clear()
        self._changed.set()

    async def subscribed(self) -> None:
        """Return when the broker has answered every subscription that is wanted now."""
        await self._subscribed.wait()

    async def publish(self, publication: Publication, *, within: float) -> Receipt:
        """Send a message, and say what became of it.

        While the link is down it waits for it, and is dropped after `within` seconds. Nothing is sent after
        that, nor twice.
        """
        if self._pending >= MAX_PENDING:
            self._dropped += 1
            return Receipt(Delivery.NOT_SENT, "Too many messages are waiting to be sent.")
        self._pending += 1
        try:
            receipt = await self._publish(publication, self._clock() + within, within)
        finally:
            self._pending -= 1
        if receipt.delivery is Delivery.DELIVERED:
            self._delivered += 1
        else:
            self._dropped += 1
            _log.warning("Not delivered to %s: %s", publication.topic, receipt.reason)
        return receipt

    async def _publish(self, publication: Publication, deadline: float, within: float) -> Receipt:
        if not valid_topic(publication.topic):
            return Receipt(Delivery.NOT_SENT, f"“{publication.topic}” is no topic that can be published to.")
        connection = await self._live_connection(within)
        sent = self._clock()
        if connection is None or sent >= deadline:
            return Receipt(Delivery.NOT_SENT, self._why_down(within))
        try:
            await connection.publish(publication, max(deadline - sent, LEAST_ACKNOWLEDGE_SECONDS))
        except LinkDown as down:
            return Receipt(Delivery.UNACKNOWLEDGED, str(down), sent)
        return Receipt(Delivery.DELIVERED, sent=sent)

    async def _live_connection(self, within: float) -> Connection | None:
        """The connection, as soon as it is up; None where that takes too long."""
        if self._connection is not None and not self._connection.ended.done():
            return self._connection
        # Not asyncio.timeout: a goodbye may be in a cancelled task, where that of 3.11.2 never times out.
        coming = asyncio.create_task(self._come_up())
        try:
            await asyncio.wait([coming], timeout=within)
        finally:
            coming.cancel()
        return coming.result() if coming.done() else None

    async def _come_up(self) -> Connection:
        while True:
            await self._up.wait()
            if self._connection is not None and not self._connection.ended.done():
                return self._connection
            await asyncio.sleep(0)  # it has just ended, and its keeper is about to notice

    async def _stay_connected(self) -> None:
        unreached = refused = 0
        while True:
            began = self._clock()
            try:
                reason, reached = await self._one_connection(), True
            except LinkDown as down:
                reason, reached = str(down), isinstance(down, LinkRefused)
            except Exception as error:  # noqa: BLE001 # a mistake of ours must not cut the house off for good
                reason, reached = f"The connection to {self._options.address} failed ({error!r}).", True
                _log.debug("It happened here:", exc_info=True)
            if reached:
                unreached, refused = 0, 1 if self._clock() - began >= STEADY_SECONDS else refused + 1
                pause = self._options.backoff_refused.delay(refused, self._chance())
                self._tls = None  # its files may be others by now
            else:
                unreached += 1
                pause = self._options.backoff.delay(unreached, self._chance())
            self._tell_down(reason)
            await self._sleep(pause)

    def _tell_down(self, reason: str) -> None:
        """Set the status; in the log, a house that is without its broker for days takes a few lines."""
        is_new = self._status.state is not LinkState.DOWN
        if is_new:
            self._told.clear()
        if is_new or (reason not in self._told and self._clock() - self._status.since >= STEADY_SECONDS):
            self._told.add(reason)
            _log.warning("%s Trying again.", reason)
        self._set_status(LinkState.DOWN, reason)

    async def _one_connection(self) -> str:
        """Connect, serve, and give the reason why it ended.

        Raises:
            LinkDown: it did not come about.
        """
        if self._options.tls is not None and self._tls is None:
            # Kept while nobody answers: to read what the system trusts takes far longer than to dial.
            self._tls = await asyncio.to_thread(tls_context, self._options.tls)
        connection = Connection(self._options, self._client_id, self._will, self._dispatch, self._tls)
        await connection.open()
        self._connections += 1
        self._held.clear()
        self._retained.clear()
        self._mark_changed()
        subscriber = asyncio.create_task(self._keep_subscribed(connection), name="mqtt-subscriber")
        try:
            for hook in tuple(self._connect_hooks):
                hook()
            either: list[asyncio.Future[Any]] = [connection.ended, subscriber]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if subscriber.done():
                subscriber.result()  # raises what is a mistake of ours
            return await asyncio.shield(connection.ended)
        finally:
            self._up.clear()
            self._subscribed.clear()
            self._connection = None
            subscriber.cancel()
            await asyncio.gather(subscriber, return_exceptions=True)
            await connection.close()

    async def _keep_subscribed(self, connection: Connection) -> None:
        with suppress(LinkDown):  # the connection has ended, and whoever serves it knows why
            while True:
                await self._changed.wait()
                self._changed.clear()
                await self._subscribe_all(connection)
                if self._changed.is_set():
                    continue
                self._subscribed.set()
                if not self._up.is_set():
                    self._connection = connection
                    self._up.set()
                    _log.info("Connected to the broker at %s.", self._options.address)
                    self._set_status(LinkState.CONNECTED, "")

    async def _subscribe_all(self, connection: Connection) -> None:
        gone = [each for each in self._held if each not in self._wanted]
        for start in range(0, len(gone), FILTERS_PER_PACKET):
            batch = gone[start : start + FILTERS_PER_PACKET]
            self._held.difference_update(batch)
            await connection.unsubscribe(batch)
        for qos in (0, 1):
            new = [each for each, at in self._wanted.items() if at == qos and each not in self._held]
            for start in range(0, len(new), FILTERS_PER_PACKET):
                batch = new[start : start + FILTERS_PER_PACKET]
                self._held.update(batch)
                for refused in await connection.subscribe(batch, qos):
                    _log.warning("The broker does not let us listen to %s.", refused)

    def _set_status(self, state: LinkState, reason: str) -> None:
        self._attempted.set()
        if (state, reason) == (self._status.state, self._status.reason):
            return
        since = self._status.since if state is self._status.state else self._clock()
        self._status = LinkStatus(state, since, reason)
        for hook in tuple(self._status_hooks):
            hook(self._status)

    def _dispatch(self, message: Message) -> None:
        self._received += 1
        for handler in self._handlers.match(message.topic):
            if message.retained:
                if message.topic in self._retained[handler]:
                    continue  # it was asked for by another one; this one may have heard newer things since
                self._retained[handler].add(message.topic)
            try:
                handler(message)
            except Exception as error:  # noqa: BLE001 # one message must not take the house from everyone else
                _log.error("A message on %s could not be handled (%r).", message.topic, error)
                _log.debug("It happened here:", exc_info=True)


def _matching(topic_filter: str, topics: set[str]) -> set[str]:
    if "+" not in topic_filter and "#" not in topic_filter:
        return {topic_filter} & topics
    tree: TopicTree[None] = TopicTree()
    tree.add(topic_filter, None)
    return {topic for topic in topics if tree.match(topic)}
