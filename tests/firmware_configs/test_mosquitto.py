"""The broker's configuration under the broker itself: a house obeys on it, and nothing else gets through."""

import asyncio
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiomqtt
import pytest
from tests.device.scene import HOME
from tests.iot.conftest import MOSQUITTO, NO_MOSQUITTO, free_port

from paige.device.assistant import Assistant, assistant
from paige.device.config.schema import Config, House, Mqtt, Tls
from paige.device.config.secret import Secret
from paige.iot.outcome import Status
from paige.tools.simulated_home.home import SimulatedHome

CONFIGS = Path(__file__).parents[2] / "firmware-configs" / "mosquitto"
WORDS = {"paige": "a word of its own", "homeassistant": "another", "zigbee2mqtt": "a third"}
PATIENCE = 10.0
QUIET = 0.3
"""Seconds in which a message that is let through arrives many times over."""
SIMULATED = """
topic read simulated/#
topic write simulated/+/set
topic write simulated/+/goto
topic write simulated/+/mode_set
topic write simulated/+/target_set
"""
"""The lines for the simulated devices of Home Assistant's discovery, as `paige.acl` asks for them."""
SAID = (
    "turn on the kitchen lamp",  # Zigbee2MQTT
    "turn on the coffee maker",  # Tasmota: POWER1
    "set the reading lamp to 40 percent",  # Tasmota: Dimmer
    "set the bedroom fan to 100 percent",  # Tasmota: FanSpeed
    "turn on the living room ceiling light",  # Home Assistant's discovery
    "close the living room blinds",
    "turn on the kitchen radio",  # Homie 5
)

pytestmark = [
    pytest.mark.skipif(MOSQUITTO is None, reason=NO_MOSQUITTO),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl"),
]


@dataclass
class Installed:
    """A broker with the files where they belong, under a root of its own; run by the user mosquitto."""

    root: Path
    plain: int
    tls: int
    process: Process | None = None

    @property
    def log(self) -> str:
        return (self.root / "log").read_text()

    @property
    def denied(self) -> list[str]:
        return re.findall(r"Denied PUBLISH (?:from|to) (?:paige\S*) .*", self.log)

    async def start(self) -> None:
        assert MOSQUITTO is not None
        with (self.root / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                MOSQUITTO, "-c", str(self.root / "mosquitto.conf"), stdout=log, stderr=log
            )
        for _ in range(500):
            try:
                _, writer = await asyncio.open_connection("localhost", self.tls)
            except OSError:
                assert self.process.returncode is None, self.log
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return
        raise AssertionError(self.log)

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()

    def client(self, name: str, **options: object) -> aiomqtt.Client:
        login = {"username": name, "password": WORDS[name]} if name else {}
        return aiomqtt.Client("localhost", self.plain, **{**login, **options})  # type: ignore[arg-type]


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder that the user mosquitto may enter, as pytest's own it may not."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


def installed(root: Path, acl: str, bridge: str = "") -> Installed:
    """What the head of `paige.conf` says is to be done."""
    root.mkdir(exist_ok=True)
    broker = Installed(root, free_port(), free_port())
    subprocess.run([CONFIGS / "certificates", root / "certs", "localhost"], check=True, capture_output=True)
    passwords = root / "paige.passwords"
    passwords.touch(mode=0o640)
    for name, word in WORDS.items():
        subprocess.run(["mosquitto_passwd", "-b", passwords, name, word], check=True, capture_output=True)
    (root / "paige.acl").write_text(acl)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("mosquitto")
        for file in (passwords, root / "paige.acl"):
            os.chown(file, owner.pw_uid, owner.pw_gid)
            file.chmod(0o640)
    (root / "conf.d").mkdir()
    text = (CONFIGS / "paige.conf").read_text().replace("/etc/mosquitto", str(root))
    text = text.replace("listener 1883", f"listener {broker.plain}")
    (root / "conf.d" / "paige.conf").write_text(text.replace("listener 8883", f"listener {broker.tls}"))
    if bridge:
        (root / "conf.d" / "bridge.conf").write_text(bridge)
    (root / "mosquitto.conf").write_text(f"log_type all\ninclude_dir {root}/conf.d\n")
    return broker


