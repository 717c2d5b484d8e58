"""A board and its house, in networks of their own.

    unshare --net --mount --pid --fork --mount-proc python world.py PLAN

PLAN and the report on standard output are JSON; their fields are those of `Plan` and of `Report`.

With a cable, the board is in a network namespace whose one way out leads to the house, which has a name
server and a broker and notes every packet. Without one, all are in one namespace, which has no way out and,
at first, no network but its own loopback.
"""

import asyncio
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from tests.device.privacy.packets import Attempt, attempt, name_asked

from paige.iot.link import MqttLink
from paige.iot.link_options import LinkOptions
from paige.iot.message import Message, Publication
from paige.tools.simulated_home.home import SimulatedHome

BROKER = "broker.example"
HOUSE, BOARD, OUTSIDE = "192.0.2.1", "192.0.2.2", "2001:db8::"
LOOPBACK = "127.0.0.1"
LATER, PAGE = "192.0.2.9", 10380
"""An address that a board without a cable has only after a while, and the port of its page there."""
PORT = 1883
PATIENCE = 30.0
_KERNELS = ("proc", "dev", "sys")
_ALL_PACKETS = 3  # ETH_P_ALL
_RESOLVER, _HOSTS = (Path("/etc", name).resolve() for name in ("resolv.conf", "hosts"))


@dataclass
class Plan:
    """What happens."""

    command: list[str]
    environment: dict[str, str]
    scratch: str
    """An empty folder."""
    cable: bool
    serves: bool = False
    """Whether the command is the service, with recordings for a microphone; it is spoken to, and stopped."""
    lasts: float = 0.0
    """Seconds for which the service is there at least."""


@dataclass
class Report:
    """What came of it."""

    attempts: list[Attempt] = field(default_factory=list)
    """What left the board, each once; with a cable."""
    written: list[str] = field(default_factory=list)
    """Every file that was written, anywhere, by its path."""
    status: int | None = None
    output: str = ""
    """And the log."""
    turns: list[dict[str, Any]] = field(default_factory=list)
    """The answers to what was typed."""
    spoken: list[dict[str, Any]] = field(default_factory=list)
    """The replies to what was heard."""
    page: int | None = None
    """The status with which the page answers at an address that came late; without a cable."""
    loudest: float = 0.0
    """Of what the loudspeaker was given, full scale being 1."""


