"""Commands over real brokers, to simulated devices that obey, stay silent, jam or are gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from tests.iot.conftest import HOST, PATIENCE_SECONDS, RunningBroker, listening, options, until_state

from paige.iot.cause import Cause, Why
from paige.iot.command import Command
from paige.iot.confirmation import Patience
from paige.iot.dialects.homeassistant import HomeAssistantDialect
from paige.iot.dialects.homie import HomieDialect
from paige.iot.dialects.tasmota import TasmotaDialect
from paige.iot.dialects.zigbee2mqtt import Zigbee2MqttDialect
from paige.iot.entity import Entity
from paige.iot.executor import Executor
from paige.iot.home import Home
from paige.iot.home_file import HomeDescription
from paige.iot.link import LinkState, MqttLink
from paige.iot.message import Publication
from paige.iot.outcome import Status
from paige.iot.registry import Registry
from paige.tools.simulated_home.device import Fault
from paige.tools.simulated_home.home import SimulatedHome

PATIENCE = Patience(deadline=0.6, moving=10.0)
SHED = HomeDescription((), (), (Entity("light.shed", "Shed Light", "light"),))


@dataclass
class Setting:
    """Everything between a command and a lamp."""

    house: SimulatedHome
    link: MqttLink
    registry: Registry
    executor: Executor

    def id(self, name: str) -> str:
        (entity,) = self.registry.named(name)
        return entity.id

    def state(self, name: str) -> str | None:
        (entity,) = self.registry.named(name)
        return entity.state

    def command(self, name: str, service: str, **data: int) -> Command:
        return Command(self.id(name), service, data)


@asynccontextmanager
async def setting(port: int) -> AsyncIterator[Setting]:
    registry = Registry(SHED)
    dialects = (HomeAssistantDialect(), TasmotaDialect(), HomieDialect(), Zigbee2MqttDialect())
    house = SimulatedHome()
    async with (
        house.joined(HOST, port),
        MqttLink(options(port)) as link,
        Home(link, registry, dialects) as home,
    ):
        with Executor(home, link, patience=PATIENCE) as executor:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await home.ready()
            yield Setting(house, link, registry, executor)


@pytest.fixture
async def scene(broker: RunningBroker) -> AsyncIterator[Setting]:
    async with setting(broker.port) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "service", "state"),
    [
        ("Kitchen Lamp", "turn_on", "on"),
        ("Coffee Maker", "turn_on", "on"),
        ("Living Room Ceiling Light", "turn_on", "on"),
        ("Front Door", "unlock", "unlocked"),
        ("Bedroom Fan", "turn_on", "on"),
        ("Garage Door", "open_cover", "open"),
    ],
)
async def test_in_every_dialect_a_command_is_done_when_the_entity_says_so(
    scene: Setting, name: str, service: str, state: str
) -> None:
    outcome = await scene.executor.execute(scene.command(name, service))
    assert (outcome.status, outcome.reason) == (Status.DONE, None)
    assert outcome.entity is not None
    assert outcome.entity.state == scene.state(name) == state
    assert outcome.publications
    assert not any(publication.retain for publication in outcome.publications)
    assert 0 < outcome.publish_seconds < PATIENCE.deadline
    assert 0 < outcome.confirm_seconds < PATIENCE.moving


async def test_a_device_that_obeys_in_silence_is_unconfirmed(scene: Setting) -> None:
    await scene.house.fail("Kitchen Lamp", Fault.SILENT)
    outcome = await scene.executor.execute(scene.command("Kitchen Lamp", "turn_on"))
    assert (outcome.status, outcome.reason) == (Status.UNCONFIRMED, Why(Cause.NOT_ANSWERED))
    assert outcome.publications
    assert outcome.confirm_seconds == 0


async def test_a_device_that_cannot_move_and_says_how_it_stands_is_unconfirmed(scene: Setting) -> None:
    await scene.house.fail("Front Door", Fault.JAMMED)
    outcome = await scene.executor.execute(scene.command("Front Door", "unlock"))
    assert outcome.status in (Status.UNCONFIRMED, Status.FAILED)
    assert outcome.reason
    assert outcome.entity is not None
    assert outcome.entity.state != "unlocked"


async def test_a_device_that_is_gone_is_refused_and_sent_nothing(scene: Setting) -> None:
    gone = asyncio.Event()
    scene.registry.subscribe(
        lambda update: gone.set() if update.after and not update.after.available else None
    )
    await scene.house.fail("Coffee Maker", Fault.UNAVAILABLE)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await gone.wait()
    delivered = scene.link.statistics().delivered
    outcome = await scene.executor.execute(scene.command("Coffee Maker", "turn_on"))
    assert (outcome.status, outcome.reason) == (Status.REFUSED, Why(Cause.UNAVAILABLE))
    assert outcome.publications == ()
    assert scene.link.statistics().delivered == delivered


@pytest.mark.parametrize("entity_id", ["light.shed", "light.of_another_house"])
async def test_what_no_device_has_announced_is_refused(scene: Setting, entity_id: str) -> None:
    outcome = await scene.executor.execute(Command(entity_id, "turn_on"))
    assert (outcome.status, outcome.reason) == (Status.REFUSED, Why(Cause.NOT_DISCOVERED))


async def test_what_an_entity_cannot_do_is_refused(scene: Setting) -> None:
    outcome = await scene.executor.execute(scene.command("Coffee Maker", "turn_on", brightness_pct=50))
    assert outcome.status is Status.REFUSED
    assert outcome.reason == Why(Cause.NO_FEATURE, {"feature": "brightness_pct"})
    assert outcome.publications == ()


async def test_a_scene_was_sent_and_more_cannot_be_said(scene: Setting) -> None:
    outcome = await scene.executor.execute(scene.command("Movie Night", "turn_on"))
    assert outcome.status is Status.UNCONFIRMED
    assert outcome.reason == Why(Cause.STATELESS)
    assert outcome.publications


async def test_a_lamp_that_is_on_already_is_turned_on_all_the_same_and_done(scene: Setting) -> None:
    command = scene.command("Kitchen Lamp", "turn_on")
    assert (await scene.executor.execute(command)).status is Status.DONE
    await scene.house.fail("Kitchen Lamp", Fault.SILENT)
    again = await scene.executor.execute(command)
    assert again.status is Status.DONE
    assert again.publications


async def test_several_commands_run_side_by_side_and_keep_their_order(scene: Setting) -> None:
    names = ["Kitchen Lamp", "Coffee Maker", "Front Door", "Reading Lamp"]
    await scene.house.fail("Coffee Maker", Fault.SILENT)
    loop = asyncio.get_running_loop()
    began = loop.time()
    services = ["turn_on", "turn_on", "unlock", "turn_on"]
    commands = [scene.command(name, service) for name, service in zip(names, services, strict=True)]
    outcomes = await scene.executor.execute_all(commands)
    assert [outcome.command for outcome in outcomes] == commands
    assert [outcome.status for outcome in outcomes] == ["done", "unconfirmed", "done", "done"]
    assert loop.time() - began < 2 * PATIENCE.deadline


async def test_commands_to_one_entity_run_one_after_another(scene: Setting) -> None:
    commands = [scene.command("Kitchen Lamp", service) for service in ("turn_on", "turn_off", "turn_on")]
    outcomes = await scene.executor.execute_all(commands)
    assert [outcome.status for outcome in outcomes] == ["done"] * 3
    assert [outcome.entity.state for outcome in outcomes if outcome.entity] == ["on", "off", "on"]


async def test_a_stop_does_not_wait_for_the_blind_to_arrive(scene: Setting) -> None:
    moving = asyncio.Event()
    scene.registry.subscribe(
        lambda update: moving.set() if update.after and update.after.state == "opening" else None
    )
    opening = asyncio.create_task(scene.executor.execute(scene.command("Garage Door", "open_cover")))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await moving.wait()
        await scene.executor.execute(scene.command("Garage Door", "stop_cover"))
        outcome = await opening
    assert outcome.status is Status.DONE or outcome.reason == Why(Cause.SUPERSEDED)


async def test_without_the_broker_a_command_fails_in_time_and_is_not_carried_out_later(
    broker: RunningBroker,
) -> None:
    async with setting(broker.port) as scene:
        command = scene.command("Kitchen Lamp", "turn_on")
        await broker.stop()
        await until_state(scene.link, LinkState.DOWN)
        loop = asyncio.get_running_loop()
        began = loop.time()
        outcome = await scene.executor.execute(command)
        assert (outcome.status, outcome.reason) == (Status.FAILED, Why(Cause.UNREACHED))
        assert outcome.publications == ()
        assert loop.time() - began < 2 * PATIENCE.deadline
        await broker.start()
        async with listening(broker.port, "zigbee2mqtt/#") as observer:
            await until_state(scene.link, LinkState.CONNECTED)
            await scene.link.publish(Publication("zigbee2mqtt/end", b"end"), within=5)
            await observer.payload(b"end")
        assert observer.payloads == [b"end"]
