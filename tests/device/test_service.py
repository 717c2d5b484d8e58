"""The service and `paige say`, as processes, over a real broker to a house of simulated devices."""

import asyncio
import json
import os
import pty
import shutil
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from paige.device.service import _end
from paige.iot.link import MqttLink
from paige.iot.link_options import LinkOptions
from paige.iot.message import Message, Publication
from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.home import SimulatedHome
from paige.tools.simulated_home.homeassistant import Cover

HOST = "127.0.0.1"
MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
PATIENCE = 30.0
PASSWORD = "correct-horse-battery"
HOME = Path(__file__).parents[2] / "tools/demo/home.yaml"


@dataclass
class House:
    """Where a house listens, and how to run `paige` for it."""

    port: int
    folder: Path
    processes: list[Process] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith(".src")),
            "PAIGE_MQTT_HOST": HOST,
            "PAIGE_MQTT_PORT": str(self.port),
            "PAIGE_MQTT_USERNAME": "me",
            "PAIGE_MQTT_PASSWORD": PASSWORD,
            "PAIGE_HOUSE_HOME": str(HOME),
            "PAIGE_LOG_LEVEL": "debug",
        }

    async def start(
        self, *arguments: str, stdin: int = DEVNULL, module: str = "paige.device.cli", **environment: str
    ) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            env=self.environment | environment,
            stdin=stdin,
            stdout=PIPE,
            stderr=PIPE,
        )
        self.processes.append(process)
        return process

    async def paige(self, *arguments: str, stdin: int = DEVNULL, **environment: str) -> tuple[int, str, str]:
        """The exit status and both outputs of a command."""
        process = await self.start(*arguments, stdin=stdin, **environment)
        async with asyncio.timeout(PATIENCE):
            out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def say(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        status, out, err = await self.paige("say", "--json", *arguments)
        assert err == ""
        return status, json.loads(out)

    @asynccontextmanager
    async def listening(self, topic: str) -> AsyncIterator[Callable[[bytes | None], Awaitable[Message]]]:
        """Gives what waits for a payload on a topic; None for any."""
        heard: asyncio.Queue[Message] = asyncio.Queue()

        async def until(payload: bytes | None) -> Message:
            async with asyncio.timeout(PATIENCE):
                while True:
                    message = await heard.get()
                    if payload in (None, message.payload):
                        return message

        async with MqttLink(LinkOptions(HOST, self.port)) as link:
            link.subscribe([topic], heard.put_nowait, qos=1)
            await link.connected(PATIENCE, retry=True)
            yield until

    @asynccontextmanager
    async def service(self, **environment: str) -> AsyncIterator[Process]:
        """A running service that says on the broker that it is there."""
        process = await self.start("run", stdin=DEVNULL, **environment)
        async with self.listening("paige/paige/status") as until:
            await until(b"online")
        yield process


@asynccontextmanager
async def mosquitto(folder: Path) -> AsyncIterator[int]:
    assert MOSQUITTO is not None
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    process = await asyncio.create_subprocess_exec(MOSQUITTO, "-p", str(port), stderr=DEVNULL)
    try:
        async with MqttLink(LinkOptions(HOST, port)) as link:
            await link.connected(PATIENCE, retry=True)
        yield port
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def embedded(_: Path) -> AsyncIterator[int]:
    async with EmbeddedBroker() as broker:
        yield broker.port


@asynccontextmanager
async def house_at(port: int, folder: Path) -> AsyncIterator[House]:
    async with SimulatedHome().joined(HOST, port):
        house = House(port, folder)
        try:
            yield house
        finally:
            for process in house.processes:
                if process.returncode is None:
                    process.kill()
                    await process.wait()


@pytest.fixture(
    params=[
        embedded,
        pytest.param(
            mosquitto, marks=pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
        ),
    ],
    ids=["embedded", "mosquitto"],
)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    async with request.param(tmp_path) as port, house_at(port, tmp_path) as one:
        yield one


@pytest.fixture
async def one_house(tmp_path: Path) -> AsyncIterator[House]:
    """A house on the embedded broker, for what does not depend on the broker."""
    async with embedded(tmp_path) as port, house_at(port, tmp_path) as one:
        yield one


async def test_a_sentence_to_the_running_service_is_done_and_the_service_ends_cleanly(house: House) -> None:
    async with house.service() as service:
        status, turn = await house.say("turn", "on", "the", "kitchen", "lamp")
        assert status == 0
        assert (turn["intent"], turn["outcomes"][0]["status"]) == ("HassTurnOn", "done")
        assert turn["outcomes"][0]["state"] == "on"

        async with house.listening("paige/paige/status") as until:
            service.send_signal(signal.SIGTERM)
            await until(b"offline")
        _, log = await service.communicate()
        assert service.returncode == 0
    lines = log.decode()
    assert f"turn id={turn['id']} intent=HassTurnOn outcomes=done" in lines
    assert PASSWORD not in lines
    assert "Traceback" not in lines
    assert " error " not in lines


async def test_a_question_stays_open_in_the_service_until_the_next_sentence(one_house: House) -> None:
    async with one_house.service():
        status, turn = await one_house.say("unlock the front door")
        assert (status, turn["reply"]["expects"], turn["outcomes"]) == (1, "confirmation", [])
        status, turn = await one_house.say("yes")
        assert (status, turn["outcomes"][0]["state"]) == (0, "unlocked")


async def test_a_sentence_goes_on_with_the_last_one_from_the_same_place(one_house: House) -> None:
    async with one_house.service():
        await one_house.say("turn on the kitchen lamp")
        status, turn = await one_house.say("make it red and turn on the bedroom fan")
        assert status == 0
        assert turn["slots"] == {"name": "Kitchen Lamp", "color": "red"}
        assert [one["slots"] for one in turn["also"]] == [{"name": "Bedroom Fan"}]
        status, turn = await one_house.say("turn it off", "--here", "Garage")
        assert (status, turn["intent"]) == (1, None)


async def test_a_timer_that_ends_is_announced_to_whoever_can_say_it(one_house: House) -> None:
    async with one_house.service(), one_house.listening("paige/paige/announcement") as until:
        status, turn = await one_house.say("--here", "Kitchen", "set a timer for 1 second")
        assert (status, turn["intent"]) == (0, "HassStartTimer")
        announced = json.loads((await until(None)).payload)
    assert announced["area"] == "Kitchen"
    assert "timer" in announced["text"]
    assert (one_house.folder / ".local/state/paige/timers.json").is_file()


async def test_in_a_terminal_the_question_is_answered_at_once(one_house: House) -> None:
    master, slave = pty.openpty()
    os.write(master, b"yes\n")
    status, out, _ = await one_house.paige("say", "unlock the front door", stdin=slave)
    os.close(slave)
    os.close(master)
    assert status == 0
    assert "lock.front_door is unlocked" in out


async def test_without_a_service_the_sentence_is_carried_out_all_the_same(house: House) -> None:
    status, turn = await house.say("turn on the kitchen lamp")
    assert (status, turn["outcomes"][0]["state"]) == (0, "on")
    status, out, err = await house.paige("say", "what is the capital of france")
    assert (status, err) == (1, "")
    assert "not recognized" in out


async def test_what_the_policy_forbids_is_refused_and_not_done(one_house: House) -> None:
    status, out, _ = await one_house.paige(
        "say", "--json", "unlock the front door", PAIGE_POLICY_FORBID="lock"
    )
    assert (status, json.loads(out)["refusal"]) == (1, "forbidden")


async def test_the_area_of_the_speaker_is_what_is_said_then_what_is_configured(one_house: House) -> None:
    _, turn = await one_house.say("--here", "Garage", "what time is it")
    assert turn["here"] == "Garage"
    async with one_house.service(PAIGE_HOUSE_AREA="Bedroom"):
        _, turn = await one_house.say("what time is it")
        assert turn["here"] == "Bedroom"
        _, turn = await one_house.say("--here", "Garage", "what time is it")
        assert turn["here"] == "Garage"


async def test_the_service_manager_hears_ready_then_signs_of_life_then_stopping(one_house: House) -> None:
    address = one_house.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.setblocking(False)
        loop = asyncio.get_running_loop()
        heard: list[bytes] = []

        async def until(state: bytes) -> None:
            async with asyncio.timeout(PATIENCE):
                while state not in heard:
                    heard.append(await loop.sock_recv(manager, 500))

        service = await one_house.start("run", NOTIFY_SOCKET=str(address), WATCHDOG_USEC="200000")
        await until(b"READY=1")
        await until(f"STATUS=connected to {HOST}".encode())
        heard.clear()
        await until(b"WATCHDOG=1")
        service.send_signal(signal.SIGINT)
        await until(b"STOPPING=1")
        async with asyncio.timeout(PATIENCE):
            assert await service.wait() == 130


async def test_a_service_that_is_killed_is_offline_by_its_will_and_say_does_not_wait_for_it(
    one_house: House,
) -> None:
    async with one_house.service() as service, one_house.listening("paige/paige/status") as until:
        service.kill()
        await until(b"offline")
        status, turn = await one_house.say("turn on the kitchen lamp")
        assert (status, turn["outcomes"][0]["status"]) == (0, "done")


async def test_the_service_outlives_a_broker_that_is_not_there_yet(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        house = House(int(probe.getsockname()[1]), tmp_path)
    service = await house.start("run")
    assert service.stderr is not None
    async with asyncio.timeout(PATIENCE):
        while b"Nothing answers" not in await service.stderr.readline():
            pass
    async with EmbeddedBroker(house.port), SimulatedHome().joined(HOST, house.port):
        async with house.listening("paige/paige/status") as until:
            await until(b"online")
        status, turn = await house.say("turn on the kitchen lamp")
        assert (status, turn["outcomes"][0]["status"]) == (0, "done")
        service.terminate()
        async with asyncio.timeout(PATIENCE):
            assert (await service.communicate(), service.returncode)[1] == 0


async def test_the_log_names_a_cover_that_may_be_a_garage_door(tmp_path: Path) -> None:
    async with (
        EmbeddedBroker() as broker,
        SimulatedHome([Cover("Motor 7", "Yard", "")]).joined(HOST, broker.port),
    ):
        house = House(broker.port, tmp_path)
        service = await house.start("run")
        async with house.listening("paige/paige/status") as until:
            await until(b"online")
        assert service.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while b"opened without asking" not in (line := await service.stderr.readline()):
                assert line, "it ended without a word on it"
        assert b"Motor 7 (cover.motor_7)" in line
        service.terminate()
        async with asyncio.timeout(PATIENCE):
            await service.communicate()


async def test_without_a_broker_say_is_one_line_and_status_1(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        house = House(int(probe.getsockname()[1]), tmp_path)
    status, out, err = await house.paige("say", "turn on the light")
    assert (status, out) == (1, "")
    assert err.startswith(f"paige: Nothing answers at {HOST}:{house.port}")
    assert len(err.splitlines()) == 1
    assert PASSWORD not in err


@pytest.mark.parametrize("command", [["run"], ["say", "hello"]], ids=["run", "say"])
async def test_a_broken_home_file_is_one_line_and_status_1(command: list[str], one_house: House) -> None:
    broken = one_house.folder / "home.yaml"
    broken.write_text("areas: [{nam: Kitchen}]\n")
    status, out, err = await one_house.paige(*command, PAIGE_HOUSE_HOME=str(broken))
    assert (status, out) == (1, "")
    assert "home.yaml" in err.splitlines()[-1]
    assert "Traceback" not in err


async def test_a_wake_word_that_nobody_can_say_ends_the_start(one_house: House) -> None:
    status, out, err = await one_house.paige("run", PAIGE_WAKE_WORDS="okay nabu, hey 你好 0.6")
    assert (status, out) == (1, "")
    assert err.startswith("paige: wake.words: 'hey 你好' cannot be listened for")
    assert "how '你好' is said; choose other words" in err
    status, _, err = await one_house.paige("run", PAIGE_WAKE_STOP_WORDS="你好", PAIGE_WAKE_MODE="push")
    assert status == 1
    assert "paige: wake.stop_words: '你好'" in err


async def test_a_start_finds_what_the_one_before_has_made_and_writes_nothing(one_house: House) -> None:
    made = one_house.folder / ".local/state/paige/made"

    async def start() -> str:
        # Other rooms need ears, though there is no microphone here.
        service = await one_house.start("run", PAIGE_SATELLITES_HERMES="true")
        assert service.stderr is not None
        log: list[bytes] = []
        async with asyncio.timeout(PATIENCE):
            while not log or b"ready after" not in log[-1]:
                log.append(await service.stderr.readline())
                assert log[-1], b"".join(log)
        status, turn = await one_house.say("what time is it")
        assert (status, turn["intent"]) == (0, "HassGetCurrentTime")
        service.terminate()
        await service.wait()
        return b"".join(log).decode()

    def written() -> dict[str, tuple[int, int]]:
        return {file.name: (file.stat().st_ino, file.stat().st_mtime_ns) for file in made.iterdir()}

    await start()
    files = written()
    assert {name.split("-")[0] for name in files} == {"sentences", "graph", "sphinx", "wake"}
    assert "made_before" not in await start()
    assert written() == files
    shutil.rmtree(made)
    made.write_text("no folder can be made here")  # whose rights would not hold root back
    assert "each start takes longer than it needs to" in await start()


async def test_an_answer_that_is_no_turn_is_said_to_be_none(one_house: House) -> None:
    async with MqttLink(LinkOptions(HOST, one_house.port)) as impostor:

        def answer(message: Message) -> None:
            topic = f"paige/paige/turn/{json.loads(message.payload)['id']}"
            tasks.add(asyncio.ensure_future(impostor.publish(Publication(topic, b"[]"), within=5)))

        tasks: set[asyncio.Future[Any]] = set()
        impostor.subscribe(["paige/paige/say"], answer, qos=1)
        await impostor.connected(PATIENCE)
        await impostor.publish(Publication("paige/paige/status", b"online", retain=True), within=5)
        status, out, err = await one_house.paige("say", "turn on the kitchen lamp")
    assert (status, out) == (1, "")
    assert err.startswith("paige: the service gave an answer that is no turn")


async def test_the_reply_to_speech_is_published_for_whoever_can_say_it(one_house: House) -> None:
    recording = HOME.parent / "recordings/08-open-garage.wav"
    service = await one_house.start(
        str(recording), module="paige.tools.bench.recorded_service", PAIGE_WAKE_MODE="always"
    )
    async with one_house.listening("paige/paige/status") as until:
        await until(b"online")
    async with one_house.listening("paige/paige/announcement") as until:
        while not await _hears(service):
            pass
        service.send_signal(signal.SIGUSR1)
        said = json.loads((await until(None)).payload)
    assert "garage" in said["text"].casefold()
    assert said["area"] == "Living Room"
    assert said["spoken"] is False, "there is no loudspeaker here that could have said it"


async def test_how_the_microphone_does_is_kept_on_the_broker(one_house: House) -> None:
    async with one_house.listening("paige/paige/health") as until:
        await one_house.start("run")
        told = await until(None)
    async with one_house.listening("paige/paige/health") as until:
        kept = await until(None)
    assert kept.retained
    health = json.loads(kept.payload)["microphone"]
    assert health["state"] == json.loads(told.payload)["microphone"]["state"] == "lost"
    assert health["complaint"]


async def _hears(service: Process) -> bool:
    """Whether the next line of its log says that it listens."""
    assert service.stderr is not None
    async with asyncio.timeout(PATIENCE):
        return b"listening to" in await service.stderr.readline()


async def test_who_is_cancelled_while_it_ends_a_task_is_cancelled() -> None:
    begun = asyncio.Event()

    async def slow_to_end() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(slow_to_end())
    await asyncio.sleep(0)
    ending = asyncio.create_task(_end(task))
    await begun.wait()
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    task.cancel()


async def test_what_a_task_failed_with_is_not_lost_when_it_is_ended() -> None:
    async def fail() -> None:
        raise OSError("no microphone")

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    with pytest.raises(OSError, match="no microphone"):
        await _end(task)
