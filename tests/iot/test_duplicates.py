import json
from itertools import permutations

import pytest

from paige.iot.dialects.homeassistant.dialect import HomeAssistantDialect
from paige.iot.dialects.protocol import Dialect
from paige.iot.dialects.zigbee2mqtt.dialect import Zigbee2MqttDialect
from paige.iot.duplicates import ANNOUNCER
from paige.iot.message import Message
from paige.iot.registry import Registry

IEEE = "0x00158d0001abcdef"
DEVICES = [
    {
        "ieee_address": IEEE,
        "type": "Router",
        "friendly_name": "Desk Lamp",
        "disabled": False,
        "supported": True,
        "interview_completed": True,
        "definition": {
            "model": "X",
            "vendor": "Y",
            "description": "A lamp",
            "exposes": [
                {
                    "type": "light",
                    "features": [
                        {
                            "type": "binary",
                            "name": "state",
                            "property": "state",
                            "access": 7,
                            "value_on": "ON",
                            "value_off": "OFF",
                        }
                    ],
                }
            ],
        },
    }
]
# The form in which Zigbee2MQTT announces a light when its `homeassistant` option is on.
ANNOUNCEMENT = {
    "availability": [{"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"}],
    "command_topic": "zigbee2mqtt/Desk Lamp/set",
    "device": {
        "identifiers": [f"zigbee2mqtt_{IEEE}"],
        "manufacturer": "Y",
        "model": "X",
        "name": "Desk Lamp",
    },
    "name": None,
    "object_id": "desk_lamp",
    "origin": {"name": "Zigbee2MQTT"},
    "schema": "json",
    "state_topic": "zigbee2mqtt/Desk Lamp",
    "unique_id": f"{IEEE}_light_zigbee2mqtt",
}
MESSAGES = (
    Message("zigbee2mqtt/bridge/devices", json.dumps(DEVICES).encode(), retained=True),
    Message(f"homeassistant/light/{IEEE}/light/config", json.dumps(ANNOUNCEMENT).encode(), retained=True),
    Message("zigbee2mqtt/bridge/state", b'{"state":"online"}', retained=True),
)


@pytest.mark.parametrize("messages", list(permutations(MESSAGES)))
def test_a_zigbee_lamp_that_is_also_announced_to_home_assistant_is_one_lamp(
    messages: tuple[Message, ...],
) -> None:
    dialects: tuple[Dialect, ...] = (HomeAssistantDialect(), Zigbee2MqttDialect())
    registry = Registry()
    for message in (*messages, Message("zigbee2mqtt/Desk Lamp", b'{"state":"ON"}')):
        for dialect in dialects:
            for change in dialect.receive(message):
                registry.apply(dialect.name, change)
    (lamp,) = registry.entities
    assert (lamp.name, lamp.dialect, lamp.state, lamp.available) == ("Desk Lamp", "zigbee2mqtt", "on", True)
    assert registry.statistics().hidden == 1


def test_the_announcer_is_the_dialect_of_home_assistants_discovery() -> None:
    assert HomeAssistantDialect().name == ANNOUNCER
