"""Whatever Tasmota and Homie devices send and are asked, nothing breaks and values survive."""

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paige.iot.change import Change, EntityAppeared, EntityRemoved, Misunderstood
from paige.iot.command import Command, CommandRefused
from paige.iot.dialects.color import at_full_brightness
from paige.iot.dialects.homie import HomieDialect
from paige.iot.dialects.homie_description import Property
from paige.iot.dialects.protocol import Dialect
from paige.iot.dialects.tasmota import TasmotaDialect
from paige.iot.entity import AttributeValue, Entity
from paige.iot.message import Message
from paige.tools.simulated_home.homie import GarageDoor
from paige.tools.simulated_home.tasmota import TasmotaDimmer

SERVICES = sorted(
    {"turn_on", "turn_off", "toggle", "set_percentage", "open_cover", "close_cover", "stop_cover"}
    | {"set_cover_position", "open_valve", "close_valve", "lock", "unlock", "set_temperature"}
    | {"set_hvac_mode", "volume_set", "volume_mute", "media_play", "media_next_track", "press", "dance"}
)
DATA_KEYS = sorted(
    {"brightness_pct", "rgb_color", "color_temp_kelvin", "percentage", "position", "temperature"}
    | {"hvac_mode", "volume_pct", "is_volume_muted", "media_id"}
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
payloads = st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode())
data = st.dictionaries(
    st.sampled_from(DATA_KEYS),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers(-5, 300), max_size=4).map(tuple),
    max_size=3,
)

TASMOTA_CONFIG: dict[str, Any] = {
    "dn": "Lamp",
    "fn": ["Lamp", None, "Pump"],
    "hn": "lamp-1",
    "mac": "A8032A000001",
    "if": 1,
    "ofln": "Offline",
    "onln": "Online",
    "state": ["OFF", "ON", "TOGGLE", "HOLD"],
    "t": "lamp",
    "ft": "%prefix%/%topic%/",
    "tp": ["cmnd", "stat", "tele"],
    "rl": [1, 2, 3, 3, 1],
    "so": {"4": 0, "20": 0, "30": 0, "68": 0, "82": 0},
    "lk": 1,
    "lt_st": 5,
    "sho": [1],
    "swc": [1, -1],
    "swn": [None, "Window"],
    "ty": 0,
}
TASMOTA_KEYS = [
    "POWER1",
    "POWER2",
    "Dimmer",
    "Color",
    "HSBColor",
    "CT",
    "White",
    "FanSpeed",
    "Shutter1",
    "Switch1",
    "DHT",
]
HOMIE_PROPERTIES: dict[str, dict[str, Any]] = {
    "power": {"datatype": "boolean", "settable": True},
    "brightness": {"datatype": "integer", "format": "0:255", "settable": True},
    "color": {"datatype": "color", "format": "rgb", "settable": True},
    "ct": {"datatype": "integer", "unit": "K", "settable": True},
    "target": {"datatype": "float", "unit": "°C", "format": "5:30:0.5", "settable": True},
    "mode": {"datatype": "enum", "format": "off,heat", "settable": True},
    "position": {"datatype": "integer", "unit": "%", "settable": True},
    "volume": {"datatype": "float", "format": "0:1", "settable": True},
    "lock": {"datatype": "boolean", "settable": True},
    "temperature": {"datatype": "float", "unit": "°C"},
}
HOMIE_TYPES = [
    "",
    "light",
    "switch",
    "fan",
    "blinds",
    "lock",
    "thermostat",
    "media_player",
    "valve",
    "button",
]


def hear(dialect: Dialect, topic: str, payload: bytes) -> tuple[Change, ...]:
    changes = dialect.receive(Message(topic, payload))
    assert all(isinstance(change, get_args(Change)) for change in changes)
    assert all(
        set(part) <= {"#"} or "#" not in part for known in dialect.filters() for part in known.split("/")
    )
    return changes


def ask_everything(
    dialect: Dialect, known: dict[str, Entity], service: str, asked: dict[str, AttributeValue]
) -> None:
    for entity in known.values():
        for publication in dialect.refresh(entity.id):
            assert not publication.retain
        encoded = dialect.encode(Command(entity.id, service, asked))
        if isinstance(encoded, CommandRefused):
            continue
        assert encoded
        assert service in entity.services
        for publication in encoded:
            assert not publication.retain
            assert not set(publication.topic) & set("+#\0")