@asynccontextmanager
async def running(broker: Installed) -> AsyncIterator[Installed]:
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


@pytest.fixture
async def broker(root: Path) -> AsyncIterator[Installed]:
    async with running(installed(root / "mosquitto", acl())) as started:
        yield started


def acl(without: str = "") -> str:
    """As it is shipped, with what its comments ask for at the simulated house, less one line."""
    text = (CONFIGS / "paige.acl").read_text()
    assert without in text
    text = text.replace("#topic read NODE/#\n", SIMULATED)
    return text.replace(without + "\n", "", 1) if without else text


def configured(broker: Installed, deadline: float) -> Config:
    tls = Tls(enabled=True, ca=broker.root / "certs" / "ca.crt")
    mqtt = Mqtt(username="paige", password=Secret(WORDS["paige"]), port=broker.tls, tls=tls)
    return Config(house=House(home=HOME), mqtt=replace(mqtt, command_deadline=deadline))


@asynccontextmanager
async def served(broker: Installed, deadline: float = 3.0) -> AsyncIterator[tuple[SimulatedHome, Assistant]]:
    async with AsyncExitStack() as stack:
        house = SimulatedHome().joined(
            "localhost", broker.plain, username="homeassistant", password=WORDS["homeassistant"]
        )
        home = await stack.enter_async_context(house)
        serving = await stack.enter_async_context(assistant(configured(broker, deadline)))
        await serving.home.ready()
        yield home, serving


async def statuses(serving: Assistant, *said: str) -> dict[str, Status | None]:
    turns = {each: await serving.pipeline.handle_text(each) for each in said}
    return {said: turn.outcomes[0].status if turn.outcomes else None for said, turn in turns.items()}


async def test_every_dialect_obeys_with_a_password_over_tls(broker: Installed) -> None:
    async with served(broker) as (home, serving):
        assert len(serving.home.registry.entities) >= len(home.devices) - 1, "all but the bridge"
        assert await statuses(serving, *SAID) == dict.fromkeys(SAID, Status.DONE)
    assert broker.denied == []


async def test_a_line_that_is_missing_is_noticed(root: Path) -> None:
    without = acl("topic write cmnd/+/POWER1")
    async with running(installed(root / "mosquitto", without)) as broker, served(broker, 0.5) as (_, serving):
        found = await statuses(serving, "turn on the coffee maker", "turn on the kitchen lamp")
    assert list(found.values()) == [Status.UNCONFIRMED, Status.DONE]
    assert any("POWER1" in line for line in broker.denied)


FOREIGN = (
    "somewhere/else",
    "paige/other/status",
    "homeassistant/light/forged/config",
    "homeassistant/status",
    "zigbee2mqtt/bridge/request/permit_join",
    "zigbee2mqtt/Kitchen Lamp",
    "cmnd/tasmota_000001/Backlog",
    "cmnd/tasmota_000001/WebPassword",
    "stat/tasmota_000001/RESULT",
    "homie/5/garage-door/door/position",
)


async def test_paige_can_publish_nothing_else(broker: Installed) -> None:
    async with broker.client("homeassistant") as everyone, broker.client("paige") as paige:
        await everyone.subscribe("#")
        for topic in (*FOREIGN, "paige/paige/status"):
            await paige.publish(topic, "from paige", qos=1)
        heard = await asyncio.wait_for(anext(aiter(everyone.messages)), PATIENCE)
        assert str(heard.topic) == "paige/paige/status", "which was the last"


SECRETS = (
    "somewhere/else",
    "$SYS/broker/clients/connected",
    "zigbee2mqtt/bridge/info",
    "zigbee2mqtt/bridge/logging",
    "zigbee2mqtt/bridge/response/networkmap",
    "cmnd/tasmota_000001/POWER1",
    "paige/other/turn/1",
)


async def test_paige_hears_nothing_else(broker: Installed) -> None:
    async with broker.client("homeassistant") as everyone, broker.client("paige") as paige:
        for filter_ in ("#", "$SYS/#", *SECRETS):
            await paige.subscribe(filter_)
        for topic in (*SECRETS, "zigbee2mqtt/bridge/state"):
            if not topic.startswith("$"):
                await everyone.publish(topic, "a secret", qos=1, retain=True)
        heard = await asyncio.wait_for(anext(aiter(paige.messages)), PATIENCE)
        assert str(heard.topic) == "zigbee2mqtt/bridge/state", "which was the last"
        await paige.subscribe("somewhere/#")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(aiter(paige.messages)), QUIET)


