"""A board that lacks something starts, says in one line what it is, and does what it still can.

Each lack is real: namespaces, mounts, a filter of system calls, a clock that libfaketime sets.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import paige.tools.demo
from paige.iot.link import MqttLink
from paige.iot.link_options import LinkOptions
from paige.iot.message import Message, Publication
from paige.iot.resolution import Reason
from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.home import SimulatedHome

HOST = "127.0.0.1"
HOME = Path(paige.tools.demo.__file__).with_name("home.yaml")
PATIENCE = 30.0
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
NO_SOUND = "if [ -d /dev/snd ]; then mount -t tmpfs none /dev/snd; fi"
WITHOUT_SOUND = [
    "There is no loudspeaker: plug one in; replies still go over MQTT",
    "There is no microphone: plug one in; text is served, the microphone is tried again",
]
OLD_KERNEL = Path(__file__).with_name("old_kernel.py")


@dataclass
class Board:
    """One that lacks something."""

    port: int
    state: Path
    """The folder in which it keeps timers and lists."""
    setting: str = ""
    """A shell script that makes it so, as root of a mount namespace of its own."""
    before: tuple[str, ...] = ()
    """What starts Python there."""
    environment: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def command(self, *arguments: str) -> tuple[str, ...]:
        paige = (*self.before, sys.executable, "-m", "paige.device.cli", *arguments)
        if not self.setting:
            return paige
        return ("unshare", "--mount", "sh", "-ec", f'{self.setting}\nexec "$@"', "sh", *paige)

    @property
    def id(self) -> str:
        """Tells it from the other boards of the broker."""
        return self.state.parent.name

    @property
    def variables(self) -> dict[str, str]:
        return {
            "PATH": PATH,
            "HOME": str(self.state.parent),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith(".src")),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PAIGE_STATE_DIR": str(self.state),
            "PAIGE_HOUSE_ID": self.id,
            "PAIGE_HOUSE_HOME": str(HOME),
            "PAIGE_MQTT_HOST": HOST,
            "PAIGE_MQTT_PORT": str(self.port),
            **self.environment,
        }

    @asynccontextmanager
    async def running(self, command: str = "run") -> AsyncIterator[Process]:
        """The service, ready; its log is read on and on."""
        process = await asyncio.create_subprocess_exec(
            *self.command(command), env=self.variables, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
        )
        assert process.stdout is not None
        reading = asyncio.create_task(self._read(process.stdout))
        try:
            await self.says("listening")  # the last that is said at a start
            yield process
            process.terminate()
            async with asyncio.timeout(PATIENCE):
                await reading
                assert await process.wait() == 0, self.log
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            reading.cancel()
        assert "Traceback" not in "".join(self.log)

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self.log.append(line.decode(errors="backslashreplace"))
            self.more.set()

    async def says(self, text: str) -> str:
        """The line of the log that has it, as soon as there is one."""
        async with asyncio.timeout(PATIENCE):
            while not (found := self.lines(text)):
                self.more.clear()
                await self.more.wait()
        return found[0]

    def lines(self, text: str) -> list[str]:
        return [line for line in self.log if text in line]

    @property
    def complaints(self) -> list[str]:
        """What it says that it lacks, in the order of letters; less what this machine lacks by itself."""
        words = (line.strip().split(" ", 3) for line in self.log)
        return sorted(
            said
            for _, level, who, said in words
            if level in ("warning", "error") and who != "paige.device.shortcomings:"
        )

    async def asked(self, *sentences: str) -> list[dict[str, Any]]:
        """The turns of sentences that come over MQTT."""
        heard: asyncio.Queue[Message] = asyncio.Queue()
        turns = []
        async with MqttLink(LinkOptions(HOST, self.port)) as link:
            link.subscribe([f"paige/{self.id}/turn/+"], heard.put_nowait, qos=1)
            await link.connected(PATIENCE)
            for number, sentence in enumerate(sentences):
                request = json.dumps({"id": f"{number}-{time.monotonic_ns()}", "text": sentence})
                await link.publish(Publication(f"paige/{self.id}/say", request.encode()), within=PATIENCE)
                async with asyncio.timeout(PATIENCE):
                    turns.append(json.loads((await heard.get()).payload))
        return turns

    async def examined(self) -> dict[str, dict[str, str]]:
        """What `paige doctor` finds, by the check."""
        doctor = await asyncio.create_subprocess_exec(
            *self.command("doctor", "--json"), env=self.variables, stdin=DEVNULL, stdout=PIPE
        )
        async with asyncio.timeout(PATIENCE):
            told, _ = await doctor.communicate()
        return {row["check"]: row for row in json.loads(told)["findings"]}


@asynccontextmanager
async def announced(board: Board) -> AsyncIterator[Callable[[], Awaitable[dict[str, Any]]]]:
    """Waits for the next announcement."""
    heard: asyncio.Queue[Message] = asyncio.Queue()

    async def following() -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            content: dict[str, Any] = json.loads((await heard.get()).payload)
        return content

    async with MqttLink(LinkOptions(HOST, board.port)) as link:
        link.subscribe([f"paige/{board.id}/announcement"], heard.put_nowait, qos=1)
        await link.connected(PATIENCE)
        yield following


def contents(folder: Path) -> dict[str, bytes]:
    """Of the files in a folder."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