def follow(known: dict[str, Entity], changes: tuple[Change, ...]) -> None:
    for change in changes:
        if isinstance(change, EntityAppeared):
            known[change.entity.id] = change.entity
        elif isinstance(change, EntityRemoved):
            del known[change.entity_id]
        elif not isinstance(change, Misunderstood):
            assert change.entity_id in known, "only what has appeared is spoken of"


@settings(max_examples=300, deadline=None)
@given(
    keys=st.lists(st.tuples(st.sampled_from(sorted(TASMOTA_CONFIG)), json_values), max_size=2),
    skeleton=payloads,
    reports=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "stat/lamp/RESULT",
                    "tele/lamp/STATE",
                    "tele/lamp/SENSOR",
                    "stat/lamp/STATUS10",
                    "tele/lamp/LWT",
                ]
            ),
            payloads
            | st.dictionaries(st.sampled_from(TASMOTA_KEYS), json_values, max_size=4).map(
                lambda v: json.dumps(v).encode()
            ),
        ),
        max_size=6,
    ),
    service=st.sampled_from(SERVICES),
    asked=data,
)
def test_no_tasmota_payload_or_command_breaks_anything(
    keys: list[tuple[str, Any]],
    skeleton: bytes,
    reports: list[tuple[str, bytes]],
    service: str,
    asked: dict[str, AttributeValue],
) -> None:
    dialect, known = TasmotaDialect(), dict[str, Entity]()
    base = "tasmota/discovery/A8032A000001"
    follow(known, hear(dialect, f"{base}/sensors", skeleton))
    follow(known, hear(dialect, f"{base}/config", json.dumps(TASMOTA_CONFIG).encode()))
    assert known
    for topic, payload in reports:
        follow(known, hear(dialect, topic, payload))
    ask_everything(dialect, known, service, asked)
    follow(known, hear(dialect, f"{base}/config", json.dumps(TASMOTA_CONFIG | dict(keys)).encode()))
    ask_everything(dialect, known, service, asked)
    follow(known, hear(dialect, f"{base}/config", b""))
    assert known == {}


@settings(max_examples=300, deadline=None)
@given(
    chosen=st.lists(st.sampled_from(sorted(HOMIE_PROPERTIES)), max_size=6, unique=True),
    node_type=st.sampled_from(HOMIE_TYPES),
    spoilt=st.dictionaries(
        st.sampled_from(["homie", "name", "nodes", "root", "parent"]), json_values, max_size=1
    ),
    values=st.lists(
        st.tuples(st.sampled_from(sorted(HOMIE_PROPERTIES)), payloads | st.text(max_size=8).map(str.encode)),
        max_size=8,
    ),
    service=st.sampled_from(SERVICES),
    asked=data,
)
def test_no_homie_payload_or_command_breaks_anything(
    chosen: list[str],
    node_type: str,
    spoilt: dict[str, Any],
    values: list[tuple[str, bytes]],
    service: str,
    asked: dict[str, AttributeValue],
) -> None:
    dialect, known = HomieDialect(), dict[str, Entity]()
    node = {"name": "Node", "type": node_type, "properties": {key: HOMIE_PROPERTIES[key] for key in chosen}}
    document: dict[str, Any] = {"homie": "5.0", "version": 1, "name": "Device", "nodes": {"node": node}}
    follow(known, hear(dialect, "homie/5/d/$description", json.dumps(document).encode()))
    follow(known, hear(dialect, "homie/5/d/$state", b"ready"))
    for key, payload in values:
        follow(known, hear(dialect, f"homie/5/d/node/{key}", payload))
        follow(known, hear(dialect, f"homie/5/d/node/{key}/$target", payload))
        follow(known, hear(dialect, "homie/5/d/$state", payload))
    ask_everything(dialect, known, service, asked)
    follow(known, hear(dialect, "homie/5/d/$description", json.dumps(document | spoilt).encode()))
    ask_everything(dialect, known, service, asked)
    follow(known, hear(dialect, "homie/5/d/$state", b""))
    assert known == {}