def run(*command: str) -> None:
    """Run a program that must succeed."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class NameServer(asyncio.DatagramProtocol):
    """Knows the broker."""

    _transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: Any) -> None:
        known = name_asked(data) == BROKER
        of_ipv4 = data[12:].partition(b"\0")[2][:2] == b"\0\1"
        answer = known and of_ipv4
        head = data[:2] + struct.pack("!5H", 0x8180 if known else 0x8183, 1, int(answer), 0, 0)
        question = data[12 : data.index(b"\0", 12) + 5]
        told = struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(HOUSE) if answer else b""
        self._transport.sendto(head + question + told, address)


@asynccontextmanager
async def cable(report: Report, scratch: Path) -> AsyncIterator[list[str]]:
    """Lay it, note what comes through it, and give what runs a program at its other end."""
    holder = ["unshare", "--net", "sh", "-c", "echo made; exec cat"]
    board = await asyncio.create_subprocess_exec(*holder, stdin=PIPE, stdout=PIPE)
    assert board.stdout is not None
    await board.stdout.readline()
    inside = ["nsenter", f"--net=/proc/{board.pid}/ns/net"]
    run("ip", "link", "add", "house", "type", "veth", "peer", "name", "board", "netns", str(board.pid))
    run(*inside, "ip", "link", "set", "lo", "up")
    for prefix, name, v4, v6 in (
        ((), "house", HOUSE, f"{OUTSIDE}1"),
        (inside, "board", BOARD, f"{OUTSIDE}2"),
    ):
        run(*prefix, "ip", "address", "add", f"{v4}/24", "dev", name)
        run(*prefix, "ip", "address", "add", f"{v6}/64", "dev", name, "nodad")
        run(*prefix, "ip", "link", "set", name, "up")
    run(*inside, "ip", "route", "add", "default", "via", HOUSE)
    run(*inside, "ip", "-6", "route", "add", "default", "via", f"{OUTSIDE}1")
    resolver = scratch / "resolv.conf"
    resolver.write_text(f"nameserver {HOUSE}\noptions attempts:1 timeout:1\n")
    run("mount", "--bind", str(resolver), str(_RESOLVER))
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(NameServer, local_addr=(HOUSE, 53))
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL_PACKETS)) as tap:
        tap.bind(("house", _ALL_PACKETS))
        tap.setblocking(False)
        seen: set[Attempt] = set()

        def note() -> None:
            packet, (_, protocol, kind, *_) = tap.recvfrom(1 << 16)
            if kind != socket.PACKET_OUTGOING:  # it comes from the board
                seen.add(attempt(protocol, packet) or Attempt("", "", 0))

        loop.add_reader(tap, note)
        try:
            yield inside
            await asyncio.sleep(0.2)  # what was sent last
        finally:
            loop.remove_reader(tap)
            report.attempts = sorted(seen - {Attempt("", "", 0)})
            board.kill()
            await board.wait()


def mounted() -> list[Path]:
    """Where there are file systems, but for the kernel's own; the root is first."""
    points = {Path(line.split()[4]) for line in Path("/proc/self/mountinfo").read_text().splitlines()}
    own = [Path("/", name) for name in _KERNELS]
    return sorted(
        point for point in points if point.is_dir() and not any(point.is_relative_to(one) for one in own)
    )


@asynccontextmanager
async def watched_disk(report: Report, scratch: Path) -> AsyncIterator[list[str]]:
    """All files as they are; what is written goes elsewhere, and is listed. Gives what runs a program so."""
    points, root = mounted(), scratch / "root"
    run("mount", "-t", "tmpfs", "none", str(scratch))
    root.mkdir()
    uppers: list[tuple[Path, Path]] = []
    for number, point in enumerate(points):
        if not os.access(f"{root}{point}", os.X_OK):
            continue  # under something that was mounted later
        upper, work = scratch / f"upper{number}", scratch / f"work{number}"
        upper.mkdir()
        work.mkdir()
        options = f"lowerdir={point},upperdir={upper},workdir={work}"
        run("mount", "-t", "overlay", "none", "-o", options, f"{root}{point}")
        uppers.append((point, upper))
    for name in _KERNELS:
        run("mount", "--rbind", f"/{name}", f"{root}/{name}")
    for file in (_RESOLVER, _HOSTS):
        run("mount", "--bind", str(file), f"{root}{file}")
    yield ["chroot", str(root)]
    for point, upper in uppers:
        files = [path for path in upper.rglob("*") if not path.is_dir() or path.is_symlink()]
        report.written += [str(point / path.relative_to(upper)) for path in sorted(files)]
        for played in upper.rglob("played"):
            report.loudest = float(np.abs(np.fromfile(played, np.float32)).max())