async def full_disk(port: int, folder: Path) -> None:
    state, saved = folder / "state", folder / "saved.json"
    state.mkdir()
    saved.write_text('{"version": 1, "lists": {"shopping_list": [{"text": "tea", "done": false}]}}')
    board = Board(port, state, environment={"PAIGE_LANGUAGE_MODEL_MODEL": "paige-en"})
    board.setting = f"""
        mount -t tmpfs -o size=256k none {state}
        cp {saved} {state}/lists.json
        head -c 1m /dev/zero > {state}/fill || true
    """
    async with board.running() as process:
        listed, set_, switched = await board.asked(
            "add milk to the shopping list", "set a timer for 1 hour", "turn on the kitchen lamp"
        )
        left = await asyncio.to_thread(contents, Path(f"/proc/{process.pid}/root{state}"))
        assert left.keys() == {"fill", "lists.json"}
        assert left["lists.json"] == saved.read_bytes()
    assert listed["refusal"] == Reason.NOT_KEPT
    assert "No space left on device" in listed["reply"]["text"]
    assert set_["reply"]["text"] == "Timer set for 1 hour."
    assert switched["outcomes"][0]["status"] == "done"
    for complaint in (
        "has 0 MiB left; make room, or set state_dir to another disk",
        "Paige goes on without the language model",
        "timers are not kept:",
    ):
        assert len(board.lines(complaint)) == 1, complaint


async def read_only_root(port: int, folder: Path) -> None:
    """Besides, an old kernel, no sound and a locale that is none."""
    state = folder / "state"
    state.mkdir()
    (state / "timers.json").write_text("{")
    board = Board(port, state, before=(sys.executable, str(OLD_KERNEL)))
    board.environment = {
        "LANG": "xx_XX.ISO-8859-7",
        "LC_ALL": "xx_XX",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PAIGE_LOG_LEVEL": "debug",
        "PAIGE_LANGUAGE_MODEL_MODEL": "paige-en",
    }
    board.setting = f"""
        {NO_SOUND}
        mount -t tmpfs none /sys/fs/cgroup
        if [ -d /proc/pressure ]; then mount -t tmpfs none /proc/pressure; fi
        mount -o remount,bind,ro /
    """
    examining = asyncio.create_task(board.examined())
    async with board.running():
        set_, switched = await board.asked("set a timer for 1 hour", "turn on the kitchen lamp ☎")
    assert set_["reply"]["text"] == "Timer set for 1 hour."
    assert switched["outcomes"][0]["status"] == "done"
    assert (state / "timers.json").read_text() == "{"
    for complaint in (
        "until that is mended and Paige started anew, nothing is kept there",
        f"{state} cannot be written: Read-only file system; see why the disk is mounted read-only (dmesg)",
        "does not count who waits for memory",
        *WITHOUT_SOUND,
        "Paige goes on without the language model",
    ):
        assert len(board.lines(complaint)) == 1, complaint
    found = await examining
    assert "see why the disk is mounted read-only" in found["disk"]["remedy"]
    assert found["kernel"]["remedy"].startswith("add psi=1 cgroup_enable=memory to the kernel's command line")
    assert found["microphone"]["remedy"].startswith("plug one in")
    assert found["speaker"]["remedy"].startswith("plug one in")