@settings(max_examples=200, deadline=None)
@given(
    messages=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "$homie",
                    "$state",
                    "$nodes",
                    "$name",
                    "n/$properties",
                    "n/$name",
                    "n/$type",
                    "n/p/$datatype",
                ]
            )
            | st.sampled_from(
                ["n/p/$format", "n/p/$settable", "n/p/$unit", "n/p", "n/p/set", "n/q/$datatype", "n/q", "x"]
            ),
            st.sampled_from(
                [
                    b"4.0.0",
                    b"ready",
                    b"n",
                    b"n,m",
                    b"p",
                    b"p,q",
                    b"boolean",
                    b"enum",
                    b"color",
                    b"integer",
                    b"true",
                ]
            )
            | st.sampled_from([b"0:100", b"a,b", b"rgb", b"light", b"", b"5", b"1,2,3"])
            | payloads,
        ),
        max_size=25,
    )
)
def test_version_4_attributes_may_come_in_any_order_and_be_anything(
    messages: list[tuple[str, bytes]],
) -> None:
    dialect, known = HomieDialect(), dict[str, Entity]()
    for level, payload in [("$homie", b"4.0.0"), *messages]:
        follow(known, hear(dialect, f"homie/d/{level}", payload))
        ask_everything(dialect, known, "toggle", {})


@pytest.mark.parametrize("make", [TasmotaDialect, HomieDialect])
@settings(max_examples=200, deadline=None)
@given(levels=st.lists(st.text(max_size=8), max_size=5), payload=payloads)
def test_topics_of_any_shape_are_heard_without_harm(
    make: Callable[[], Dialect], levels: list[str], payload: bytes
) -> None:
    for prefix in ("tasmota", "tasmota/discovery", "homie", "homie/5", ""):
        hear(make(), "/".join([prefix, *levels]), payload)


@settings(deadline=None)
@given(name=st.text(min_size=1, max_size=30).filter(str.strip))
def test_a_name_in_any_script_arrives_as_it_was_given(name: str) -> None:
    config = json.dumps(TASMOTA_CONFIG | {"dn": name, "fn": [name], "rl": [1], "if": 0, "swc": []}).encode()
    (appeared,) = TasmotaDialect().receive(Message("tasmota/discovery/A8032A000001/config", config))
    assert isinstance(appeared, EntityAppeared)
    assert appeared.entity.name == name
    node = {"properties": {"power": {"datatype": "boolean", "settable": True}}}
    document = json.dumps({"homie": "5.0", "name": name, "nodes": {"relay": node}}).encode()
    (appeared,) = HomieDialect().receive(Message("homie/5/relay/$description", document))
    assert isinstance(appeared, EntityAppeared)
    assert appeared.entity.name == name


@given(level=st.integers(1, 100))
def test_a_brightness_comes_back_from_a_tasmota_as_it_was_sent(level: int) -> None:
    device, dialect = TasmotaDimmer("Lamp", "A8032A000001"), TasmotaDialect()
    for said in device.announce():
        dialect.receive(Message(said.topic, said.payload))
    encoded = dialect.encode(
        Command("light.tasmota_a8032a000001_light_1", "turn_on", {"brightness_pct": level})
    )
    assert not isinstance(encoded, CommandRefused)
    attributes: dict[str, AttributeValue] = {}
    for publication in encoded:
        for said in device.receive(Message(publication.topic, publication.payload)):
            for change in dialect.receive(Message(said.topic, said.payload)):
                attributes |= getattr(change, "attributes", {})
    assert attributes["brightness_pct"] == level


@given(position=st.integers(0, 100))
def test_a_position_comes_back_from_a_homie_cover_as_it_was_sent(position: int) -> None:
    device, dialect = GarageDoor("Garage Door", "door"), HomieDialect()
    for said in device.announce():
        dialect.receive(Message(said.topic, said.payload))
    encoded = dialect.encode(Command("cover.homie_door_door", "set_cover_position", {"position": position}))
    assert not isinstance(encoded, CommandRefused)
    attributes: dict[str, AttributeValue] = {}
    for publication in encoded:
        for said in device.receive(Message(publication.topic, publication.payload)):
            for change in dialect.receive(Message(said.topic, said.payload)):
                attributes |= getattr(change, "attributes", {})
    assert attributes["current_position"] == position


