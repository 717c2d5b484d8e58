"""Every command that the README names is run as a reader would run it, against a real broker and house."""

import asyncio
import os
import re
import shlex
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.home import SimulatedHome

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
if not README.is_file():
    pytest.skip("the README is not part of the installed package", allow_module_level=True)
TEXT = README.read_text(encoding="utf-8")
PATIENCE = 180.0

ELSEWHERE = {
    "./paige test": "runs these very tests",
    "make check": "runs these tests, among others; continuous integration runs it",
    **dict.fromkeys(("make clean-root", "make deb", "make boot"), "continuous integration runs it"),
    "make board BOARD=orin": "continuous integration runs it for another board",
    "./paige satellite": "test_here.py and those beside it run it, with a hub",
    **dict.fromkeys(
        (
            "./paige bench parse",
            "./paige bench understand --data FOLDER",
            "./paige bench listen --recordings FOLDER --repeats 2",
            "./paige bench day --recordings FOLDER --repeats 24",
            "./paige bench turn --repeats 5",
            "./paige bench memory",
            "./paige bench home",
            "./paige bench ears",
            "./paige bench wake --recordings FOLDER",
        ),
        "takes minutes; test_bench.py and those beside it run each part in its smallest form",
    ),
    "./paige setup dev": "whoever runs these tests has done so",
    "./paige import CHECKPOINT --to FOLDER --licence apache-2.0": "test_import.py runs it",
    "./paige models add FOLDER --name mine": "test_models.py runs it",
    "./paige models add ADDRESS.zip --name english": "test_speech.py runs it, on a server of its own",
    './paige generate mine --prompt "why is the sky blue" --budget 256MiB': "test_generate.py runs it",
    "./paige bench lm --llama-cpp PYTHON": "takes a quarter of an hour; test_bench_lm.py runs its parts",
    "score_ha.py -- ./paige parse": "needs the open cases; test_parse.py and test_english.py run the parser",
}
"""Commands that something else runs."""


def commands() -> list[str]:
    lines = re.findall(
        r"^(?: {4})?((?:\./paige|make|python3 \.\./shared)\b[^\n]*)$", TEXT, flags=re.MULTILINE
    )
    inline = re.findall(r"`((?:\./paige|make) [^`\n]+)`", TEXT)
    return sorted({re.sub(r"\s+#.*", "", line).strip() for line in [*lines, *inline]})


def test_the_readme_names_commands() -> None:
    assert {"./paige demo", "./paige test"} <= set(commands())


@dataclass
class House:
    folder: Path
    port: int

    async def start(self, command: str) -> Process:
        arguments = shlex.split(command)[1:]
        files = {"HOME.yaml": ROOT / "tools/demo/home.yaml", "FILE.yaml": self.folder / "intents.yaml"}
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "paige.device.cli",
            *(str(files.get(argument, argument)) for argument in arguments),
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith(".src")),
                "PAIGE_MQTT_HOST": "127.0.0.1",
                "PAIGE_MQTT_PORT": str(self.port),
            },
            stdin=PIPE if "parse" in arguments or "listen" in arguments else DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    intents = {"language": "en", "intents": {"Brew": {"data": [{"sentences": ["brew coffee"]}]}}}
    (tmp_path / "intents.yaml").write_text(yaml.safe_dump(intents))
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(EmbeddedBroker())
        await stack.enter_async_context(SimulatedHome().joined(broker.host, broker.port))
        yield House(tmp_path, broker.port)


# What each prints when it works, and its exit status; one that is not here is not run by any test.
SHOWN = {
    "./paige demo": ("Turned on the Kitchen Lamp.", 0),
    "./paige doctor": ("broker", None),  # what it finds on this machine is the machine's own affair
    './paige say "is the front door locked"': ("Yes, the Front Door is locked.", 0),
    "./paige config reference": ("mqtt:", 0),
    "./paige config check": ("mqtt.host", 0),
    "./paige parse HOME.yaml": ('"intent": "HassTurnOn"', 0),
    "./paige listen --intents FILE.yaml": ('"error"', 1),  # the line it is given names no WAV file
    './paige generate paige-en --tools HOME.yaml --prompt "make it brighter in the kitchen"': ('{"', 0),
    "./paige run": ("", 0),
}


@pytest.mark.parametrize("command", [command for command in commands() if command not in ELSEWHERE])
async def test_a_command_of_the_readme_works(house: House, command: str) -> None:
    assert command in SHOWN, f"the README names {command!r}, and no test runs it"
    shown, status = SHOWN[command]
    process = await house.start(command)
    async with asyncio.timeout(PATIENCE):
        if command.endswith(" run"):
            assert process.stderr is not None
            while b"ready" not in (line := await process.stderr.readline()).lower():
                assert line, "it ended before it was ready"
            process.send_signal(signal.SIGTERM)
        out, err = await process.communicate(b"turn on the kitchen lamp\n" if process.stdin else None)
    assert shown in out.decode(), err.decode()
    assert status is None or process.returncode == status, err.decode()
    assert "Traceback" not in err.decode()


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL))
def test_a_file_of_the_readme_is_understood(block: str, tmp_path: Path) -> None:
    from paige.device.config.load import load
    from paige.iot.home_file import load_home

    file = tmp_path / "file.yaml"
    file.write_text(block)
    if "mqtt:" in block:
        (tmp_path / "secrets.yaml").write_text("mqtt_password: hunter2\n")
        assert load(file, {}).config.mqtt.host == "homeassistant.local"
    else:
        assert load_home(file).entities[0].name in ("Reading Lamp", "Good Night")


def test_every_file_that_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
