"""The worlds that the tests of this folder look at."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.device.privacy.conftest import World, begin
from tests.device.privacy.test_runtime import OPEN_A_SESSION

import paige.tools.demo
from paige.models.lm.shipped import model_folder

MODEL = model_folder("en")
WAKE_WORD = Path(__file__).parents[2] / "audio/wake/recordings/okay-nabu.wav"
HOME = Path(paige.tools.demo.__file__).with_name("home.yaml")
COMMAND = Path(paige.tools.demo.__file__).with_name("recordings") / "01-kitchen-lamp.wav"
BROKER = "broker.example"
PROXY = "http://192.0.2.66:3128"
SENTENCES = ("set a timer for one hour", "add milk to the shopping list", "what is the capital of france")
WHOLE = {
    "PAIGE_HOUSE_HOME": str(HOME),
    "PAIGE_HOUSE_AREA": "Kitchen",
    "PAIGE_VOICE_SPEAKER": "wall",
    "PAIGE_LANGUAGE_MODEL_MODEL": "paige-en",
    "PAIGE_PAGE_LISTEN": "0.0.0.0:10380",
    "PAIGE_PAGE_TOKEN": "correct-horse-battery-staple",
    "PAIGE_SATELLITES_WYOMING_PORT": "10300",
    "PAIGE_SATELLITES_HERMES": "true",
}
"""All that it can do on one board, and none of what is on another machine."""
PROXIES = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "mqtt_proxy"), PROXY)
OUTSIDE = {  # by what a program does that wants to be heard outside
    "socket.create_connection(('198.51.100.7', 443), 0.2)": {
        "what": "tcp",
        "where": "198.51.100.7",
        "port": 443,
    },
    "socket.create_connection(('2001:db8:ffff::7', 443), 0.2)": {
        "what": "tcp",
        "where": "2001:db8:ffff::7",
        "port": 443,
    },
    "socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('203.0.113.9', 123))": {
        "what": "udp",
        "where": "203.0.113.9",
        "port": 123,
    },
    "socket.gethostbyname('telemetry.example')": {"what": "dns", "where": "telemetry.example", "port": 53},
}
INTENTS = "language: en\nintents: {Lamp: {data: [{sentences: ['turn on the kitchen lamp']}]}}\n"
COMMANDS = (
    "--version",
    "--help",
    "config check",
    "config reference",
    f"models add {MODEL} --name small",
    "models list",
    "models verify",
    "doctor",
    f"parse {HOME} --explain < $HOME/sentence",
    "generate small --prompt hello --tokens 2",
    "say turn on the kitchen lamp",
    "listen --intents $HOME/intents.yaml < $HOME/recording",
    "selftest",
    "install --dry-run",
    "update status",
)
"""All but the service and the demo, which have worlds of their own, and what is for a desk, or asks."""
BEYOND_UPLOAD_SECONDS = 13
"""The runtime, unbridled, was seen to ask for its maker 6 to 10 s after its first session."""


@dataclass(frozen=True)
class Worlds:
    """All under way at once, for they mostly wait."""

    alone: World
    on_a_cable: World
    unbridled: World
    deliberate: World
    commands: World
    demo: World


def service(scratch: Path, **plan: Any) -> World:
    home = scratch / "home"
    home.mkdir()
    (home / ".asoundrc").write_text(
        f'pcm.wall {{ type file slave.pcm "null" file "{home}/played" format "raw" }}\n'
    )
    command = [sys.executable, "-m", "paige.tools.bench.recorded_service", str(WAKE_WORD), str(COMMAND)]
    return begin(scratch, command, WHOLE | plan.pop("environment"), SENTENCES, serves=True, **plan)


def commands(scratch: Path) -> World:
    home = scratch / "home"
    home.mkdir()
    (home / "intents.yaml").write_text(INTENTS)
    (home / "sentence").write_text("turn on the kitchen lamp\n")
    (home / "recording").write_text(f"{COMMAND}\n")
    script, module = (str(Path(sys.executable).with_name("paige")), f"{sys.executable} -m paige.device.cli")
    entered = [((script, module)[turn % 2], command) for turn, command in enumerate(COMMANDS)]
    entered += [(module, COMMANDS[0]), (script, COMMANDS[1])]
    lines = [f"{paige} {command}\necho = $? '{command}'" for paige, command in entered]
    return begin(scratch, ["sh", "-c", "\n".join(lines)], {"PAIGE_MQTT_HOST": BROKER, **PROXIES}, cable=True)


def python(scratch: Path, code: str) -> World:
    return begin(scratch, [sys.executable, "-c", code], {}, cable=True)


def begin_all(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """Begin them."""
    folder = tmp_path_factory.mktemp
    tries = [f"try: {one}\nexcept OSError: pass" for one in OUTSIDE]
    return Worlds(
        alone=service(
            folder("alone"),
            cable=False,
            environment={"PAIGE_MQTT_HOST": BROKER, "PAIGE_PAGE_LISTEN": "192.0.2.9:10380"},
        ),
        on_a_cable=service(
            folder("cable"),
            cable=True,
            lasts=BEYOND_UPLOAD_SECONDS,
            environment={"PAIGE_MQTT_HOST": BROKER, **PROXIES},
        ),
        unbridled=python(
            folder("unbridled"), f"{OPEN_A_SESSION}\nimport time; time.sleep({BEYOND_UPLOAD_SECONDS})"
        ),
        deliberate=python(folder("deliberate"), "\n".join(["import socket", *tries])),
        commands=commands(folder("commands")),
        demo=begin(folder("demo"), [sys.executable, "-m", "paige.device.cli", "demo"], PROXIES, cable=True),
    )