def test_an_event_is_sent_at_most_once_and_a_state_at_least_once() -> None:
    device, dialect = GarageDoor("Garage Door", "door"), HomieDialect()
    for said in device.announce():
        dialect.receive(Message(said.topic, said.payload))
    stop = dialect.encode(Command("cover.homie_door_door", "stop_cover"))
    move = dialect.encode(Command("cover.homie_door_door", "set_cover_position", {"position": 5}))
    assert not isinstance(stop, CommandRefused)
    assert not isinstance(move, CommandRefused)
    assert [(sent.topic.split("/")[-2], sent.qos) for sent in (*stop, *move)] == [
        ("action", 0),
        ("position", 1),
    ]


@given(value=st.floats(-1e6, 1e6), datatype=st.sampled_from(["integer", "float"]))
def test_a_homie_number_survives_writing_and_reading(value: float, datatype: str) -> None:
    prop = Property("p", "P", datatype, settable=True)
    read = prop.read(prop.write(value))
    assert read == pytest.approx(round(value) if datatype == "integer" else value, abs=1e-6)


@given(
    value=st.floats(-1e6, 1e6),
    least=st.integers(-50, 0),
    most=st.integers(1, 50),
    step=st.sampled_from(["", ":1", ":0.5"]),
)
def test_a_homie_number_stays_within_its_format(value: float, least: int, most: int, step: str) -> None:
    prop = Property("p", "P", "float", format=f"{least}:{most}{step}", settable=True)
    read = prop.read(prop.write(value))
    assert isinstance(read, float)
    assert least <= read <= most


@given(rgb=st.tuples(*[st.integers(0, 255)] * 3), prefixed=st.booleans())
def test_a_homie_colour_survives_writing_and_reading(rgb: tuple[int, int, int], prefixed: bool) -> None:
    as_rgb = Property("p", "P", "color", format="rgb", settable=True, prefixed_color=prefixed)
    assert as_rgb.read(as_rgb.write(rgb)) == rgb
    as_hsv = Property("p", "P", "color", format="hsv", settable=True, prefixed_color=prefixed)
    read = as_hsv.read(as_hsv.write(rgb))
    assert isinstance(read, tuple)
    assert all(abs(one - other) <= 8 for one, other in zip(read, rgb, strict=True)), (
        "whole degrees and percents"
    )


@given(rgb=st.tuples(*[st.integers(0, 255)] * 3))
def test_a_colour_at_full_brightness_is_bright(rgb: tuple[int, int, int]) -> None:
    assert max(at_full_brightness(rgb)) == 255


@pytest.mark.parametrize("half", [rb'"\ud83d"', rb'"\uD83D x"'])
def test_half_a_character_is_misunderstood_and_never_becomes_a_name_or_topic(half: bytes) -> None:
    config = json.dumps(TASMOTA_CONFIG).encode()
    for key in (b'"Lamp"', b'"lamp"'):
        changes = hear(
            TasmotaDialect(), "tasmota/discovery/A8032A000001/config", config.replace(key, half, 1)
        )
        assert [type(change) for change in changes] == [Misunderstood]


def test_a_whole_character_in_two_escaped_halves_is_understood() -> None:
    config = json.dumps(TASMOTA_CONFIG | {"dn": "💡", "rl": [1], "fn": [], "if": 0, "swc": []}).encode()
    (appeared,) = hear(TasmotaDialect(), "tasmota/discovery/A8032A000001/config", config)
    assert isinstance(appeared, EntityAppeared)
    assert appeared.entity.name == "💡"


def test_a_step_counts_from_the_end_that_is_there() -> None:
    assert Property("p", "P", "float", format=":9:2", settable=True).write(4) == "5"
    assert Property("p", "P", "float", format="2:6:2", settable=True).write(3.2) == "4"


@given(rgb=st.tuples(*[st.integers(0, 255)] * 3))
def test_a_homie_colour_by_its_chromaticity_alone_survives(rgb: tuple[int, int, int]) -> None:
    prop, bright = Property("p", "P", "color", format="xyz", settable=True), at_full_brightness(rgb)
    assert prop.write(bright).startswith("xyz,")
    assert prop.read(prop.write(bright)) == pytest.approx(bright, abs=6)