async def test_nobody_comes_in_without_the_right_word(broker: Installed) -> None:
    for options in ({}, {"username": "paige"}, {"username": "paige", "password": "guessed"}):
        with pytest.raises(aiomqtt.MqttError):
            async with broker.client("", **options):
                pass


def test_the_certificate_is_one_that_strict_clients_take(root: Path) -> None:
    """Python is strict since 3.13."""
    made = root / "certs"
    names = ("localhost", "paige.local", "192.168.1.2", "fd00::1")
    for _ in range(2):  # the second time everything is there
        subprocess.run([CONFIGS / "certificates", made, *names], check=True, capture_output=True)
    verify = ["openssl", "verify", "-x509_strict", "-CAfile", str(made / "ca.crt"), str(made / "broker.crt")]
    for name in names:
        check = "-verify_ip" if name[-1].isdigit() else "-verify_hostname"
        subprocess.run([*verify[:3], check, name, *verify[3:]], check=True, capture_output=True)
    wrong = [*verify[:3], "-verify_hostname", "elsewhere.local", *verify[3:]]
    assert subprocess.run(wrong, check=False, capture_output=True).returncode != 0
    assert (made / "ca.key").stat().st_mode & 0o077 == 0


@pytest.fixture
async def bridged(root: Path) -> AsyncIterator[tuple[Installed, Installed]]:
    """The house's broker, and the board's, which has a bridge to it."""
    house = installed(root / "house", acl())
    text = (CONFIGS / "bridge.conf").read_text().replace("homeassistant.local:8883", f"localhost:{house.tls}")
    text = text.replace("CHANGE_ME", WORDS["paige"])
    text = text.replace("/etc/mosquitto/certs/house-ca.crt", str(root / "house" / "certs" / "ca.crt"))
    # Where nothing else is said, it waits for up to half a minute before it tries again.
    board = installed(root / "board", acl(), text + "restart_timeout 1 2\n")
    async with running(house), running(board):
        yield house, board


async def test_a_bridge_carries_what_paige_needs_and_nothing_late(
    bridged: tuple[Installed, Installed],
) -> None:
    house, board = bridged
    async with house.client("homeassistant") as everyone, board.client("paige") as paige:
        await everyone.publish("zigbee2mqtt/bridge/state", "online", qos=1, retain=True)
        await paige.subscribe("zigbee2mqtt/#")
        await paige.subscribe("homie/#")
        heard = aiter(paige.messages)
        assert str((await asyncio.wait_for(anext(heard), PATIENCE)).topic) == "zigbee2mqtt/bridge/state"
        await everyone.subscribe("#")
        told = aiter(everyone.messages)
        assert (await asyncio.wait_for(anext(told), PATIENCE)).retain
        for topic in ("homie/5/garage-door/door/position/set", "zigbee2mqtt/Lamp/set"):
            await paige.publish(topic, "50")
        got = [str((await asyncio.wait_for(anext(told), PATIENCE)).topic) for _ in range(2)]
        assert got == ["homie/5/garage-door/door/position/set", "zigbee2mqtt/Lamp/set"]
        with pytest.raises(TimeoutError):  # nothing went round
            await asyncio.wait_for(anext(told), QUIET)
    await house.stop()
    async with board.client("paige") as paige:
        await paige.publish("zigbee2mqtt/Front Door/set", "UNLOCK", qos=1)
    await house.start()
    async with house.client("homeassistant") as everyone, board.client("paige") as paige:
        await everyone.subscribe("zigbee2mqtt/#")
        again = aiter(everyone.messages)

        async def knock() -> None:
            while True:  # until the bridge is back
                await paige.publish("zigbee2mqtt/Lamp/set", "now")
                await asyncio.sleep(0.05)

        knocking = asyncio.create_task(knock())
        first = await asyncio.wait_for(anext(again), PATIENCE)
        knocking.cancel()
        assert (str(first.topic), first.payload) == ("zigbee2mqtt/Lamp/set", b"now")
