"""Asks the running service, over the broker."""

import asyncio
import secrets
import time

from paige.device.errors import ServiceUnreachable
from paige.device.turn import Turn
from paige.device.turn_reading import read_turn
from paige.iot.link import MqttLink
from paige.iot.message import Message
from paige.iot.presence import ONLINE, Topics
from paige.iot.requests import Request, ask

CONNECT_SECONDS = 10.0
STATUS_SECONDS = 0.5
"""How long the broker has, once it has answered a subscription, to tell what is retained there."""
ANSWER_SECONDS = 45.0
"""A garage door may take 30 seconds to have closed, and another request may be before ours."""


async def service_is_running(link: MqttLink, topics: Topics) -> bool:
    """Whether a service says that it is there.

    Raises:
        LinkDown: The broker cannot be reached.
    """
    told: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def receive(message: Message) -> None:
        if not told.done():
            told.set_result(message.payload)

    link.subscribe([topics.status], receive, qos=1)
    try:
        await link.connected(CONNECT_SECONDS)
        async with asyncio.timeout(STATUS_SECONDS):
            return await told == ONLINE
    except TimeoutError:
        return False
    finally:
        link.unsubscribe([topics.status], receive)


async def ask_service(link: MqttLink, topics: Topics, text: str, here: str | None) -> Turn:
    """One sentence to the running service, and the turn it became.

    Raises:
        LinkDown: The broker cannot be reached.
        ServiceUnreachable: The service did not answer, or not with a turn.
    """
    request = Request(text, secrets.token_hex(8), here, expires=time.time() + ANSWER_SECONDS)
    try:
        answer = await ask(link, topics, request, within=ANSWER_SECONDS)
    except TimeoutError:
        raise ServiceUnreachable(
            f"the service says that it is running but has not answered for {ANSWER_SECONDS:g} "
            "seconds; it may or may not have done it. See its log: journalctl -u paige"
        ) from None
    return read_turn(answer)
