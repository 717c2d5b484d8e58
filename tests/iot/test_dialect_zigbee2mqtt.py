"""Zigbee2MQTT: what holds for all devices, beyond the golden conversations."""

import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from paige.iot.change import AvailabilityChanged, EntityAppeared, EntityRemoved, Misunderstood, StateChanged
from paige.iot.command import Command, CommandRefused
from paige.iot.dialects.color import at_full_brightness
from paige.iot.dialects.zigbee2mqtt import Zigbee2MqttDialect
from paige.iot.entity import AttributeValue
from paige.iot.message import Message, Publication

DEVICES = "zigbee2mqtt/bridge/devices"
STATE = {
    "type": "binary",
    "name": "state",
    "property": "state",
    "access": 7,
    "value_on": "ON",
    "value_off": "OFF",
}
BRIGHTNESS = {
    "type": "numeric",
    "name": "brightness",
    "property": "brightness",
    "access": 7,
    "value_max": 254,
}
COLOR_TEMP = {"type": "numeric", "name": "color_temp", "property": "color_temp", "access": 7}
COLOR_TEMP |= {"value_min": 153, "value_max": 500}
PARTS = {"color_xy": ("x", "y"), "color_hs": ("hue", "saturation")}
SWITCH = {"type": "switch", "features": [STATE]}


def color(way: str) -> dict[str, Any]:
    parts = [{"type": "numeric", "name": name, "property": name, "access": 7} for name in PARTS[way]]
    return {"type": "composite", "name": way, "property": "color", "features": parts}


def light(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "light", "features": [STATE, *features]}


def device(name: str, *exposes: dict[str, Any], address: str = "0x01", **more: Any) -> dict[str, Any]:
    definition = {"model": "m", "vendor": "v", "description": "d", "exposes": list(exposes)}
    return {
        "friendly_name": name,
        "ieee_address": address,
        "type": "Router",
        "definition": definition,
        **more,
    }


def hear(dialect: Zigbee2MqttDialect, topic: str, payload: Any, retained: bool = False) -> tuple[Any, ...]:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return dialect.receive(Message(topic, text.encode(), retained))


def listed(*devices: dict[str, Any]) -> Zigbee2MqttDialect:
    dialect = Zigbee2MqttDialect()
    changes = hear(dialect, DEVICES, devices)
    assert all(isinstance(change, EntityAppeared) for change in changes), changes
    return dialect


def sent(dialect: Zigbee2MqttDialect, entity_id: str, service: str, **data: AttributeValue) -> dict[str, Any]:
    encoded = dialect.encode(Command(entity_id, service, data))
    assert not isinstance(encoded, CommandRefused), encoded.reason
    (publication,) = encoded
    assert not publication.retain
    message: dict[str, Any] = json.loads(publication.payload)
    return message