async def no_network(port: int, folder: Path) -> None:
    """A timer of before rings all the same."""
    state = folder / "state"
    state.mkdir()
    egg = {"id": 1, "seconds": 600, "seconds_left": 3, "ends": time.time() + 3, "paused": False}
    (state / "timers.json").write_text(json.dumps({"version": 1, "timers": [egg]}))
    board = Board(port, state, setting=NO_SOUND, before=("unshare", "--net"))
    board.environment = {"PAIGE_MQTT_HOST": "192.0.2.1"}
    async with board.running():
        await board.says("announcement for everywhere")
        await asyncio.sleep(2)  # another attempt or two
    assert [one for one in board.complaints if "announcement" not in one] == [
        *WITHOUT_SOUND,
        f"There is no way to 192.0.2.1:{port} (Network is unreachable); check the network. Trying again.",
    ]


async def bare_satellite(port: int, folder: Path) -> None:
    """One without sound and network."""
    board = Board(port, folder / "state", setting=NO_SOUND, before=("unshare", "--net"))
    async with board.running("satellite"):
        await board.says("no loudspeaker")
    assert board.complaints == [
        "There is no loudspeaker: plug one in; replies are not heard here",
        "There is no microphone: plug one in; the microphone is tried again",
    ]


async def another_locale(port: int, folder: Path) -> None:
    """Several, each with a configuration that another machine has written."""
    boards = []
    for name, text in {
        "C": b"\xef\xbb\xbfspeech:\r\n  confidence: 0.6\r\n",
        "POSIX": b"",
        "xx_YY.UTF-8": "house: {name: Höfe & Gärten}".encode(),
    }.items():
        own = folder / name.replace(".", "-")
        (own / "state").mkdir(parents=True)
        (own / "paige.yaml").write_bytes(text)
        boards.append(Board(port, own / "state", setting=NO_SOUND))
        boards[-1].environment = {"PAIGE_CONFIG": str(own / "paige.yaml"), "LANG": name, "LC_ALL": name}

    async def served(board: Board) -> None:
        async with board.running():
            (turn,) = await board.asked("turn on the kitchen lamp ☎")
        assert turn["outcomes"][0]["status"] == "done"
        assert board.complaints == WITHOUT_SOUND

    await asyncio.gather(*map(served, boards))


async def no_configuration(port: int, folder: Path) -> None:
    """One that is none: it ends at once, says it in one line, and 1 is the status."""
    long, tabs = folder / "long.yaml", folder / "tabs.yaml"
    long.write_text("wake: {words: [alexa]}\n" * 400_000)
    tabs.write_text("house:\n\tname: Casa\n")
    for path, complaint in {
        folder: "cannot be read: Is a directory; name the file in it",
        long: "holds more than 256 KiB, which is no configuration; name another file",
        tabs: "a tab stands where only blanks may; write blanks in its place",
    }.items():
        board = Board(port, folder / "state", environment={"PAIGE_CONFIG": str(path)})
        ended = await asyncio.create_subprocess_exec(
            *board.command("run"), env=board.variables, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
        )
        async with asyncio.timeout(PATIENCE):
            said, _ = await ended.communicate()
        (line,) = said.decode().splitlines()
        assert (ended.returncode, line.startswith(f"paige: {path}")) == (1, True), line
        assert line.endswith(complaint)


