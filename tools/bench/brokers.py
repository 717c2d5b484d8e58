"""Brokers and the simulated house as processes of their own, so that only Paige is measured."""

import asyncio
import os
import shutil
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import paige.audio
from paige.tools.bench.errors import BenchFailed

HOST: Final = "127.0.0.1"
EMBEDDED: Final = "embedded"
MOSQUITTO: Final = "mosquitto"
_START_SECONDS = 60.0


def mosquitto() -> str | None:
    """Where Debian's broker is; its folder is not in the path of everyone."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def brokers() -> tuple[str, ...]:
    """Those that can be started here."""
    return (EMBEDDED,) if mosquitto() is None else (EMBEDDED, MOSQUITTO)


def environment(**more: str) -> dict[str, str]:
    """For a Python process that imports the same `paige` as this one."""
    root = str(Path(paige.audio.__file__).parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path, **more}


@asynccontextmanager
async def process(
    *command: str, env: Mapping[str, str] | None = None, stdout: int = DEVNULL, stderr: int = DEVNULL
) -> AsyncIterator[Process]:
    """A process that lives no longer than the block."""
    running = await asyncio.create_subprocess_exec(
        *command, env=env or environment(), stdin=DEVNULL, stdout=stdout, stderr=stderr
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            with suppress(ProcessLookupError):
                running.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(_START_SECONDS):
                await running.wait()
        if running.returncode is None:
            running.kill()
            await running.wait()


@asynccontextmanager
async def running_broker(name: str) -> AsyncIterator[int]:
    """A broker in a process of its own; gives its port on the loopback interface."""
    if name == EMBEDDED:
        async with process(sys.executable, "-m", "paige.tools.bench.embedded", stdout=PIPE) as running:
            yield int(await _first_line(running, "the embedded broker"))
        return
    program = mosquitto()
    if program is None:
        raise BenchFailed("mosquitto is not installed here: apt-get install mosquitto")
    port = _free_port()
    async with process(program, "-p", str(port)):
        await _listening(port)
        yield port


@asynccontextmanager
async def simulated_home(port: int, answer_seconds: float) -> AsyncIterator[None]:
    """The simulated house, answering on a broker from a process of its own."""
    module = "paige.tools.simulated_home"
    options = ("--host", HOST, "--port", str(port), "--answer-seconds", str(answer_seconds))
    async with process(
        sys.executable, "-m", module, *options, env=environment(PYTHONUNBUFFERED="1"), stdout=PIPE
    ) as running:
        await _first_line(running, "the simulated house")
        yield


async def _first_line(running: Process, what: str) -> str:
    assert running.stdout is not None
    with suppress(TimeoutError):
        async with asyncio.timeout(_START_SECONDS):
            line = (await running.stdout.readline()).decode().strip()
            if line:
                return line
    raise BenchFailed(f"{what} did not start within {_START_SECONDS:g} seconds")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


async def _listening(port: int) -> None:
    for _ in range(int(_START_SECONDS / 0.02)):
        with suppress(ConnectionRefusedError):
            _, writer = await asyncio.open_connection(HOST, port)
            writer.close()
            return
        await asyncio.sleep(0.02)
    raise BenchFailed(f"mosquitto does not listen on port {port}")
