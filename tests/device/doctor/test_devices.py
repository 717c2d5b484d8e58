"""The check of devices, against a simulated house on a real broker."""

import asyncio
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from paige.device.config.load import Loaded, load
from paige.device.doctor.finding import Finding, Verdict
from paige.device.doctor.home import devices
from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.device import SimulatedDevice
from paige.tools.simulated_home.home import SimulatedHome
from paige.tools.simulated_home.homeassistant import Cover
from paige.tools.simulated_home.house import house


@contextmanager
def joined(*more: SimulatedDevice) -> Iterator[int]:
    """The port of a broker that serves a house in a thread of its own: a check has its own event loop."""
    ports: list[int] = []
    begun, ended = Event(), Event()

    async def serve() -> None:
        async with (
            EmbeddedBroker() as broker,
            SimulatedHome((*house(), *more)).joined(broker.host, broker.port),
        ):
            ports.append(broker.port)
            begun.set()
            await asyncio.to_thread(ended.wait)

    thread = Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert begun.wait(30)
        yield ports[0]
    finally:
        ended.set()
        thread.join()


def configured(port: int, **more: str) -> Loaded:
    environment = {"PAIGE_MQTT_HOST": "127.0.0.1", "PAIGE_MQTT_PORT": str(port)}
    return load(Path(os.devnull), environment | more)


def looked_at(*more: SimulatedDevice, **settings: str) -> Finding:
    with joined(*more) as port:
        return devices(configured(port, **settings))


def test_a_house_that_says_what_it_is_is_well() -> None:
    finding = looked_at()
    assert (finding.verdict, finding.remedy) == (Verdict.OK, "")
    assert finding.text.endswith("entities speak over MQTT")


@pytest.fixture
def motor() -> Cover:
    """A cover that does not say what it opens."""
    return Cover("Motor 7", "Yard", "")


def test_a_cover_that_does_not_say_what_it_opens_is_pointed_out(motor: Cover) -> None:
    finding = looked_at(motor)
    assert finding.verdict is Verdict.WARNING
    assert "Motor 7 (cover.motor_7)" in finding.text
    assert "device_class" in finding.remedy


@pytest.mark.parametrize("device_class", ["garage", "blind"])
def test_who_says_in_the_home_description_what_it_is_hears_no_more_of_it(
    motor: Cover, device_class: str, tmp_path: Path
) -> None:
    home = {"entities": [{"id": "cover.motor_7", "name": "Motor 7", "device_class": device_class}]}
    (tmp_path / "home.yaml").write_text(json.dumps(home))
    assert looked_at(motor, PAIGE_HOUSE_HOME=str(tmp_path / "home.yaml")).verdict is Verdict.OK


def test_without_a_broker_it_is_not_looked_at() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        finding = devices(configured(int(one.getsockname()[1])))
    assert finding.verdict is Verdict.WARNING
    assert "not looked at" in finding.text