async def no_clock(port: int, folder: Path) -> None:
    """It learns the time years later; another one, which is only examined, has no network either."""
    state, clock, wrong = folder / "state", folder / "clock", folder / "wrong"
    variables = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    board = Board(port, state, environment={**variables, "FAKETIME_TIMESTAMP_FILE": str(clock)})
    board.setting = """
        if [ -d /run/systemd/timesync ]; then
            mount -t tmpfs none /run/systemd/timesync
            touch /run/systemd/timesync/synchronized
        fi
    """
    other = Board(port, folder / "other", before=("unshare", "--net"))
    other.environment = {
        **variables,
        "FAKETIME_TIMESTAMP_FILE": str(wrong),
        "PAIGE_MQTT_HOST": "broker.example",
    }
    for file in (clock, wrong):
        file.write_text("@1970-01-01 00:00:10")
    examining = asyncio.create_task(other.examined())
    async with board.running(), announced(board) as following:
        began = time.monotonic()
        at_ten = "turn on the kitchen lamp at ten"
        unknown, egg = await board.asked(at_ten, "set a timer for 3 seconds")
        assert (unknown["refusal"], egg["intent"]) == (Reason.CLOCK_WRONG, "HassStartTimer")
        clock.write_text("@2099-06-01 08:59:50")
        assert "timer" in (await following())["text"]
        assert time.monotonic() - began > 2.5
        await board.says("the clock was set")
        clock.write_text("@2098-06-01 08:59:50")  # and is set back
        (ordered,) = await board.asked(at_ten)
        assert ordered["intent"] == "HassStartTimer"
        (kept,) = json.loads((state / "timers.json").read_text())["timers"]
    assert datetime.fromtimestamp(kept["at"]).astimezone().strftime("%F %T") == "2098-06-01 10:00:00"
    assert len(board.lines("which is past")) == 1
    assert board.lines("which is past")[0].startswith("1970")
    found = await examining
    assert (found["clock"]["verdict"], "set-ntp true" in found["clock"]["remedy"]) == ("wrong", True)
    assert found["broker"]["text"].startswith(
        "Nobody can be asked where “broker.example” is: there is no network"
    )
    assert found["broker"]["remedy"] == "check the network"


SCENES: dict[str, Callable[[int, Path], Coroutine[None, None, None]]] = {
    scene.__name__: scene
    for scene in (
        no_clock,
        no_network,
        bare_satellite,
        read_only_root,
        full_disk,
        another_locale,
        no_configuration,
    )
}


def why_not(scene: str) -> str:
    """Why it cannot be played here; empty where it can."""
    if scene == "no_clock" and FAKETIME is None:
        return "needs libfaketime (Debian: libfaketime)"
    trial = ["unshare", "--net", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    tried = subprocess.run(trial, capture_output=True, check=False)
    return f"needs root: {tried.stderr.decode().strip()}" if tried.returncode else ""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def played(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, asyncio.Task[None]]]:
    """All at once, for they mostly wait."""
    async with EmbeddedBroker() as broker, AsyncExitStack() as stack:
        await stack.enter_async_context(SimulatedHome().joined(HOST, broker.port))
        tasks: dict[str, asyncio.Task[None]] = {}
        for name, scene in SCENES.items():
            if not why_not(name):
                tasks[name] = asyncio.create_task(scene(broker.port, tmp_path_factory.mktemp(name)))
        yield tasks
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("scene", SCENES)
async def test_it_starts_says_what_is_missing_and_does_the_rest(
    scene: str, played: dict[str, asyncio.Task[None]]
) -> None:
    if reason := why_not(scene):
        pytest.skip(reason)
    await played[scene]