@asynccontextmanager
async def broker(host: str, scratch: Path) -> AsyncIterator[None]:
    """Mosquitto, as homes run it."""
    settings = scratch / "mosquitto.conf"
    settings.write_text(f"listener {PORT} {host}\nallow_anonymous true\nuser root\n")
    mosquitto = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
    assert mosquitto is not None
    process = await asyncio.create_subprocess_exec(mosquitto, "-c", str(settings), stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def listening(
    host: str, topic: str
) -> AsyncIterator[tuple[MqttLink, Callable[[], Awaitable[Message]]]]:
    """A link, and what waits for the next message on a topic."""
    heard: asyncio.Queue[Message] = asyncio.Queue()

    async def following() -> Message:
        async with asyncio.timeout(PATIENCE):
            return await heard.get()

    async with MqttLink(LinkOptions(host, PORT)) as link:
        link.subscribe([topic], heard.put_nowait, qos=1)
        await link.connected(PATIENCE, retry=True)
        yield link, following


async def talk(host: str, service: Process, report: Report, sentences: list[str]) -> None:
    """Speak to the service, then type."""
    async with listening(host, "paige/paige/health") as (_, following):
        while json.loads((await following()).payload)["microphone"]["state"] == "lost":
            pass
    async with listening(host, "paige/paige/announcement") as (_, following):
        service.send_signal(signal.SIGUSR1)
        report.spoken.append(json.loads((await following()).payload))
    async with listening(host, "paige/paige/turn/+") as (link, following):
        for number, sentence in enumerate(sentences):
            request = json.dumps({"id": str(number), "text": sentence}).encode()
            await link.publish(Publication("paige/paige/say", request), within=PATIENCE)
            report.turns.append(json.loads((await following()).payload))


async def happen(plan: Plan, sentences: list[str]) -> Report:
    """Do as planned."""
    report, scratch = Report(), Path(plan.scratch)
    disk, hosts = scratch / "disk", scratch / "hosts"
    disk.mkdir()
    hosts.write_text("127.0.0.1 localhost\n")
    run("mount", "--bind", str(hosts), str(_HOSTS))
    run("ip", "link", "set", "lo", "up")
    async with AsyncExitStack() as stack:
        prefix = await stack.enter_async_context(cable(report, scratch)) if plan.cable else []
        host = HOUSE if plan.cable else LOOPBACK
        if plan.cable:
            await stack.enter_async_context(house(host, scratch))
        prefix += await stack.enter_async_context(watched_disk(report, disk))
        board = await asyncio.create_subprocess_exec(
            *prefix, *plan.command, env=plan.environment, stdout=PIPE, stderr=subprocess.STDOUT
        )
        missed = asyncio.Event()
        reading = asyncio.create_task(read(board, report, missed))

        async def live() -> None:
            if not plan.cable:
                await missed.wait()
                hosts.write_text(f"{LOOPBACK} localhost {BROKER}\n")
                run("ip", "address", "add", f"{LATER}/32", "dev", "lo")
                await stack.enter_async_context(house(host, scratch))
            if plan.serves:
                began = time.monotonic()
                await talk(host, board, report, sentences)
                if not plan.cable:
                    report.page = await asyncio.to_thread(page_served)
                await asyncio.sleep(max(0.0, began + plan.lasts - time.monotonic()))
                board.terminate()
            await reading

        try:
            living = asyncio.create_task(live())
            async with asyncio.timeout(2 * PATIENCE):
                await asyncio.wait([living, reading], return_when=asyncio.FIRST_COMPLETED)
            async with asyncio.timeout(1.0 if reading.done() else PATIENCE):
                await living
        except TimeoutError:
            raise RuntimeError(f"the board ended too early, or hangs:\n{report.output}") from None
        finally:
            if board.returncode is None:
                board.kill()
            report.status = await board.wait()
    return report


async def read(board: Process, report: Report, missed: asyncio.Event) -> None:
    """What it says, to its end; `missed` is set when it has missed the network."""
    assert board.stdout is not None
    while line := await board.stdout.readline():
        report.output += line.decode(errors="backslashreplace")
        if all(complaint in report.output for complaint in ("Trying again", "as soon as this machine has")):
            missed.set()
    report.status = await board.wait()


def page_served() -> int:
    """The status of the page at the address that came late."""
    connection = http.client.HTTPConnection(LATER, PAGE, timeout=PATIENCE)
    connection.request("GET", "/")
    return connection.getresponse().status


@asynccontextmanager
async def house(host: str, scratch: Path) -> AsyncIterator[None]:
    """Its broker and its devices."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(broker(host, scratch))
        async with listening(host, "none"):
            pass  # it is there
        await stack.enter_async_context(SimulatedHome().joined(host, PORT))
        yield


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    found = asyncio.run(happen(Plan(**given["plan"]), given["sentences"]))
    json.dump(asdict(found), sys.stdout)
