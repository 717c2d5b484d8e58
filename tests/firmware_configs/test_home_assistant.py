"""What is for Home Assistant, against what Paige tells it, and under it where it is there."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import jinja2
import pytest
import yaml
from tests.iot.conftest import listening, options

from paige.device.config.reference import reference
from paige.device.config.schema import House
from paige.device.service import _Speaker
from paige.iot.link import MqttLink
from paige.iot.presence import Topics, description
from paige.tools.broker import EmbeddedBroker

FOLDER = Path(__file__).parents[2] / "firmware-configs" / "home-assistant"
BLUEPRINT = FOLDER / "announce.yaml"
PYTHON = os.environ.get("HOME_ASSISTANT_PYTHON")


class _Input(str):
    """What `!input NAME` stands for."""


class _Loader(yaml.SafeLoader):
    pass


_Loader.add_constructor("!input", lambda loader, node: _Input(loader.construct_scalar(node)))  # type: ignore[arg-type]


def blueprint() -> dict[str, object]:
    loaded: dict[str, object] = yaml.load(BLUEPRINT.read_text(), _Loader)
    return loaded


def inputs_of(value: object) -> set[str]:
    if isinstance(value, _Input):
        return {str(value)}
    if isinstance(value, Mapping):
        value = [*value.values()]
    return set().union(*map(inputs_of, value)) if isinstance(value, list) else set()


def test_every_input_of_the_blueprint_is_used() -> None:
    loaded = blueprint()
    described = loaded.pop("blueprint")
    assert isinstance(described, dict)
    assert inputs_of(loaded) == described["input"].keys()
    assert described["input"]["topic"]["default"] == Topics().announcement


@pytest.mark.parametrize(
    ("here", "area", "said"),
    [("Kitchen", "Kitchen", True), ("Kitchen", None, True), ("", "Bath", True), ("Kitchen", "Bath", False)],
)
async def test_the_blueprint_says_what_paige_announces(here: str, area: str | None, said: bool) -> None:
    async with EmbeddedBroker() as broker, MqttLink(options(broker.port)) as link:
        await link.connected(10, retry=True)
        speaker = _Speaker(Topics())
        speaker.link = link
        async with listening(broker.port, Topics().announcement) as inbox:
            await speaker.publish("The tea is ready.", area, 5)
            (message,) = await inbox.count(1)
    payload = json.loads(message.payload)
    given = {"here": here, "trigger": {"payload_json": payload}}
    loaded = json.loads(json.dumps(blueprint()))
    environment = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)
    condition = environment.from_string(loaded["conditions"][0]["value_template"])
    assert condition.render(given) == str(said)
    text = environment.from_string(loaded["actions"][0]["data"]["message"])
    assert text.render(given) == "The tea is ready."
    payload["spoken"] = True
    assert condition.render(given) == "False"


def test_the_guide_names_what_paige_describes() -> None:
    guide = (FOLDER / "README.md").read_text()
    told = json.loads(description(Topics(), House().name, "1").payload)
    assert told["dev"]["name"] == "Home"
    rows = re.findall(r"^\| ([A-Z][a-z ]+) \| (\w+) \|", guide, re.MULTILINE)
    assert sorted(rows) == sorted((one["name"], one["p"]) for one in told["cmps"].values())
    assert ", ".join(told["cmps"]["outcome"]["ops"]) in guide
    for key in re.findall(r"`[a-z]+: \{([a-z_]+):|`[a-z]+\.([a-z_]+)`", guide):
        assert f"  {''.join(key)}:" in reference()
    for linked in re.findall(r"\]\(([^)]+)\)", guide):
        assert (FOLDER / linked).exists()


CHECK = """
import asyncio, sys
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA, PLATFORM_SCHEMA
from homeassistant.components.blueprint.models import Blueprint, BlueprintInputs
from homeassistant.core import HomeAssistant
from homeassistant.helpers import frame
from homeassistant.util.yaml import loader

async def check(path):
    frame.async_setup(HomeAssistant("."))
    data, schema = loader.load_yaml_dict(path), AUTOMATION_BLUEPRINT_SCHEMA
    found = Blueprint(data, path=path, expected_domain="automation", schema=schema)
    given = {"use_blueprint": {"path": path, "input": {"player": "media_player.kitchen"}}}
    inputs = BlueprintInputs(found, given)
    inputs.validate()
    PLATFORM_SCHEMA({"alias": "Paige speaks", **inputs.async_substitute()})

asyncio.run(check(sys.argv[1]))
"""


@pytest.mark.skipif(PYTHON is None, reason="needs HOME_ASSISTANT_PYTHON, a Python that has Home Assistant")
def test_home_assistant_takes_the_blueprint(tmp_path: Path) -> None:
    def complaint(text: str) -> str:
        (tmp_path / BLUEPRINT.name).write_text(text)
        result = subprocess.run(
            [str(PYTHON), "-c", CHECK, str(tmp_path / BLUEPRINT.name)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return result.stderr if result.returncode else ""

    text = BLUEPRINT.read_text()
    assert complaint(text) == ""
    assert complaint(text.replace("mode: queued", "mode: queueing")) != ""
    assert complaint(text.replace("!input voice", "!input voices")) != ""
