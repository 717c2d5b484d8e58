"""The whole service as a process, and what it tells its service manager."""

import asyncio
import os
import secrets
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
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
_QUIET = 0.05
"""Share of a core below which the service counts as waiting; listening to quiet takes some."""


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
    log: Path
    """What it writes; there until it ends."""

    def memory(self) -> Memory:
        """What it holds now."""
        return process_memory(self.pid)

    def processor_seconds(self) -> float:
        """What it has taken of the processor so far."""
        return processor_seconds(self.pid)

    def turns(self) -> int:
        """How many turns its log tells of."""
        return self.log.read_text(encoding="utf-8").count(" turn id=")

    def speak(self) -> None:
        """Let the recordings begin that it has for a microphone."""
        os.kill(self.pid, signal.SIGUSR1)

    async def quiet(self, within: float) -> None:
        """Return when it has no more to do than to wait.

        Raises:
            BenchFailed: It is still busy after `within` seconds.
        """
        try:
            async with asyncio.timeout(within):
                while await self.processor_share(1.0) > _QUIET:
                    pass
        except TimeoutError:
            raise BenchFailed(f"the service is still busy after {within:g} seconds") from None

    async def processor_share(self, seconds: float) -> float:
        """What it takes of one core, on average over the next `seconds`."""
        before = self.processor_seconds()
        await asyncio.sleep(seconds)
        return (self.processor_seconds() - before) / seconds

    async def say(self, texts: list[str], pause: float) -> list[float]:
        """Give it sentences one after another; seconds from asking for each to its answer.

        Args:
            texts: The sentences.
            pause: Seconds before each.
        """
        taken = []
        async with MqttLink(LinkOptions(HOST, self.port)) as link:
            await link.connected(_ANSWER_SECONDS)
            for text in texts:
                await asyncio.sleep(pause)
                began = time.monotonic()
                await ask(link, Topics(), Request(text, secrets.token_hex(8)), within=_ANSWER_SECONDS)
                taken.append(time.monotonic() - began)
        return taken


@asynccontextmanager
async def running_service(
    port: int, home: Path | None = None, recordings: Sequence[Path] = ()
) -> AsyncIterator[RunningService]:
    """The service on the broker at `port`, once it says that it is ready.

    Args:
        port: Where the broker is, on the loopback interface.
        home: A home description.
        recordings: What it hears in place of a microphone, once it is told to `speak`; none for a service
            that has no microphone.

    Raises:
        BenchFailed: It does not become ready.
    """
    with TemporaryDirectory() as name, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        folder = Path(name)
        log = folder / "log"
        manager.bind(str(folder / "notify"))
        manager.setblocking(False)
        variables = environment(
            HOME=name,
            STATE_DIRECTORY=name,
            NOTIFY_SOCKET=str(folder / "notify"),
            PAIGE_MQTT_HOST=HOST,
            PAIGE_MQTT_PORT=str(port),
            **({} if home is None else {"PAIGE_HOUSE_HOME": str(home)}),
            PAIGE_WAKE_MODE="always",  # nobody says a wake word before the recordings
        )
        began = time.monotonic()
        with log.open("wb") as written:
            async with process(*_command(recordings), env=variables, stderr=written.fileno()) as running:
                await _ready(manager, running, log)
                taken = time.monotonic() - began
                yield RunningService(running.pid, port, taken, processor_seconds(running.pid), log)


def _command(recordings: Sequence[Path]) -> tuple[str, ...]:
    if recordings:
        return (sys.executable, "-m", "paige.tools.bench.recorded_service", *map(str, recordings))
    return (sys.executable, "-m", "paige.device.cli", "run")


async def _ready(manager: socket.socket, running: Process, log: Path) -> None:
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
                        f"paige run ended with status {ended.result()} before it was ready: {_last_line(log)}"
                    )
                if b"READY=1" in told.result():
                    return
    except TimeoutError:
        raise BenchFailed(f"paige run was not ready within {_READY_SECONDS:g} seconds") from None
    finally:
        ended.cancel()


def _last_line(log: Path) -> str:
    return log.read_text(encoding="utf-8").strip().rpartition("\n")[2]
