"""What others on the broker are told of us."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from tests.iot.conftest import Inbox, RunningBroker, listening, options, until_state

from paige.iot.change import Misunderstood
from paige.iot.dialects.homeassistant import HomeAssistantDialect
from paige.iot.link import LinkState, MqttLink
from paige.iot.message import Message, Publication
from paige.iot.outcome import Status
from paige.iot.presence import (
    LONGEST_PAUSE_SECONDS,
    OFFLINE,
    ONLINE,
    PUBLISH_SECONDS,
    Presence,
    Topics,
    description,
    will,
)

GOLDEN = Path(__file__).with_name("golden") / "presence.json"
TOPICS = Topics("paige", "home")


def link_to(port: int) -> MqttLink:
    return MqttLink(replace(options(port), client_id="paige-home"), will=will(TOPICS))


def presence_on(link: MqttLink, chance: float = 0.0) -> Presence:
    return Presence(link, TOPICS, name="Paige", version="1.2.3", chance=lambda: chance)


def test_our_description_is_the_one_that_is_written_down_and_our_own_ears_understand_it() -> None:
    publication = description(TOPICS, "Paige", "1.2.3")
    assert publication.topic == "homeassistant/device/paige_home/config"
    assert publication.retain
    assert json.loads(publication.payload) == json.loads(GOLDEN.read_text())
    changes = HomeAssistantDialect().receive(Message(publication.topic, publication.payload))
    assert not [change for change in changes if isinstance(change, Misunderstood)]


async def test_we_introduce_ourselves_are_online_and_go_with_a_word(broker: RunningBroker) -> None:
    async with listening(broker.port, TOPICS.status, TOPICS.config) as observer:
        async with link_to(broker.port) as link, presence_on(link):
            await observer.payload(ONLINE)
        await observer.payload(OFFLINE)
    assert [message.topic for message in observer.messages] == [TOPICS.config, TOPICS.status, TOPICS.status]
    async with listening(broker.port, TOPICS.status) as later:
        message = (await later.count(1))[0]
        assert (message.payload, message.retained) == (OFFLINE, True)


async def test_after_the_broker_has_returned_we_say_everything_again(broker: RunningBroker) -> None:
    async with link_to(broker.port) as link, presence_on(link) as presence:
        await link.connected(5)
        await presence.tell(Status.DONE)
        await presence.tell_health({"microphone": {"state": "ok"}})
        await broker.stop()
        await until_state(link, LinkState.DOWN)
        async with asyncio.timeout(PUBLISH_SECONDS / 4):
            await presence.tell(Status.FAILED)  # whoever speaks next does not wait for the broker
        await broker.start()
        async with listening(broker.port, "paige/#", TOPICS.config) as observer:
            everything = {TOPICS.config, TOPICS.status, TOPICS.outcome, TOPICS.health}
            await observer.until(lambda messages: everything <= {message.topic for message in messages})
        assert b"failed" in observer.payloads


async def test_when_home_assistant_starts_we_introduce_ourselves_after_a_while_by_chance(
    broker: RunningBroker,
) -> None:
    chance = 0.02
    loop = asyncio.get_running_loop()
    async with link_to(broker.port) as link, presence_on(link, chance):
        async with listening(broker.port, TOPICS.status) as observer:
            await observer.payload(ONLINE)
        async with listening(broker.port, TOPICS.config, "end") as observer:
            await observer.count(1)  # the retained one
            began = loop.time()
            await link.publish(Publication(TOPICS.home_assistant, b"offline"), within=5)
            await link.publish(Publication(TOPICS.home_assistant, b"online"), within=5)
            messages = await observer.count(2)
            assert loop.time() - began >= chance * LONGEST_PAUSE_SECONDS
    assert [message.retained for message in messages] == [True, False]


async def test_the_last_will_of_a_former_connection_does_not_make_us_look_gone(broker: RunningBroker) -> None:
    async with (
        link_to(broker.port) as link,
        presence_on(link),
        listening(broker.port, TOPICS.status) as observer,
        MqttLink(options(broker.port)) as other,
    ):
        await observer.payload(ONLINE)
        seen = len(observer.messages)
        await other.publish(Publication(TOPICS.status, OFFLINE, retain=True), within=5)
        await observer.until(lambda messages: len(messages) >= seen + 2)
        assert observer.payloads[seen:] == [OFFLINE, ONLINE]


async def test_nothing_that_is_kept_on_the_broker_says_what_was_said(broker: RunningBroker) -> None:
    inbox = Inbox()
    async with link_to(broker.port) as link, presence_on(link) as presence:
        await link.connected(5)
        await presence.tell(Status.REFUSED)
        link.subscribe(["paige/#"], inbox)
        await inbox.payload(b"refused")
        assert {message.payload for message in inbox.messages} <= {ONLINE, b"refused"}
