"""Sentences that come over MQTT, and how their answers go back.

On `<root>/<id>/say` a request is a JSON object, not retained:

    {"id": "3f9a", "text": "turn on the light", "here": "Kitchen", "expires": 1767225600.5}

`id` is of letters, digits, `_` and `-`; `here`, the speaker's area, and `expires`, Unix time in seconds, may
be absent. The answer comes on `<root>/<id>/turn/<id of the request>`, not retained. On `<root>/<id>/say/set`
the payload is the sentence itself; nobody waits for its answer.
"""

import asyncio
import json
import logging
import math
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from paige.iot.errors import LinkDown
from paige.iot.link import Delivery, MqttLink
from paige.iot.message import Message, Publication
from paige.iot.presence import Topics

_log = logging.getLogger(__name__)

LONGEST_TEXT = 1000
"""Characters of a sentence; nobody says more in one breath."""
REMEMBERED = 1000
"""Requests whose repetition is noticed."""
MOST_ANSWERED = 16
"""Requests that may be answered at a time; others are ignored."""
ANSWER_SECONDS = 5.0
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Request:
    """One sentence for the running service."""

    text: str
    id: str | None = None
    """None where nobody waits for an answer."""
    here: str | None = None
    """The area that the speaker is in."""
    expires: float | None = None
    """Unix time in seconds, from which on it is too late to do as it says."""


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """Why a message is no request that may be carried out."""

    reason: str


def encode(request: Request) -> bytes:
    """The payload of a request on the topic `say`."""
    fields = {"id": request.id, "text": request.text, "here": request.here, "expires": request.expires}
    return json.dumps({key: value for key, value in fields.items() if value is not None}).encode()


def decode(payload: bytes) -> Request | RequestRefused:
    """The request in a payload on the topic `say`."""
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError):
        return RequestRefused("it is not JSON")
    if not isinstance(fields, dict):
        return RequestRefused("it is not a JSON object")
    request_id, text, here, expires = (fields.get(key) for key in ("id", "text", "here", "expires"))
    if not isinstance(request_id, str) or not _ID.fullmatch(request_id):
        return RequestRefused("“id” is not of letters, digits, _ and -")
    if here is not None and not isinstance(here, str):
        return RequestRefused("“here” is not a text")
    if expires is not None and not _is_time(expires):
        return RequestRefused("“expires” is not a number of seconds")
    sentence = _sentence(text)
    if isinstance(sentence, RequestRefused):
        return sentence
    return Request(sentence, request_id, here, expires)


def decode_text(payload: bytes) -> Request | RequestRefused:
    """The request in a payload on the topic `say/set`."""
    try:
        sentence = _sentence(payload.decode())
    except UnicodeDecodeError:
        return RequestRefused("it is not text in UTF-8")
    return sentence if isinstance(sentence, RequestRefused) else Request(sentence)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _sentence(text: object) -> str | RequestRefused:
    if not isinstance(text, str) or not text.strip():
        return RequestRefused("there is no sentence in it")
    if len(text) > LONGEST_TEXT:
        return RequestRefused(f"the sentence is longer than {LONGEST_TEXT} characters")
    return text.strip()


class Gate:
    """Lets each request through once, and in time."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._seen: OrderedDict[str, None] = OrderedDict()

    def admit(self, message: Message, now: float) -> Request | RequestRefused:
        """The request in a message that may be carried out at `now`, Unix time in seconds.

        A retained one may not: a broker that restarts must not unlock a door.
        """
        if message.retained:
            return RequestRefused("it is retained, and may be of any age")
        decoder = decode_text if message.topic == self._topics.say_set else decode
        request = decoder(message.payload)
        return request if isinstance(request, RequestRefused) else self.let_through(request, now)

    def let_through(self, request: Request, now: float) -> Request | RequestRefused:
        """The same request, if it has not been here before and it is not too late for it at `now`."""
        if request.expires is not None and request.expires <= now:
            return RequestRefused(f"it is {now - request.expires:.1f} seconds too late")
        if request.id is not None:
            if request.id in self._seen:
                return RequestRefused("it was received before")
            self._seen[request.id] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return request


class RequestServer:
    """Answers requests; an asynchronous context manager, within the link's.

    Answers begin in the order of the requests, and none waits for another to be ready.
    """

    def __init__(
        self,
        link: MqttLink,
        topics: Topics,
        answer: Callable[[Request], Awaitable[bytes]],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is heard before it is entered.

        Args:
            link: Brings requests and carries answers.
            topics: Our own topics.
            answer: Does as a request says and gives the payload of its answer. It must not raise.
            clock: Unix time in seconds.
        """
        self._link = link
        self._topics = topics
        self._answer = answer
        self._clock = clock
        self._gate = Gate(topics)
        self._answering: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        self._link.subscribe([self._topics.say, self._topics.say_set], self._receive, qos=1)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop to listen; requests that are being answered are given up."""
        self._link.unsubscribe([self._topics.say, self._topics.say_set], self._receive)
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    def _receive(self, message: Message) -> None:
        request = self._gate.admit(message, self._clock())
        if isinstance(request, RequestRefused):
            _log.warning("A request on %s is ignored: %s.", message.topic, request.reason)
            return
        if len(self._answering) >= MOST_ANSWERED:
            _log.warning("A request on %s is ignored: too many are being answered.", message.topic)
            return
        task = asyncio.create_task(self._respond(request), name="mqtt-request")
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _respond(self, request: Request) -> None:
        answer = await self._answer(request)
        if request.id is not None:
            await self._link.publish(
                Publication(self._topics.turn(request.id), answer), within=ANSWER_SECONDS
            )


async def ask(link: MqttLink, topics: Topics, request: Request, *, within: float) -> bytes:
    """Put a request to the running service, and give its answer.

    Args:
        link: A link that has been entered.
        topics: Those of the service.
        request: With an id that nobody else uses.
        within: Seconds that the service may take, and the broker before it.

    Raises:
        LinkDown: the broker cannot be reached.
        TimeoutError: no service has answered.
    """
    if request.id is None:
        raise ValueError("a request without an id has no answer")
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def receive(message: Message) -> None:
        if not message.retained and not answered.done():
            answered.set_result(message.payload)

    topic = topics.turn(request.id)
    link.subscribe([topic], receive, qos=1)
    try:
        await link.connected(within)
        async with asyncio.timeout(within):
            receipt = await link.publish(Publication(topics.say, encode(request)), within=within)
            if receipt.delivery is not Delivery.DELIVERED:
                raise LinkDown(receipt.reason)
            return await answered
    finally:
        link.unsubscribe([topic], receive)
