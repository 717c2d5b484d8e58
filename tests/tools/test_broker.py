"""The embedded broker where amqtt alone would fail."""

import asyncio

import pytest
from amqtt.broker import Broker
from tests.iot.conftest import cancelled, debian_12

from paige.iot.link import MqttLink
from paige.iot.link_options import LinkOptions
from paige.iot.message import Publication
from paige.tools import broker as module
from paige.tools.broker import EmbeddedBroker, _Subscriptions

__all__ = ["debian_12"]  # a fixture

PATIENCE = 20.0


def test_subscriptions_may_change_while_they_are_gone_through() -> None:
    subscriptions = _Subscriptions({"a": [], "b": []})
    for topic in subscriptions:
        subscriptions[topic + topic] = []
    for topic, _ in subscriptions.items():
        del subscriptions[topic]
    assert subscriptions == {}


async def test_clients_that_come_and_subscribe_at_once_all_stay() -> None:
    async with EmbeddedBroker() as broker:
        options = LinkOptions(host=broker.host, port=broker.port)
        async with MqttLink(options) as first:
            await first.connected(PATIENCE)
            for number in range(50):
                await first.publish(Publication(f"kept/{number}", b"x", retain=True), within=PATIENCE)

            async def come(number: int) -> None:
                async with MqttLink(options) as link:
                    link.subscribe([f"kept/{topic}" for topic in range(number, 50)], lambda _: None)
                    await link.connected(PATIENCE)  # without another try: being hung up on would raise
                    await link.subscribed()

            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*map(come, range(20)))


@pytest.mark.usefixtures("debian_12")
async def test_the_port_is_free_again_although_clients_do_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: Broker) -> None:
        await asyncio.Event().wait()

    broker = await EmbeddedBroker().__aenter__()
    with monkeypatch.context() as patch:
        patch.setattr(module, "GOODBYE_SECONDS", 0.05)
        patch.setattr(Broker, "shutdown", hang)
        await cancelled(lambda: broker.__aexit__(None, None, None))
    async with EmbeddedBroker(broker.port):
        pass
