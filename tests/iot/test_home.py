"""A home over real brokers, with the simulated house and with devices that the test makes up."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from tests.iot.conftest import (
    HOST,
    PATIENCE_SECONDS,
    Mosquitto,
    RunningBroker,
    listening,
    options,
    until_state,
)

from paige.iot.dialects.homeassistant import HomeAssistantDialect
from paige.iot.dialects.homie import HomieDialect
from paige.iot.dialects.tasmota import TasmotaDialect
from paige.iot.entity import Area, Entity
from paige.iot.home import Home
from paige.iot.home_file import HomeDescription
from paige.iot.link import LinkState, MqttLink
from paige.iot.message import Publication
from paige.iot.presence import Topics
from paige.iot.registry import Registry
from paige.tools.simulated_home.home import SimulatedHome
from paige.tools.simulated_home.tasmota import TasmotaPlug

NUMBERED = "homeassistant/switch/switch_{}/config"


@asynccontextmanager
async def home_on(port: int, registry: Registry | None = None) -> AsyncIterator[tuple[Home, MqttLink]]:
    dialects = (HomeAssistantDialect(), TasmotaDialect(), HomieDialect())
    async with (
        MqttLink(options(port)) as link,
        Home(link, registry or Registry(), dialects, own_topics=[Topics().config]) as home,
    ):
        yield home, link


async def ready(home: Home) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await home.ready()


async def until(registry: Registry, satisfied: Callable[[], bool]) -> None:
    changed = asyncio.Event()
    unsubscribe = registry.subscribe(lambda _: changed.set())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not satisfied():
            changed.clear()
            await changed.wait()
    unsubscribe()


def switch(number: int) -> Publication:
    topic = f"home/switch/{number}"
    config = {
        "name": f"Switch {number}",
        "uniq_id": f"switch_{number}",
        "cmd_t": f"{topic}/set",
        "stat_t": f"{topic}/state",
        "avty_t": f"{topic}/available",
        "dev": {"ids": [f"switch_{number}"], "name": f"Switch {number}"},
    }
    return Publication(NUMBERED.format(number), json.dumps(config).encode(), retain=True)


async def publish(port: int, *publications: Publication) -> None:
    async with MqttLink(options(port)) as link:
        await link.connected(5)
        for start in range(0, len(publications), 100):
            batch = publications[start : start + 100]
            await asyncio.gather(*(link.publish(each, within=5) for each in batch))


async def test_what_is_on_the_broker_already_is_known_when_the_home_is_ready(broker: RunningBroker) -> None:
    async with SimulatedHome().joined(HOST, broker.port), home_on(broker.port) as (home, _):
        await ready(home)
        registry = home.registry
        assert {"Coffee Maker", "Front Door", "Garage Door", "Thermostat", "Outdoor Temperature"} <= {
            entity.name for entity in registry.entities
        }
        assert registry.entity("lock.front_door") is not None
        # Tasmota's states are not retained: who was not there has to ask.
        await until(registry, lambda: all(each.state is not None for each in registry.named("Coffee Maker")))


async def test_what_comes_later_is_known_too_and_what_goes_is_forgotten(broker: RunningBroker) -> None:
    async with home_on(broker.port) as (home, _):
        await ready(home)
        await publish(
            broker.port,
            switch(1),
            Publication("home/switch/1/available", b"online", retain=True),
            Publication("home/switch/1/state", b"ON", retain=True),
        )
        await until(
            home.registry, lambda: any(each.state == "on" for each in home.registry.named("Switch 1"))
        )
        await publish(broker.port, Publication(NUMBERED.format(1), b"", retain=True))
        await until(home.registry, lambda: not home.registry.named("Switch 1"))


async def test_a_device_that_is_withdrawn_and_announced_anew_at_once_is_as_it_was(
    broker: RunningBroker,
) -> None:
    available = Publication("home/switch/1/available", b"online", retain=True)
    on = Publication("home/switch/1/state", b"ON", retain=True)
    async with home_on(broker.port) as (home, _):
        await ready(home)
        await publish(broker.port, switch(1), available, on)
        await until(
            home.registry, lambda: any(each.state == "on" for each in home.registry.named("Switch 1"))
        )
        withdrawn = asyncio.Event()
        home.registry.subscribe(lambda update: withdrawn.set() if update.after is None else None)
        await publish(broker.port, Publication(NUMBERED.format(1), b"", retain=True), switch(1))
        await until(
            home.registry,
            lambda: (
                withdrawn.is_set()
                and any(each.available and each.state == "on" for each in home.registry.named("Switch 1"))
            ),
        )


async def test_after_the_broker_has_returned_only_what_it_still_knows_is_known(broker: RunningBroker) -> None:
    described = HomeDescription((), (Area("Kitchen"),), (Entity("switch.lamp", "Switch 7", "switch"),))
    async with home_on(broker.port, Registry(described)) as (home, link):
        await publish(broker.port, switch(7), switch(8))
        await until(home.registry, lambda: bool(home.registry.named("Switch 8")))
        await broker.stop()
        await until_state(link, LinkState.DOWN)
        await broker.start()  # without what it had kept
        await publish(broker.port, switch(9))
        await until_state(link, LinkState.CONNECTED)
        await ready(home)
        assert [entity.name for entity in home.registry.entities] == ["Switch 7", "Switch 9"]
        assert home.registry.address("switch.lamp") is None
        assert home.statistics().rebuilds == 2


async def test_garbage_of_every_kind_changes_nothing_and_is_told_once(
    broker: RunningBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    topics = [
        "homeassistant/light/broken/config",
        "homeassistant/device/broken/config",
        "tasmota/discovery/AABBCCDDEEFF/config",
        "tasmota/discovery/AABBCCDDEEFF/sensors",
        "homie/5/broken/$state",
        "homie/5/broken/$description",
    ]
    payloads = [
        b"\xff\xfe\0",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'"' + b"x" * 100_000 + b'"',
    ]
    async with home_on(broker.port) as (home, link):
        await ready(home)
        for payload in payloads:
            await publish(broker.port, *(Publication(topic, payload) for topic in topics))
        await publish(broker.port, switch(1))
        await until(home.registry, lambda: bool(home.registry.named("Switch 1")))
        assert [entity.name for entity in home.registry.entities] == ["Switch 1"]
        assert link.statistics().connections == 1
        assert home.misunderstood
    assert "could not be handled" not in caplog.text
    assert "Traceback" not in caplog.text
    told = [record.args for record in caplog.records if "cannot be understood" in record.msg]
    assert len({str(args) for args in told}) == len(told)


class Shy(TasmotaPlug):
    """Says how it is before anyone can listen."""

    def announce(self) -> tuple[Publication, ...]:
        return super().announce()[:-1]


async def test_a_device_that_comes_later_is_asked_for_its_state_once(broker: RunningBroker) -> None:
    plugs = [Shy("Coffee Maker", "C0FFEE000001", on=True), Shy("Kettle", "C0FFEE000002", on=True)]
    async with home_on(broker.port) as (home, _), listening(broker.port, "cmnd/#") as observer:

        def states() -> list[str | None]:
            return [entity.state for entity in home.registry.entities]

        await ready(home)
        async with SimulatedHome(plugs[:1]).joined(HOST, broker.port) as house:
            await until(home.registry, lambda: states() == ["on"])
            await house.say(plugs[0].announce())
            async with SimulatedHome(plugs[1:]).joined(HOST, broker.port):
                await until(
                    home.registry, lambda: [one.state for one in home.registry.entities] == ["on"] * 2
                )
        asked = [message.topic for message in observer.messages]
        assert len(asked) == len(set(asked)) == len(plugs)


async def test_we_are_no_device_of_our_own_home(broker: RunningBroker) -> None:
    own = json.loads(switch(1).payload) | {"p": "switch"}
    device = {"dev": own.pop("dev"), "o": {"name": "Paige"}, "cmps": {"one": own}}
    async with home_on(broker.port) as (home, _):
        await publish(
            broker.port, Publication(Topics().config, json.dumps(device).encode(), retain=True), switch(2)
        )
        await until(home.registry, lambda: bool(home.registry.named("Switch 2")))
        assert [entity.name for entity in home.registry.entities] == ["Switch 2"]


async def test_a_home_of_five_thousand_entities_is_complete_when_it_is_ready(mosquitto: Mosquitto) -> None:
    await publish(mosquitto.port, *map(switch, range(5000)))
    async with home_on(mosquitto.port) as (home, _):
        async with asyncio.timeout(60):
            await home.ready()
        assert len(home.registry.entities) == 5000
        # Each of them is heard from then on.
        await publish(mosquitto.port, Publication("home/switch/4999/state", b"ON"))
        await until(home.registry, lambda: home.registry.named("Switch 4999")[0].state == "on")


async def test_a_device_whose_last_will_comes_is_unavailable(broker: RunningBroker) -> None:
    plug = TasmotaPlug("Coffee Maker", "C0FFEE000001")
    async with SimulatedHome([plug]).joined(HOST, broker.port) as house, home_on(broker.port) as (home, _):
        await ready(home)
        assert home.registry.named("Coffee Maker")[0].available
        await house.say(plug.presence(False))
        await until(home.registry, lambda: not home.registry.named("Coffee Maker")[0].available)
