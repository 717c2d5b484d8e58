"""The button that makes Paige listen, over a real broker."""

import asyncio

from tests.iot.conftest import RunningBroker, options

from paige.iot.link import MqttLink
from paige.iot.message import Publication
from paige.iot.presence import Topics
from paige.iot.push_to_talk import PushToTalk

TOPICS = Topics("paige", "home")


async def test_a_push_makes_it_listen_or_be_quiet_and_an_old_one_nothing(broker: RunningBroker) -> None:
    pushed: asyncio.Queue[str] = asyncio.Queue()
    heard = (lambda: pushed.put_nowait("listen"), lambda: pushed.put_nowait("hush"))
    async with MqttLink(options(broker.port)) as link, MqttLink(options(broker.port)) as other:
        await other.connected(5)
        await other.publish(Publication(TOPICS.listen, b"PRESS", retain=True), within=5)
        await link.connected(5)
        with PushToTalk(link, TOPICS, *heard):
            await link.subscribed()
            for payload in (b"stop", b"PRESS", b""):
                await other.publish(Publication(TOPICS.listen, payload), within=5)
            async with asyncio.timeout(5):
                assert [await pushed.get() for _ in range(3)] == ["hush", "listen", "listen"]
