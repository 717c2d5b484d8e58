"""A broker that was away is found soon after it is back, and what it costs meanwhile.

The broker, the sockets and the attempts are real; only the waits between attempts go by at once.
"""

import asyncio
import logging
import random
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from tests.iot.conftest import (
    HOST,
    PATIENCE_SECONDS,
    Certificates,
    Mosquitto,
    free_port,
    options,
    until_state,
)

from paige.iot.backoff import Backoff
from paige.iot.link import LinkState, MqttLink
from paige.iot.link_options import LinkOptions, TlsOptions

LONGEST = Backoff().ceiling
HOUR = 3600.0


class Time:
    """A clock that a wait moves on by itself, and what happens at a certain time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self._moved = asyncio.Event()
        self._due: tuple[float, Callable[[], Awaitable[None]]] | None = None

    def __call__(self) -> float:
        return self.now

    def at(self, when: float, what: Callable[[], Awaitable[None]]) -> None:
        self._due = (when, what)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        self._moved.set()
        if self._due is not None and self.now >= self._due[0]:
            (_, what), self._due = self._due, None
            await what()
        await asyncio.sleep(0)

    async def first_waits(self, count: int) -> list[float]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.waits) < count:
                self._moved.clear()
                await self._moved.wait()
        return self.waits[:count]


def link_of(link_options: LinkOptions, time: Time, chance: Callable[[], float]) -> MqttLink:
    """With the waits of a real one."""
    usual = LinkOptions()
    real = replace(link_options, backoff=usual.backoff, backoff_refused=usual.backoff_refused)
    return MqttLink(real, clock=time, chance=chance, sleep=time.sleep)


@pytest.mark.parametrize("away", [5.0, 30.0, 120.0, HOUR])
async def test_a_broker_that_returns_is_found_within_seconds_however_long_it_was_away(
    mosquitto: Mosquitto, away: float, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "paige.iot.link")
    time = Time()
    async with link_of(options(mosquitto.port), time, random.Random(1).random) as link:
        await link.connected(PATIENCE_SECONDS)
        time.now = began = HOUR
        back = asyncio.Event()

        async def start() -> None:
            await mosquitto.start()
            back.set()

        time.at(began + away, start)
        await mosquitto.stop()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await back.wait()
        await until_state(link, LinkState.CONNECTED)
        assert time.now - (began + away) <= LONGEST
    told = [record.getMessage().partition(f"{HOST}:")[0] for record in caplog.records]
    lost = ["The broker at "] if away <= 30 else ["The broker at ", "Nothing answers at "]
    assert told == ["Connected to the broker at ", *lost, "Connected to the broker at "]


async def test_whoever_is_refused_does_not_fill_the_log_of_the_broker(tmp_path: Path) -> None:
    strict = Mosquitto(tmp_path, settings=("allow_anonymous false",))
    await strict.start()
    time = Time()
    async with link_of(options(strict.port), time, lambda: 1.0) as link:
        assert await time.first_waits(8) == [1, 2, 4, 8, 16, 32, 60, 60]
        assert "wants a user name" in link.status.reason
    await strict.stop()


async def test_who_is_hung_up_on_again_and_again_takes_longer_and_longer() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"\x20\x02\x00\x00")  # welcome
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    time = Time()
    async with (
        await asyncio.start_server(serve, HOST, 0) as server,
        link_of(options(server.sockets[0].getsockname()[1]), time, lambda: 1.0),
    ):
        assert await time.first_waits(8) == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_certificates_are_not_read_again_while_nobody_answers_and_are_after_that(
    certificates: Certificates, tmp_path: Path
) -> None:
    trusted = tmp_path / "ca.pem"
    shutil.copy(certificates.other_ca, trusted)
    port = free_port()
    broker = Mosquitto(
        tmp_path,
        settings=(
            "allow_anonymous true",
            f"certfile {certificates.server}",
            f"keyfile {certificates.server_key}",
        ),
        port=port,
    )
    async with MqttLink(replace(options(port), host="localhost", tls=TlsOptions(trusted))) as link:
        assert "Nothing answers" in (await until_state(link, LinkState.DOWN)).reason
        trusted.unlink()
        await asyncio.sleep(0.5)  # two attempts and more
        assert "Nothing answers" in link.status.reason
        shutil.copy(certificates.ca, trusted)
        await broker.start()
        await until_state(link, LinkState.CONNECTED)
    await broker.stop()
