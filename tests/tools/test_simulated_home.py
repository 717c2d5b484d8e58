"""The simulated house against the dialects, first without and then with a broker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest

from paige.iot.change import (
    AvailabilityChanged,
    EntityAppeared,
    EntityRemoved,
    Misunderstood,
    StateChanged,
)
from paige.iot.command import Command, CommandRefused
from paige.iot.confirmation import Patience
from paige.iot.deeds import deed_of
from paige.iot.dialects.homeassistant import HomeAssistantDialect
from paige.iot.dialects.homie import HomieDialect
from paige.iot.dialects.protocol import Dialect
from paige.iot.dialects.tasmota import TasmotaDialect
from paige.iot.dialects.zigbee2mqtt import Zigbee2MqttDialect
from paige.iot.entity import AttributeValue, Entity
from paige.iot.executor import Executor
from paige.iot.expectation import expectation
from paige.iot.home import Home
from paige.iot.home_file import load_home
from paige.iot.link import MqttLink
from paige.iot.link_options import LinkOptions
from paige.iot.message import Message, Publication
from paige.iot.outcome import Status
from paige.iot.registry import Registry
from paige.iot.resolution import Reason
from paige.iot.units import TemperatureUnit
from paige.models.intent import Intent
from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.device import Fault
from paige.tools.simulated_home.home import SimulatedHome
from paige.tools.simulated_home.homie import WeatherSensor
from paige.tools.simulated_home.house import house
from paige.tools.simulated_home.zigbee2mqtt import ZigbeeContact

DEMO_HOME = Path(__file__).parents[2] / "tools" / "demo" / "home.yaml"

Data = dict[str, AttributeValue]

COLOURED: list[tuple[str, Data]] = [
    ("turn_on", {}),
    ("turn_on", {"brightness_pct": 40}),
    ("turn_on", {"rgb_color": (255, 0, 0)}),
    ("turn_on", {"rgb_color": (0, 0, 255), "brightness_pct": 70}),
    ("toggle", {}),
    ("turn_off", {}),
]
DIMMABLE: list[tuple[str, Data]] = [
    ("turn_on", {}),
    ("turn_on", {"brightness_pct": 25}),
    ("toggle", {}),
    ("turn_on", {"brightness_pct": 100}),
    ("turn_off", {}),
]
COMMANDS: list[tuple[str, str, Data]] = [
    *(("Kitchen Lamp", service, data) for service, data in COLOURED),
    ("Kitchen Lamp", "turn_on", {"color_temp_kelvin": 2700}),
    *(("Bedroom Lamp", service, data) for service, data in COLOURED),
    *(("Living Room Ceiling Light", service, data) for service, data in DIMMABLE),
    *(("Reading Lamp", service, data) for service, data in DIMMABLE),
    ("Coffee Maker", "turn_on", {}),
    ("Coffee Maker", "toggle", {}),
    ("Coffee Maker", "turn_on", {}),
    ("Coffee Maker", "turn_off", {}),
    ("Bedroom Fan", "turn_on", {}),
    ("Bedroom Fan", "set_percentage", {"percentage": 100}),
    ("Bedroom Fan", "set_percentage", {"percentage": 30}),
    ("Bedroom Fan", "toggle", {}),
    ("Bedroom Fan", "toggle", {}),
    ("Bedroom Fan", "turn_off", {}),
    ("Living Room Blinds", "close_cover", {}),
    ("Living Room Blinds", "set_cover_position", {"position": 35}),
    ("Living Room Blinds", "open_cover", {}),
    ("Living Room Blinds", "stop_cover", {}),
    ("Living Room Blinds", "toggle", {}),
    ("Garage Door", "open_cover", {}),
    ("Garage Door", "set_cover_position", {"position": 10}),
    ("Garage Door", "stop_cover", {}),
    ("Garage Door", "toggle", {}),
    ("Garage Door", "open_cover", {}),
    ("Garage Door", "close_cover", {}),
    ("Front Door", "unlock", {}),
    ("Front Door", "lock", {}),
    ("Garden Valve", "open_valve", {}),
    ("Garden Valve", "close_valve", {}),
    ("Thermostat", "set_temperature", {"temperature": 22.5}),
    ("Thermostat", "set_hvac_mode", {"hvac_mode": "auto"}),
    ("Thermostat", "turn_off", {}),
    ("Thermostat", "turn_on", {}),
    ("Robot", "start", {}),
    ("Robot", "pause", {}),
    ("Robot", "stop", {}),
    ("Robot", "return_to_base", {}),
    ("Kitchen Radio", "turn_on", {}),
    ("Kitchen Radio", "volume_set", {"volume_pct": 55}),
    ("Kitchen Radio", "volume_mute", {"is_volume_muted": True}),
    ("Kitchen Radio", "media_pause", {}),
    ("Kitchen Radio", "media_play", {}),
    ("Kitchen Radio", "toggle", {}),
    ("Kitchen Radio", "turn_off", {}),
]

STATELESS = [("Movie Night", "turn_on"), ("Water Plants", "press")]

EXPECTED_DOMAINS = {
    "Kitchen Lamp": "light",
    "Bedroom Lamp": "light",
    "Living Room Ceiling Light": "light",
    "Reading Lamp": "light",
    "Coffee Maker": "switch",
    "Bedroom Fan": "fan",
    "Living Room Blinds": "cover",
    "Garage Door": "cover",
    "Front Door": "lock",
    "Thermostat": "climate",
    "Robot": "vacuum",
    "Garden Valve": "valve",
    "Kitchen Radio": "media_player",
    "Movie Night": "scene",
    "Water Plants": "button",
    "Bedroom Window": "binary_sensor",
    "Outdoor Temperature": "sensor",
}


def dialects() -> tuple[Dialect, ...]:
    return (HomeAssistantDialect(), Zigbee2MqttDialect(), TasmotaDialect(), HomieDialect())


class Listener:
    """The dialects, and what they have learned; it hears only what their filters ask for."""

    def __init__(self) -> None:
        self.dialects = dialects()
        self.entities: dict[str, Entity] = {}
        self.misunderstood: list[Misunderstood] = []

    def filters(self) -> frozenset[str]:
        return frozenset().union(*(dialect.filters() for dialect in self.dialects))

    def hear(self, message: Message) -> None:
        for dialect in self.dialects:
            for change in dialect.receive(message):
                self.take(change)

    def take(self, change: object) -> None:
        match change:
            case EntityAppeared(entity=entity):
                before = self.entities.get(entity.id)
                state = before.state if before else entity.state
                attributes = {**entity.attributes, **(before.attributes if before else {})}
                self.entities[entity.id] = replace(entity, state=state, attributes=attributes)
            case EntityRemoved(entity_id=entity_id):
                del self.entities[entity_id]
            case StateChanged(entity_id=entity_id, state=state, attributes=attributes):
                entity = self.entities[entity_id]
                self.entities[entity_id] = replace(
                    entity, state=state or entity.state, attributes={**entity.attributes, **attributes}
                )
            case AvailabilityChanged(entity_id=entity_id, available=available):
                self.entities[entity_id] = replace(self.entities[entity_id], available=available)
            case Misunderstood():
                self.misunderstood.append(change)

    def named(self, name: str) -> Entity:
        (found,) = (
            entity
            for entity in self.entities.values()
            if entity.name == name and entity.domain == EXPECTED_DOMAINS[name]
        )
        return found

    def encode(self, command: Command) -> tuple[Publication, ...] | CommandRefused:
        return self._speaker(command.entity_id).encode(command)

    def refresh(self, entity_id: str) -> tuple[Publication, ...]:
        return self._speaker(entity_id).refresh(entity_id)

    def _speaker(self, entity_id: str) -> Dialect:
        name = self.entities[entity_id].dialect
        return next(dialect for dialect in self.dialects if dialect.name == name)


class Street:
    """Devices and listener without a broker: what is published is heard at once, and kept if retained."""

    def __init__(self) -> None:
        self.devices = {device.name: device for device in house()}
        self.listener = Listener()
        self.kept: dict[str, bytes] = {}
        self.heard_filters: frozenset[str] = frozenset()
        self.subscribe()
        for device in self.devices.values():
            for publication in device.announce():
                self.publish(publication)
        for entity_id in list(self.listener.entities):
            for publication in self.listener.refresh(entity_id):
                self.publish(publication)

    def publish(self, publication: Publication) -> None:
        if publication.retain:
            self.kept[publication.topic] = publication.payload
        if any(aiomqtt.Topic(publication.topic).matches(known) for known in self.heard_filters):
            self.listener.hear(Message(publication.topic, publication.payload))
            self.subscribe()
        for device in self.devices.values():
            if any(aiomqtt.Topic(publication.topic).matches(topic) for topic in device.filters):
                for answer in device.receive(Message(publication.topic, publication.payload)):
                    self.publish(answer)

    def subscribe(self) -> None:
        """Hear what new filters match and was retained, as from a broker, until no filter is new."""
        while new := self.listener.filters() - self.heard_filters:
            self.heard_filters |= new
            for topic, payload in list(self.kept.items()):
                if any(aiomqtt.Topic(topic).matches(known) for known in new):
                    self.listener.hear(Message(topic, payload, retained=True))


@pytest.fixture
def street() -> Street:
    return Street()


def test_every_device_of_the_house_is_discovered_available_and_of_its_kind(street: Street) -> None:
    found = {entity.name: entity.domain for entity in street.listener.entities.values()}
    assert EXPECTED_DOMAINS.items() <= found.items()
    assert all(street.listener.named(name).available for name in EXPECTED_DOMAINS)
    assert street.listener.misunderstood == []


def test_every_state_is_known_before_anything_was_commanded(street: Street) -> None:
    stateless = {name for name, _ in STATELESS}
    states = {name: street.listener.named(name).state for name in EXPECTED_DOMAINS if name not in stateless}
    assert states == {
        "Kitchen Lamp": "off",
        "Bedroom Lamp": "off",
        "Living Room Ceiling Light": "off",
        "Reading Lamp": "off",
        "Coffee Maker": "off",
        "Bedroom Fan": "off",
        "Living Room Blinds": "open",
        "Garage Door": "closed",
        "Front Door": "locked",
        "Thermostat": "heat",
        "Robot": "docked",
        "Garden Valve": "closed",
        "Kitchen Radio": "off",
        "Bedroom Window": "off",
        "Outdoor Temperature": "12.5",
    }


def test_every_command_is_carried_out_and_reported(street: Street) -> None:
    for name, service, data in COMMANDS:
        before = street.listener.named(name)
        command = Command(before.id, service, data)
        wanted = expectation(command, before)
        publications = street.listener.encode(command)
        assert not isinstance(publications, CommandRefused), (name, service, publications)
        assert not any(publication.retain for publication in publications), "a command is never retained"
        for publication in publications:
            street.publish(publication)
        after = street.listener.named(name)
        assert wanted is not None
        assert wanted.met(after), (name, service, data, after.state, after.attributes)
    assert street.listener.misunderstood == []


@pytest.mark.parametrize(
    ("name", "intent", "slot"),
    [
        ("Kitchen Lamp", "HassLightSet", "brightness_step"),
        ("Bedroom Lamp", "HassLightSet", "brightness_step"),
        ("Living Room Ceiling Light", "HassLightSet", "brightness_step"),
        ("Reading Lamp", "HassLightSet", "brightness_step"),
        ("Bedroom Fan", "HassFanSetSpeed", "percentage_step"),
        ("Living Room Blinds", "HassSetPosition", "position_step"),
        ("Thermostat", "HassClimateSetTemperature", "temperature_step"),
        ("Kitchen Radio", "HassSetVolumeRelative", "volume_step"),
    ],
)
def test_a_step_is_carried_out_from_where_the_device_is(
    street: Street, name: str, intent: str, slot: str
) -> None:
    carried_out = []
    for step in ("down", "up", "up", "down"):
        before = street.listener.named(name)
        order = Intent(intent, {slot: step}, 1.0, "")
        deed = deed_of(order)
        assert deed is not None
        ability = deed.order(order, before, TemperatureUnit.CELSIUS)
        if ability.command is None:
            assert ability.reason in (Reason.IS_OFF, Reason.AT_ITS_END)
            continue
        wanted = expectation(ability.command, before)
        publications = street.listener.encode(ability.command)
        assert wanted is not None
        assert not isinstance(publications, CommandRefused), publications
        assert not wanted.met(before)
        for publication in publications:
            street.publish(publication)
        after = street.listener.named(name)
        assert wanted.met(after), (step, after.state, after.attributes)
        carried_out.append(step)
    assert set(carried_out) == {"up", "down"}


def test_every_service_that_the_house_offers_is_among_the_commands_tried(street: Street) -> None:
    tried = {(name, service) for name, service, _ in COMMANDS} | set(STATELESS)
    offered = {
        (entity.name, service) for entity in street.listener.entities.values() for service in entity.services
    }
    assert offered - tried == set()


def test_a_scene_and_a_button_hear_their_command(street: Street) -> None:
    for name, service in STATELESS:
        publications = street.listener.encode(Command(street.listener.named(name).id, service))
        assert not isinstance(publications, CommandRefused)
        for publication in publications:
            street.publish(publication)
        assert getattr(street.devices[name], "times") == 1  # noqa: B009  # the protocol has no such field


def test_a_jammed_lock_says_so_and_a_jammed_lamp_stays_as_it_is(street: Street) -> None:
    for name, service, state in [("Front Door", "unlock", "jammed"), ("Kitchen Lamp", "turn_on", "off")]:
        street.devices[name].jammed = True
        publications = street.listener.encode(Command(street.listener.named(name).id, service))
        assert not isinstance(publications, CommandRefused)
        for publication in publications:
            street.publish(publication)
        assert street.listener.named(name).state == state


@pytest.mark.parametrize("name", sorted(EXPECTED_DOMAINS))
def test_a_device_that_is_gone_is_known_to_be_unavailable(street: Street, name: str) -> None:
    for publication in street.devices[name].presence(False):
        street.publish(publication)
    assert not street.listener.named(name).available
    for publication in street.devices[name].presence(True):
        street.publish(publication)
    assert street.listener.named(name).available


def test_a_bridge_that_is_gone_takes_its_lamps_with_it(street: Street) -> None:
    for publication in street.devices["Zigbee2MQTT"].presence(False):
        street.publish(publication)
    assert not street.listener.named("Kitchen Lamp").available
    assert street.listener.named("Coffee Maker").available


def test_sensors_report_what_changes(street: Street) -> None:
    window, weather = street.devices["Bedroom Window"], street.devices["Outdoor Temperature"]
    assert isinstance(window, ZigbeeContact)
    assert isinstance(weather, WeatherSensor)
    for publication in (*window.move(closed=False), *weather.measure(-3.5)):
        street.publish(publication)
    assert street.listener.named("Bedroom Window").state == "on"
    assert street.listener.named("Outdoor Temperature").state == "-3.5"


@pytest.mark.parametrize(
    "payload", [b"", b"\xff\xfe", b"{", b"[]", b"null", b'{"brightness":[]}', b"NaN", b"1e999"]
)
def test_devices_ignore_what_they_cannot_read(payload: bytes) -> None:
    for device in house():
        for topic in device.filters:
            for word in ("POWER", "DIMMER", "FANSPEED", "position", "volume"):
                before = device.announce()
                device.receive(Message(topic.replace("+", word), payload))
                assert len(device.announce()) == len(before)


@contextlib.asynccontextmanager
async def lived_in(deadline: float = 5.0) -> AsyncIterator[tuple[SimulatedHome, Home, Executor]]:
    """The simulated house and the real home that controls it, on an embedded broker."""
    registry = Registry(load_home(DEMO_HOME))
    async with contextlib.AsyncExitStack() as stack:
        broker = await stack.enter_async_context(EmbeddedBroker())
        house = await stack.enter_async_context(
            SimulatedHome(answer_seconds=0).joined(broker.host, broker.port)
        )
        link = await stack.enter_async_context(MqttLink(LinkOptions(host=broker.host, port=broker.port)))
        home = await stack.enter_async_context(Home(link, registry, dialects()))
        executor = stack.enter_context(Executor(home, link, patience=Patience(deadline=deadline)))
        async with asyncio.timeout(30):
            await home.ready()
        yield house, home, executor


async def until(home: Home, entity_id: str, fits: Callable[[Entity], bool]) -> Entity:
    """The entity, once it is as wanted."""
    changed = asyncio.Event()
    unsubscribe = home.registry.subscribe(lambda update: changed.set())
    try:
        async with asyncio.timeout(10):
            while (entity := home.registry.entity(entity_id)) is None or not fits(entity):
                changed.clear()
                await changed.wait()
            return entity
    finally:
        unsubscribe()


async def test_over_a_real_broker_the_described_house_is_the_discovered_one() -> None:
    async with lived_in() as (_, home, _executor):
        statistics = home.registry.statistics()
        assert statistics.undiscovered == 0
        assert statistics.unavailable == 0
        assert statistics.misunderstood == 0
        assert {entity.id for entity in load_home(DEMO_HOME).entities} <= {
            entity.id for entity in home.registry.entities
        }
        (lamp,) = home.registry.named("couch light")
        assert (lamp.name, lamp.area) == ("Reading Lamp", "Living Room")
        # A Tasmota does not retain its state: that it is known shows that it was asked.
        assert (await until(home, lamp.id, lambda known: known.state is not None)).state == "off"


async def test_over_a_real_broker_every_command_is_confirmed_by_the_device_itself() -> None:
    async with lived_in() as (_, home, executor):
        for name, service, data in COMMANDS:
            (entity,) = home.registry.find(name, domains={EXPECTED_DOMAINS[name]})
            outcome = await executor.execute(Command(entity.id, service, data))
            assert outcome.status is Status.DONE, (name, service, data, outcome)


async def test_over_a_real_broker_every_fault_has_the_outcome_it_should() -> None:
    async with lived_in(deadline=0.4) as (house, home, executor):
        (valve,) = home.registry.named("Garden Valve")
        (lamp,) = home.registry.named("Kitchen Lamp")
        (door,) = home.registry.find("Front Door", domains={"lock"})

        await house.fail("Garden Valve", Fault.DEAF)
        await house.fail("Kitchen Lamp", Fault.SILENT)
        await house.fail("Front Door", Fault.JAMMED)
        deaf, silent, jammed = await executor.execute_all(
            [Command(valve.id, "open_valve"), Command(lamp.id, "turn_on"), Command(door.id, "unlock")]
        )
        assert deaf.status is Status.UNCONFIRMED
        assert silent.status is Status.UNCONFIRMED
        assert jammed.status is Status.FAILED
        assert jammed.entity is not None
        assert jammed.entity.state == "jammed"

        await house.fail("Front Door", Fault.UNAVAILABLE)
        await until(home, door.id, lambda known: not known.available)
        assert (await executor.execute(Command(door.id, "unlock"))).status is Status.REFUSED


async def test_the_house_leaves_even_where_its_library_loses_a_cancellation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As `asyncio.wait_for` of Python 3.11 does when what it waits for is done at the same moment."""
    async with (
        EmbeddedBroker() as broker,
        aiomqtt.Client(broker.host, broker.port) as sender,
        asyncio.timeout(20),
        SimulatedHome().joined(broker.host, broker.port) as home,
    ):
        publish, publishing = home._publish, asyncio.Event()

        async def lossy(publications: Iterable[Publication]) -> None:
            publishing.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            await publish(publications)

        monkeypatch.setattr(home, "_publish", lossy)
        await sender.publish("cmnd/tasmota_000002/POWER1", "ON")
        await publishing.wait()
        monkeypatch.setattr(home, "_publish", publish)
