"""The whole service as a process, and what it tells its service manager."""

import asyncio
import os
import secrets
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from paige.iot.link import MqttLink
from paige.iot.link_options import LinkOptions
from paige.iot.presence import Topics
from paige.iot.requests import Request, ask
from paige.tools.bench.brokers import HOST, environment, process
from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.process_memory import Memory, process_memory, processor_seconds

_READY_SECONDS = 120.0
_ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class RunningService:
    """`paige run`, ready."""

    pid: int
    port: int
    """Of the broker."""
    ready_seconds: float
    """From the start of the process to READY=1."""
    ready_processor_seconds: float
    """What it took of the processor until then."""

    def memory(self) -> Memory:
        """What it holds now."""
        return process_memory(self.pid)

    def processor_seconds(self) -> float:
        """What it has taken of the processor so far."""
        return processor_seconds(self.pid)

    async def say(self, texts: list[str]) -> list[float]:
        """Give it sentences one after another; seconds from asking for each to its answer."""
        taken = []
        async with MqttLink(LinkOptions(HOST, self.port)) as link:
            await link.connected(_ANSWER_SECONDS)
            for text in texts:
                began = time.monotonic()
                await ask(link, Topics(), Request(text, secrets.token_hex(8)), within=_ANSWER_SECONDS)
                taken.append(time.monotonic() - began)
        return taken


@asynccontextmanager
async def running_service(port: int, home: Path | None, **settings: str) -> AsyncIterator[RunningService]:
    """The service on the broker at `port`, once it says that it is ready.

    Args:
        port: Where the broker is, on the loopback interface.
        home: A home description.
        settings: Environment variables that set further keys of the configuration.

    Raises:
        BenchFailed: It does not become ready.
    """
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        address = Path(folder) / "notify"
        manager.bind(str(address))
        manager.setblocking(False)  # the socket's own signature
        variables = {
            "HOME": folder,
            "STATE_DIRECTORY": folder,
            "NOTIFY_SOCKET": str(address),
            "PAIGE_MQTT_HOST": HOST,
            "PAIGE_MQTT_PORT": str(port),
            **({} if home is None else {"PAIGE_HOUSE_HOME": str(home)}),
            **settings,
        }
        began = time.monotonic()
        command = (sys.executable, "-m", "paige.device.cli", "run")
        async with process(*command, env=environment(**variables), stderr=_log()) as running:
            await _ready(manager, running)
            taken = time.monotonic() - began
            yield RunningService(running.pid, port, taken, processor_seconds(running.pid))


def _log() -> int:
    """Where the service's log goes: nowhere, or to our own where someone debugs."""
    return sys.stderr.fileno() if os.environ.get("PAIGE_DEBUG") == "1" else DEVNULL


async def _ready(manager: socket.socket, running: Process) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.ensure_future(running.wait())
    try:
        async with asyncio.timeout(_READY_SECONDS):
            while True:
                told = asyncio.ensure_future(loop.sock_recv(manager, 4096))
                await asyncio.wait((told, ended), return_when=asyncio.FIRST_COMPLETED)
                if not told.done():
                    told.cancel()
                    raise BenchFailed(
                        f"paige run ended with status {ended.result()} before it was ready; "
                        "PAIGE_DEBUG=1 shows its log"
                    )
                if b"READY=1" in told.result():
                    return
    except TimeoutError:
        raise BenchFailed(f"paige run was not ready within {_READY_SECONDS:g} seconds") from None
    finally:
        ended.cancel()