def reported(dialect: Zigbee2MqttDialect, values: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    (change,) = hear(dialect, "zigbee2mqtt/lamp", values)
    assert isinstance(change, StateChanged), change
    return change.state, dict(change.attributes)


@given(percent=st.integers(1, 100))
def test_a_brightness_comes_back_as_it_was_sent(percent: int) -> None:
    dialect = listed(device("lamp", light(BRIGHTNESS)))
    message = sent(dialect, "light.lamp", "turn_on", brightness_pct=percent)
    assert 1 <= message["brightness"] <= 254
    assert reported(dialect, message) == ("on", {"brightness_pct": percent})


@given(kelvin=st.integers(2000, 6535))
def test_a_colour_temperature_comes_back_as_it_was_sent(kelvin: int) -> None:
    dialect = listed(device("lamp", light(COLOR_TEMP, color("color_xy"))))
    message = sent(dialect, "light.lamp", "turn_on", color_temp_kelvin=kelvin)
    _, attributes = reported(dialect, message | {"color_mode": "color_temp", "color": {"x": 0.4, "y": 0.4}})
    assert attributes["color_temp_kelvin"] == pytest.approx(kelvin, rel=0.01)
    assert attributes["rgb_color"] is None


@given(rgb=st.tuples(*[st.integers(0, 255)] * 3), way=st.sampled_from(sorted(PARTS)))
def test_a_colour_comes_back_as_it_was_sent(rgb: tuple[int, int, int], way: str) -> None:
    rgb = at_full_brightness(rgb)
    dialect = listed(device("lamp", light(COLOR_TEMP, color(way))))
    message = sent(dialect, "light.lamp", "turn_on", rgb_color=rgb)
    assert message["color"].keys() == set(PARTS[way])
    _, attributes = reported(dialect, message | {"color_mode": way.removeprefix("color_")})
    assert attributes["rgb_color"] == pytest.approx(rgb, abs=5)


def test_a_bridge_that_goes_takes_all_with_it_and_brings_back_those_that_are_there() -> None:
    dialect = listed(device("lamp", SWITCH), device("fan", SWITCH, address="0x02"))
    assert hear(dialect, "zigbee2mqtt/fan/availability", "offline") == (
        AvailabilityChanged("switch.fan", False),
    )
    assert hear(dialect, "zigbee2mqtt/bridge/state", "offline") == (
        AvailabilityChanged("switch.lamp", False),
    )
    assert hear(dialect, "zigbee2mqtt/lamp/availability", {"state": "online"}) == ()
    assert hear(dialect, "zigbee2mqtt/bridge/state", {"state": "online"}) == (
        AvailabilityChanged("switch.lamp", True),
    )


def test_what_appears_while_the_bridge_is_offline_is_not_available() -> None:
    dialect = Zigbee2MqttDialect()
    hear(dialect, "zigbee2mqtt/bridge/state", {"state": "offline"})
    (appeared,) = hear(dialect, DEVICES, [device("lamp", SWITCH)])
    assert not appeared.entity.available


def test_the_same_list_again_changes_nothing() -> None:
    dialect = listed(device("lamp", light(BRIGHTNESS)))
    assert hear(dialect, DEVICES, [device("lamp", light(BRIGHTNESS))]) == ()


def test_a_renamed_device_keeps_its_id_and_state_and_is_commanded_by_its_new_name() -> None:
    dialect = listed(device("lamp", light(BRIGHTNESS)))
    hear(dialect, "zigbee2mqtt/lamp", {"state": "ON"})
    (appeared,) = hear(dialect, DEVICES, [device("reading_lamp", light(BRIGHTNESS))])
    assert (appeared.entity.id, appeared.entity.name) == ("light.lamp", "reading lamp")
    assert dialect.encode(Command("light.lamp", "toggle")) == (
        Publication("zigbee2mqtt/reading_lamp/set", b'{"state": "OFF"}'),
    )
    assert "zigbee2mqtt/lamp" not in dialect.filters()


def test_a_device_that_is_disabled_is_removed() -> None:
    dialect = listed(device("lamp", SWITCH))
    assert hear(dialect, DEVICES, [device("lamp", SWITCH, disabled=True)]) == (EntityRemoved("switch.lamp"),)


def test_a_group_waits_for_its_members_and_goes_with_them() -> None:
    dialect = Zigbee2MqttDialect()
    group = {"id": 4, "friendly_name": "lamps", "members": [{"ieee_address": "0x01", "endpoint": 1}]}
    assert hear(dialect, "zigbee2mqtt/bridge/groups", [group]) == ()
    appeared = hear(dialect, DEVICES, [device("lamp", light(BRIGHTNESS))])
    assert {change.entity.id for change in appeared} == {"light.lamp", "light.lamps"}
    assert hear(dialect, "zigbee2mqtt/bridge/groups", []) == (EntityRemoved("light.lamps"),)


def test_a_group_speaks_of_no_endpoints_though_its_members_do() -> None:
    dialect = Zigbee2MqttDialect()
    gang = {
        "type": "switch",
        "endpoint": "left",
        "features": [STATE | {"property": "state_left", "endpoint": "left"}],
    }
    hear(dialect, DEVICES, [device("wall", gang)])
    group = {"id": 4, "friendly_name": "walls", "members": [{"ieee_address": "0x01", "endpoint": 2}]}
    hear(dialect, "zigbee2mqtt/bridge/groups", [group])
    assert sent(dialect, "switch.walls", "turn_on") == {"state": "ON"}


def test_only_what_can_be_asked_for_is_asked_for() -> None:
    quiet = {"type": "binary", "name": "contact", "property": "contact", "access": 1, "value_on": False}
    quiet |= {"value_off": True}
    dialect = listed(
        device("lamp", light(BRIGHTNESS, COLOR_TEMP | {"access": 3})), device("door", quiet, address="0x02")
    )
    (publication,) = dialect.refresh("light.lamp")
    assert publication.topic == "zigbee2mqtt/lamp/get"
    assert json.loads(publication.payload) == {"state": "", "brightness": ""}
    assert dialect.refresh("binary_sensor.door_contact") == ()
    assert dialect.refresh("light.unheard_of") == ()


def test_a_contact_that_is_true_is_closed() -> None:
    contact = {"type": "binary", "name": "contact", "property": "contact", "access": 1}
    dialect = listed(device("door", contact | {"value_on": False, "value_off": True}))
    (change,) = hear(dialect, "zigbee2mqtt/door", {"contact": True})
    assert change == StateChanged("binary_sensor.door_contact", "off")


def test_a_light_that_does_not_say_what_turns_it_on_is_left_out() -> None:
    unsaid = {key: value for key, value in STATE.items() if not key.startswith("value_")}
    assert (
        hear(Zigbee2MqttDialect(), DEVICES, [device("lamp", {"type": "light", "features": [unsaid]})]) == ()
    )


def test_what_the_broker_kept_is_marked_as_such() -> None:
    dialect = listed(device("lamp", SWITCH))
    (change,) = hear(dialect, "zigbee2mqtt/lamp", {"state": "ON"}, retained=True)
    assert change.retained


def test_another_base_topic_is_used_throughout() -> None:
    dialect = Zigbee2MqttDialect("home/zigbee")
    assert hear(dialect, DEVICES, [device("lamp", SWITCH)]) == ()
    hear(dialect, "home/zigbee/bridge/devices", [device("lamp", SWITCH)])
    assert dialect.encode(Command("switch.lamp", "turn_on")) == (
        Publication("home/zigbee/lamp/set", b'{"state": "ON"}'),
    )
    assert dialect.filters() == {
        "home/zigbee/bridge/state",
        "home/zigbee/bridge/devices",
        "home/zigbee/bridge/groups",
        "home/zigbee/lamp",
        "home/zigbee/lamp/availability",
    }
    dialect.forget()
    assert len(dialect.filters()) == 3


@given(
    name=st.text(min_size=1, max_size=30).filter(str.strip).filter(lambda text: not set("+#\0") & set(text))
)
@example("客厅/吊灯")
@example("Küche/Licht_1")
def test_names_in_any_script_and_with_slashes_are_commanded_by_their_own_topic(name: str) -> None:
    dialect = Zigbee2MqttDialect()
    (appeared,) = hear(dialect, DEVICES, [device(name, SWITCH)])
    assert appeared.entity.id.isascii()
    assert appeared.entity.name
    encoded = dialect.encode(Command(appeared.entity.id, "turn_on"))
    assert not isinstance(encoded, CommandRefused)
    assert encoded[0].topic == f"zigbee2mqtt/{name}/set"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
strange = json_values | st.sampled_from(["state", "light", "ON", "climate", "lamp", "numeric", 7])
feature_keys = st.sampled_from(
    [
        "type",
        "name",
        "property",
        "label",
        "endpoint",
        "access",
        "values",
        "value_on",
        "value_max",
        "unit",
        "category",
    ]
)
strange_features = st.recursive(
    st.dictionaries(feature_keys, strange, max_size=6),
    lambda inner: st.builds(lambda own, parts: own | {"features": parts}, inner, st.lists(inner, max_size=3)),
    max_leaves=5,
)
strange_payloads = st.one_of(
    st.binary(max_size=40),
    st.dictionaries(
        st.sampled_from(["state", "color", "brightness", "position", "color_mode"]), json_values
    ).map(lambda values: json.dumps(values).encode()),
    st.sampled_from(
        [b"", b"null", b"[" * 5000, b'{"state":' + b"9" * 5000 + b"}", b'{"brightness":1e999}', b"\xff"]
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    exposes=st.lists(
        strange_features | st.sampled_from([SWITCH, light(BRIGHTNESS, color("color_xy"))]), max_size=4
    ),
    extra=json_values,
    payload=strange_payloads,
)
def test_no_list_and_no_report_can_break_it(
    exposes: list[dict[str, Any]], extra: Any, payload: bytes
) -> None:
    dialect = Zigbee2MqttDialect()
    changes = [*hear(dialect, DEVICES, [device("lamp", *exposes), extra])]
    changes += hear(
        dialect,
        "zigbee2mqtt/bridge/groups",
        [{"id": 1, "friendly_name": "g", "members": [{"ieee_address": "0x01"}]}, extra],
    )
    for topic in sorted(dialect.filters(), reverse=True):
        changes += dialect.receive(Message(topic, payload))
    for change in changes:
        if isinstance(change, EntityAppeared):
            dialect.refresh(change.entity.id)
            for service in change.entity.services:
                data: dict[str, AttributeValue] = {
                    "position": 5,
                    "percentage": 5,
                    "temperature": 20,
                    "hvac_mode": "off",
                }
                dialect.encode(Command(change.entity.id, service, data))
        elif isinstance(change, Misunderstood):
            assert change.topic
            assert change.reason


def test_what_is_misunderstood_names_the_topic_and_what_was_found_and_expected() -> None:
    dialect = listed(device("lamp", light(BRIGHTNESS)))
    assert hear(dialect, "zigbee2mqtt/lamp", {"state": "GREEN"}) == (
        Misunderstood("zigbee2mqtt/lamp", "light.lamp: state: found 'GREEN', expected one of 'ON', 'OFF'"),
    )


def test_a_bridge_of_five_thousand_devices_is_taken_in_within_seconds() -> None:
    dialect = Zigbee2MqttDialect()
    devices = [device(f"lamp {n}", light(BRIGHTNESS, COLOR_TEMP), address=f"0x{n:016x}") for n in range(5000)]
    begun = time.process_time()
    assert len(hear(dialect, DEVICES, devices)) == 5000
    assert (
        sum(
            len(hear(dialect, f"zigbee2mqtt/lamp {n}", {"state": "ON", "brightness": 9})) for n in range(5000)
        )
        == 5000
    )
    assert hear(dialect, DEVICES, devices) == ()
    taken = time.process_time() - begun
    assert taken < 15, f"{taken / 5:.2f} ms an entity"
