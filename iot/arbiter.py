"""The ears of one machine, and those of others on the broker: which of them answers."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from paige.iot.arbitration import (
    REMEMBERED,
    WINDOW,
    Arbitration,
    Bid,
    Claim,
    MessageRefused,
    Verdict,
    decode,
    encode,
)
from paige.iot.link import LinkState, MqttLink
from paige.iot.message import Message, Publication
from paige.iot.presence import ONLINE, Topics

_log = logging.getLogger(__name__)


class Arbiter:
    """Decides for the ears of this machine; an asynchronous context manager, within the link's.

    Others that may have ears are those whose status on the broker is online. While the broker cannot be
    reached, the ears of this machine decide among themselves.

    Args:
        link: Carries bids and claims.
        topics: Our own topics; the others' have the same root.
        window: Seconds that a decision may take.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        link: MqttLink,
        topics: Topics,
        *,
        window: float = WINDOW,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = link
        self._topics = topics
        self._window = window
        self._clock = clock
        self._ears: dict[str, _Ear] = {}
        self._recent: deque[tuple[float, Bid | Claim]] = deque(maxlen=REMEMBERED)
        """For ears that join in the middle of a decision."""
        self._online: set[str] = set()
        """Ids of other machines."""
        self._sending: set[asyncio.Task[object]] = set()

    @property
    def others(self) -> int:
        """How many other machines are there."""
        return len(self._others())

    async def __aenter__(self) -> Self:
        """Begin to listen to others."""
        self._link.subscribe([self._topics.arbitration], self._receive)
        self._link.subscribe([self._topics.any_status], self._note_status)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop to listen to others."""
        self._link.unsubscribe([self._topics.arbitration], self._receive)
        self._link.unsubscribe([self._topics.any_status], self._note_status)
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    def join(self, name: str = "") -> Callable[[], None]:
        """Count with an ear of this machine from now on; gives what ends that.

        Args:
            name: Tells it from this machine's other ears; the empty name is that of its own microphone.
        """
        ear = self._ears[name] = _Ear(Arbitration(self._full(name), self._window))
        for received, message in self._recent:
            ear.arbitration.hear(message, received)

        def leave() -> None:
            if self._ears.get(name) is ear:
                del self._ears[name]

        return leave

    async def wins(self, name: str = "", *, signal: float | None, score: float, age: float) -> bool:
        """Whether an ear that has heard a wake word answers; decided within the window.

        Args:
            name: The ear; one that has not joined does so now.
            signal: How far the voice stood out from the noise, in decibels; None where that is not known.
            score: How sure its detector was, 0 to 1.
            age: Seconds since the wake word ended.
        """
        if name not in self._ears:
            self.join(name)
        ear, now = self._ears[name], self._clock()
        bid = Bid(self._full(name), age, signal, score, of=len(self._ears))
        ear.arbitration.open(bid, self._others(), now)
        self._send(bid)
        while (verdict := ear.arbitration.verdict(self._clock())) is Verdict.OPEN:
            ear.changed.clear()
            waiting = asyncio.ensure_future(ear.changed.wait())
            await asyncio.wait([waiting], timeout=max(0.0, ear.arbitration.closes - self._clock()))
            waiting.cancel()
        if verdict is Verdict.WON:
            self._send(ear.arbitration.claim(self._clock()))
        _log.debug("wake word at %s: %s after %.0f ms", bid.ear, verdict, 1000 * (self._clock() - now))
        return verdict is Verdict.WON

    def _full(self, name: str) -> str:
        return f"{self._topics.id}/{name}" if name else self._topics.id

    def _others(self) -> frozenset[str]:
        return frozenset(self._online if self._connected else ())

    @property
    def _connected(self) -> bool:
        return self._link.status.state is LinkState.CONNECTED

    def _send(self, message: Bid | Claim) -> None:
        self._hand_out(message)
        # Not acknowledged: what arrives late would be about another wake word.
        publication = Publication(self._topics.arbitration, encode(message), qos=0)
        if self._connected:
            task = asyncio.create_task(self._link.publish(publication, within=self._window))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    def _receive(self, message: Message) -> None:
        if message.retained:
            return  # it may be of any age
        found = decode(message.payload)
        if isinstance(found, MessageRefused):
            _log.warning("A message on %s is ignored: %s.", message.topic, found.reason)
        elif found.ear.partition("/")[0] != self._topics.id:  # ours went around by a shorter way
            self._hand_out(found)

    def _hand_out(self, message: Bid | Claim) -> None:
        now = self._clock()
        self._recent.append((now, message))
        for ear in self._ears.values():
            ear.arbitration.hear(message, now)
            ear.changed.set()

    def _note_status(self, message: Message) -> None:
        peer = message.topic.removeprefix(f"{self._topics.root}/").removesuffix("/status")
        if message.payload == ONLINE and peer != self._topics.id:
            self._online.add(peer)
        else:
            self._online.discard(peer)


class _Ear:
    def __init__(self, arbitration: Arbitration) -> None:
        self.arbitration = arbitration
        self.changed = asyncio.Event()
