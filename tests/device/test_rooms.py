"""The service as a process, and the rooms of a house: clients, satellites and sites over real sockets."""

import asyncio
import json
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.device.satellites.fake_satellite import satellite
from tests.device.test_service import HOST, PATIENCE, House, embedded, house_at
from wyoming.asr import Transcript
from wyoming.audio import AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.handle import Handled
from wyoming.info import Describe, Info
from wyoming.satellite import RunSatellite

from paige.iot.link import MqttLink
from paige.iot.link_options import LinkOptions
from paige.iot.message import Publication


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with embedded(tmp_path) as port, house_at(port, tmp_path) as one:
        yield one


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


async def described(port: int) -> Info:
    """What Home Assistant's client is told, as soon as the port is open."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with AsyncTcpClient(HOST, port) as client:
                    await client.write_event(Describe().event())
                    event = await client.read_event()
            except ConnectionRefusedError:
                await asyncio.sleep(0.1)
            else:
                assert event is not None
                return Info.from_event(event)


async def asked(port: int, text: str, **context: str) -> str:
    """What Home Assistant's client is answered."""
    async with AsyncTcpClient(HOST, port, connect_timeout=PATIENCE, read_timeout=PATIENCE) as client:
        await client.write_event(Transcript(text, context=context).event())
        event = await client.read_event()
    assert event is not None
    return Handled.from_event(event).text or event.type


async def test_where_the_satellites_of_others_stand_is_what_is_configured(house: House) -> None:
    port = free_port()
    environment = {
        "PAIGE_SATELLITES_WYOMING_PORT": str(port),
        "PAIGE_SATELLITES_HERMES": "true",
        "PAIGE_SATELLITES_AREAS": "assist_satellite.one Kitchen, pi-3 Bedroom, pi-4 Attic",
    }
    timer = "set a timer for 1 second"
    async with house.service(**environment) as service, house.listening("paige/paige/announcement") as until:

        async def rung() -> str | None:
            area: str | None = json.loads((await until(None)).payload)["area"]
            return area

        offered = await described(port)
        kinds = (offered.asr, offered.handle, offered.intent, offered.tts, offered.wake)
        assert [len(programs) for programs in kinds] == [1] * 5
        await asked(port, timer, satellite_id="assist_satellite.one")
        assert await rung() == "Kitchen"
        await asked(port, timer, satellite_id="assist_satellite.two")
        assert await rung() == "Living Room", "the one where the home description says that one is"
        async with MqttLink(LinkOptions(HOST, house.port)) as link:
            await link.connected(PATIENCE)
            session = {"siteId": "pi-3", "init": {"type": "action"}}
            captured = {"siteId": "pi-3", "text": timer}
            await publish(link, "hermes/dialogueManager/startSession", session)
            await publish(link, "hermes/asr/textCaptured", captured)
            assert await rung() == "Bedroom"
        log = await ended(service)
    assert "no area is called 'Attic' (satellites.areas)" in log
    assert "nobody says where 'assist_satellite.two' stands" in log


async def test_a_timer_rings_over_the_satellite_of_its_area_until_it_is_stopped(house: House) -> None:
    async with satellite() as kitchen, satellite() as bedroom:
        where = f"{HOST}:{kitchen.port} Kitchen, {HOST}:{bedroom.port} Bedroom"
        async with (
            house.service(PAIGE_SATELLITES_WYOMING=where) as service,
            house.listening("paige/paige/announcement") as until,
        ):
            for one in (kitchen, bedroom):
                await one.got(RunSatellite().event().type)
            await house.say("--here", "Kitchen", "set a timer for 1 second")
            assert json.loads((await until(None)).payload)["spoken"]
            await kitchen.got(AudioStop().event().type, 2)  # it rings, and says why
            async with MqttLink(LinkOptions(HOST, house.port)) as link:
                await link.connected(PATIENCE)
                await link.publish(Publication("paige/paige/listen", b"stop"), within=PATIENCE)
            await asyncio.sleep(0.5)
            rung = len(kitchen.events)
            await asyncio.sleep(3)
            assert len(kitchen.events) == rung, "stopped, it says no more"
            assert not any(AudioStart.is_type(event.type) for event in bedroom.events)
            await ended(service)


async def publish(link: MqttLink, topic: str, fields: dict[str, Any]) -> None:
    await link.publish(Publication(topic, json.dumps(fields).encode()), within=PATIENCE)


async def ended(service: Process) -> str:
    """Stop it; what it has logged."""
    service.terminate()
    assert service.stderr is not None
    async with asyncio.timeout(PATIENCE):
        return (await service.stderr.read()).decode()
