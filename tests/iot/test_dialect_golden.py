"""Golden conversations: what devices say in each dialect, what is made of it, and what commands become.

The files hold both sides. After an intended change, run this file as a program: it writes what is made of the
messages and commands anew, and the difference is there to be read.
"""

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from paige.iot.change import (
    AvailabilityChanged,
    Change,
    EntityAppeared,
    EntityRemoved,
    Misunderstood,
    StateChanged,
)
from paige.iot.command import Command, CommandRefused
from paige.iot.dialects.described import DescribedDialect
from paige.iot.dialects.homeassistant import HomeAssistantDialect
from paige.iot.dialects.homie import HomieDialect
from paige.iot.dialects.protocol import Dialect
from paige.iot.dialects.tasmota import TasmotaDialect
from paige.iot.dialects.zigbee2mqtt import Zigbee2MqttDialect
from paige.iot.entity import Entity
from paige.iot.home_file import load_home
from paige.iot.message import Message

GOLDEN = Path(__file__).parent / "golden"
DIALECTS: dict[str, Callable[[], Dialect]] = {
    "described": lambda: DescribedDialect(load_home(GOLDEN / "described.yaml").bindings),
    "homeassistant": HomeAssistantDialect,
    "homie": HomieDialect,
    "tasmota": TasmotaDialect,
    "zigbee2mqtt": Zigbee2MqttDialect,
}


def conversations() -> list[tuple[str, str]]:
    return [(name, talk) for name in DIALECTS for talk in json.loads((GOLDEN / f"{name}.json").read_text())]


def shown_entity(entity: Entity) -> dict[str, Any]:
    plain = Entity(id="", name="", domain="", available=False)
    shown: dict[str, Any] = {}
    for field in fields(entity):
        value = getattr(entity, field.name)
        if value != getattr(plain, field.name) and field.name != "dialect":
            shown[field.name] = sorted(value) if isinstance(value, frozenset) else value
    return shown


def shown_change(change: Change) -> dict[str, Any]:
    match change:
        case EntityAppeared(entity=entity):
            return {"appeared": shown_entity(entity)}
        case EntityRemoved(entity_id=entity_id):
            return {"removed": entity_id}
        case StateChanged(entity_id=entity_id, state=state, attributes=attributes):
            return {"state_of": entity_id, "state": state, "attributes": dict(attributes)}
        case AvailabilityChanged(entity_id=entity_id, available=available):
            return {"availability_of": entity_id, "available": available}
        case Misunderstood(reason=reason):
            return {"misunderstood": reason}


def heard(dialect: Dialect, topic: str, payload: Any) -> list[dict[str, Any]]:
    data = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return [shown_change(change) for change in dialect.receive(Message(topic, data.encode()))]


def sent(dialect: Dialect, entity_id: str, service: str, data: dict[str, Any]) -> Any:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    encoded = dialect.encode(Command(entity_id, service, values))
    if isinstance(encoded, CommandRefused):
        return {"refused": str(encoded.reason)}
    assert not any(publication.retain for publication in encoded)
    return [[publication.topic, publication.payload.decode()] for publication in encoded]


def replay(name: str, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same steps with what becomes of them now."""
    dialect = DIALECTS[name]()
    done: list[dict[str, Any]] = []
    for step in steps:
        if "introduced" in step:
            done.append({"introduced": [shown_change(change) for change in dialect.introduce()]})
        elif "hear" in step:
            changes = heard(dialect, step["hear"], step["payload"])
            done.append({"hear": step["hear"], "payload": step["payload"], "changes": changes})
        else:
            entity_id, service, data = step["command"]
            sends = sent(dialect, entity_id, service, data)
            done.append({"command": step["command"], "sends": sends})
    plain: list[dict[str, Any]] = json.loads(json.dumps(done))
    return plain


@pytest.mark.parametrize(("name", "talk"), conversations())
def test_what_is_made_of_a_conversation_is_what_the_golden_file_says(name: str, talk: str) -> None:
    steps = json.loads((GOLDEN / f"{name}.json").read_text())[talk]
    assert replay(name, steps) == steps


def main() -> None:
    for name in DIALECTS:
        path = GOLDEN / f"{name}.json"
        talks = json.loads(path.read_text())
        written = {talk: replay(name, steps) for talk, steps in talks.items()}
        path.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
