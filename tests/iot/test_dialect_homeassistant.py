"""Home Assistant's discovery: what holds for all devices, beyond the golden conversations."""

import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from paige.iot.cause import Cause, Why
from paige.iot.change import AvailabilityChanged, EntityAppeared, EntityRemoved, Misunderstood, StateChanged
from paige.iot.command import Command, CommandRefused
from paige.iot.dialects.color import at_full_brightness
from paige.iot.dialects.homeassistant import HomeAssistantDialect, abbreviations
from paige.iot.dialects.homeassistant.components import BUILDERS
from paige.iot.dialects.homeassistant.discovery import described, place
from paige.iot.entity import AttributeValue
from paige.iot.message import Message, Publication

CONFIG = "homeassistant/{}/x/config"


def hear(dialect: HomeAssistantDialect, topic: str, payload: Any, retained: bool = False) -> tuple[Any, ...]:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return dialect.receive(Message(topic, text.encode(), retained))


def discovered(component: str, **options: Any) -> HomeAssistantDialect:
    dialect = HomeAssistantDialect()
    changes = hear(dialect, CONFIG.format(component), {"name": "Lamp", "unique_id": "u", **options})
    assert [type(change) for change in changes] == [EntityAppeared], changes
    return dialect


def sent(
    dialect: HomeAssistantDialect, entity_id: str, service: str, **data: AttributeValue
) -> list[Publication]:
    encoded = dialect.encode(Command(entity_id, service, data))
    assert not isinstance(encoded, CommandRefused), encoded.reason
    return list(encoded)


def reported(dialect: HomeAssistantDialect, topic: str, payload: Any) -> tuple[str | None, dict[str, Any]]:
    (change,) = hear(dialect, topic, payload)
    assert isinstance(change, StateChanged), change
    return change.state, dict(change.attributes)


colors = st.tuples(*[st.integers(0, 255)] * 3).filter(lambda rgb: max(rgb) > 0)


@given(percent=st.integers(1, 100), scale=st.sampled_from([99, 100, 254, 255, 1000, 65535]))
def test_a_brightness_comes_back_as_it_was_sent(percent: int, scale: int) -> None:
    dialect = discovered("light", schema="json", brightness=True, bri_scl=scale, cmd_t="set", stat_t="state")
    (publication,) = sent(dialect, "light.lamp", "turn_on", brightness_pct=percent)
    state, attributes = reported(dialect, "state", publication.payload.decode())
    assert state == "on"
    assert attributes["brightness_pct"] == pytest.approx(percent, abs=1)


@given(kelvin=st.integers(2000, 6535), by_kelvin=st.booleans())
def test_a_colour_temperature_comes_back_as_it_was_sent(kelvin: int, by_kelvin: bool) -> None:
    dialect = discovered(
        "light", cmd_t="set", clr_temp_cmd_t="ct/set", clr_temp_stat_t="ct", clr_temp_k=by_kelvin
    )
    publications = sent(dialect, "light.lamp", "turn_on", color_temp_kelvin=kelvin)
    assert [publication.topic for publication in publications] == ["ct/set", "set"]
    _, attributes = reported(dialect, "ct", publications[0].payload.decode())
    assert attributes["color_temp_kelvin"] == pytest.approx(kelvin, rel=0.01)


@given(rgb=colors, mode=st.sampled_from(["rgb", "rgbw", "rgbww", "hs", "xy"]))
def test_a_colour_comes_back_as_it_was_sent_in_every_mode_of_a_json_light(
    rgb: tuple[int, int, int], mode: str
) -> None:
    rgb = at_full_brightness(rgb)
    dialect = discovered("light", schema="json", sup_clrm=[mode], cmd_t="set", stat_t="state")
    (publication,) = sent(dialect, "light.lamp", "turn_on", rgb_color=rgb)
    answer = json.loads(publication.payload) | {"color_mode": mode}
    _, attributes = reported(dialect, "state", answer)
    assert attributes["rgb_color"] == pytest.approx(rgb, abs=5)


@given(rgb=colors, way=st.sampled_from(["rgb", "rgbw", "rgbww", "hs", "xy"]), percent=st.integers(1, 100))
def test_a_colour_comes_back_as_it_was_sent_on_every_topic_of_a_plain_light(
    rgb: tuple[int, int, int], way: str, percent: int
) -> None:
    rgb = at_full_brightness(rgb)
    topics = {f"{way}_command_topic": "color/set", f"{way}_state_topic": "color"}
    dialect = discovered("light", cmd_t="set", bri_cmd_t="b/set", bri_stat_t="b", **topics)
    color, brightness, on = sent(dialect, "light.lamp", "turn_on", rgb_color=rgb, brightness_pct=percent)
    assert (color.topic, brightness.topic, on.payload) == ("color/set", "b/set", b"ON")
    _, attributes = reported(dialect, "color", color.payload.decode())
    assert attributes["rgb_color"] == pytest.approx(rgb, abs=5)
    _, attributes = reported(dialect, "b", brightness.payload.decode())
    assert attributes["brightness_pct"] == pytest.approx(percent, abs=1)


@given(rgb=colors, percent=st.integers(20, 100))
def test_a_light_that_has_only_its_colour_is_dimmed_by_it(rgb: tuple[int, int, int], percent: int) -> None:
    rgb = at_full_brightness(rgb)
    dialect = discovered("light", cmd_t="set", rgb_cmd_t="color/set", rgb_stat_t="color")
    color, _ = sent(dialect, "light.lamp", "turn_on", rgb_color=rgb, brightness_pct=percent)
    _, attributes = reported(dialect, "color", color.payload.decode())
    assert attributes["brightness_pct"] == pytest.approx(percent, abs=2)
    assert attributes["rgb_color"] == pytest.approx(rgb, abs=6)


@given(percent=st.integers(0, 100), closed=st.integers(-50, 255), opened=st.integers(-50, 255))
def test_a_cover_position_comes_back_as_it_was_sent_on_any_scale(
    percent: int, closed: int, opened: int
) -> None:
    if abs(closed - opened) < 50:
        opened = closed + 50
    options = {"pos_t": "pos", "set_pos_t": "pos/set", "pos_clsd": closed, "pos_open": opened}
    dialect = discovered("cover", cmd_t="set", **options)
    (publication,) = sent(dialect, "cover.lamp", "set_cover_position", position=percent)
    state, attributes = reported(dialect, "pos", publication.payload.decode())
    assert attributes["current_position"] == pytest.approx(percent, abs=1)
    assert state == ("closed" if attributes["current_position"] == 0 else "open")


@given(celsius=st.floats(7, 35).map(lambda value: round(value, 1)), unit=st.sampled_from(["C", "F"]))
def test_a_temperature_comes_back_in_celsius_whatever_the_device_counts_in(celsius: float, unit: str) -> None:
    dialect = discovered("climate", temp_cmd_t="t/set", temp_stat_t="t", temp_unit=unit)
    (publication,) = sent(dialect, "climate.lamp", "set_temperature", temperature=celsius)
    _, attributes = reported(dialect, "t", publication.payload.decode())
    assert attributes["temperature"] == pytest.approx(celsius, abs=0.11)


@given(percent=st.integers(1, 100), low=st.integers(1, 3), steps=st.integers(2, 100))
def test_a_fan_speed_comes_back_within_one_of_its_steps(percent: int, low: int, steps: int) -> None:
    options = {"pct_cmd_t": "p/set", "pct_stat_t": "p", "spd_rng_min": low, "spd_rng_max": low + steps - 1}
    dialect = discovered("fan", cmd_t="set", **options)
    (publication,) = sent(dialect, "fan.lamp", "set_percentage", percentage=percent)
    assert low <= int(publication.payload) < low + steps
    _, attributes = reported(dialect, "p", publication.payload.decode())
    assert attributes["percentage"] == pytest.approx(percent, abs=100 / steps + 1)


def test_no_command_is_ever_retained_though_the_device_wishes_it() -> None:
    dialect = discovered("switch", cmd_t="set", stat_t="state", ret=True)
    assert [publication.retain for publication in sent(dialect, "switch.lamp", "turn_on")] == [False]


def test_a_toggle_waits_until_the_state_is_known() -> None:
    dialect = discovered("switch", cmd_t="set", stat_t="state")
    refused = dialect.encode(Command("switch.lamp", "toggle"))
    assert isinstance(refused, CommandRefused)
    assert refused.reason == Why(Cause.STATE_UNKNOWN)
    hear(dialect, "state", "ON")
    assert sent(dialect, "switch.lamp", "toggle") == [Publication("set", b"OFF")]


@pytest.mark.parametrize(
    ("mode", "first", "both", "one_left"),
    [("all", False, True, False), ("any", True, True, True), ("latest", True, True, False)],
)
def test_availability_follows_its_mode(mode: str, first: bool, both: bool, one_left: bool) -> None:
    dialect = HomeAssistantDialect()
    options = {
        "cmd_t": "set",
        "avty": [{"t": "a"}, {"t": "b", "pl_avail": "1", "pl_not_avail": "0"}],
        "avty_mode": mode,
    }
    (appeared,) = hear(dialect, CONFIG.format("switch"), options)
    available = appeared.entity.available
    assert not available
    for topic, payload, expected in (("a", "online", first), ("b", "1", both), ("b", "0", one_left)):
        changes = hear(dialect, topic, payload)
        if expected != available:
            assert changes == (AvailabilityChanged(appeared.entity.id, expected),)
        else:
            assert changes == ()
        available = expected


def test_what_was_said_before_a_component_was_discovered_reaches_it_too() -> None:
    dialect = HomeAssistantDialect()
    shared = {"stat_t": "device/state", "avty_t": "device/there"}
    hear(dialect, "homeassistant/sensor/a/config", {**shared, "name": "A", "val_tpl": "{{ value_json.a }}"})
    hear(dialect, "device/there", "online", retained=True)
    hear(dialect, "device/state", {"a": 1, "b": 2}, retained=True)
    options = {**shared, "name": "B", "val_tpl": "{{ value_json.b }}"}
    appeared, state = hear(dialect, "homeassistant/sensor/b/config", options)
    assert appeared.entity.available
    assert state == StateChanged("sensor.b", "2", {}, retained=True)


def test_a_device_that_describes_itself_again_stays_as_it_is() -> None:
    dialect = discovered("switch", cmd_t="set", stat_t="state", avty_t="there")
    hear(dialect, "there", "online")
    hear(dialect, "state", "ON")
    options = {"name": "Lamp", "unique_id": "u", "cmd_t": "set2", "stat_t": "state", "avty_t": "there"}
    changes = hear(dialect, CONFIG.format("switch"), options)
    assert isinstance(changes[0], EntityAppeared)
    assert changes[0].entity.available
    assert changes[0].entity.id == "switch.lamp"
    assert sent(dialect, "switch.lamp", "toggle") == [Publication("set2", b"OFF")]


def test_a_component_that_moves_to_the_device_form_is_the_same_entity() -> None:
    dialect = discovered("switch", cmd_t="set", stat_t="state")
    hear(dialect, "state", "ON")
    assert hear(dialect, CONFIG.format("switch"), {"migr_discvry": True}) == ()
    component = {"p": "switch", "name": "Lamp", "unique_id": "u", "cmd_t": "new/set", "stat_t": "state"}
    (appeared, *_) = hear(
        dialect, "homeassistant/device/d/config", {"dev": {"ids": "1"}, "o": {}, "cmps": {"a": component}}
    )
    assert appeared.entity.id == "switch.lamp"
    assert hear(dialect, CONFIG.format("switch"), "") == ()
    assert sent(dialect, "switch.lamp", "toggle") == [Publication("new/set", b"OFF")]


def test_ids_survive_a_rebuild_in_another_order_and_are_never_shared() -> None:
    dialect = HomeAssistantDialect()
    messages = [
        (f"homeassistant/light/{n}/config", {"name": "Lamp", "unique_id": n, "cmd_t": n}) for n in "abc"
    ]
    before = {topic: hear(dialect, topic, options)[0].entity.id for topic, options in messages}
    assert len(set(before.values())) == 3
    dialect.forget()
    after = {topic: hear(dialect, topic, options)[0].entity.id for topic, options in reversed(messages)}
    assert after == before


def test_forgetting_leaves_only_the_topics_of_discovery() -> None:
    dialect = discovered("switch", cmd_t="set", stat_t="state")
    assert "state" in dialect.filters()
    dialect.forget()
    assert dialect.filters() == {"homeassistant/+/+/config", "homeassistant/+/+/+/config"}
    assert isinstance(dialect.encode(Command("switch.lamp", "turn_on")), CommandRefused)


def test_another_prefix_is_listened_to_and_the_usual_one_is_not() -> None:
    dialect = HomeAssistantDialect("my/ha")
    assert hear(dialect, CONFIG.format("switch"), {"cmd_t": "set"}) == ()
    (change,) = hear(dialect, "my/ha/switch/x/config", {"cmd_t": "set"})
    assert isinstance(change, EntityAppeared)


@given(
    name=st.text(min_size=1, max_size=30).filter(
        lambda text: text.replace("_", " ").replace("/", " ").strip()
    )
)
@example("客厅吊灯")
@example("Küchen-Licht №1")
@example("مصباح")
@example("🛋️")
def test_names_in_any_script_make_a_usable_id_and_are_kept(name: str) -> None:
    dialect = HomeAssistantDialect()
    (appeared,) = hear(dialect, CONFIG.format("switch"), {"name": name, "unique_id": "id-7", "cmd_t": "set"})
    domain, _, object_id = appeared.entity.id.partition(".")
    assert domain == "switch"
    assert object_id
    assert object_id.isascii()
    assert "".join(appeared.entity.name.split()) == "".join(name.replace("_", " ").replace("/", " ").split())


def test_every_abbreviation_of_a_payload_is_written_out() -> None:
    where = place("homeassistant/light/x/config", "homeassistant")
    assert where is not None
    (part,) = described(where, json.dumps(dict.fromkeys(abbreviations.OPTIONS, "x")).encode()).parts
    assert part.options.keys() == set(abbreviations.OPTIONS.values())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
option_names = sorted(
    {*abbreviations.OPTIONS, *abbreviations.OPTIONS.values(), "name", "schema", "brightness", "~"}
)
strange_options = st.dictionaries(
    st.sampled_from(option_names),
    json_values | st.sampled_from(["a/b", "{{ value_json.a }}", "{{", "json", "~/c"]),
    max_size=12,
)
strange_payloads = st.one_of(
    st.binary(max_size=60),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [b"ON", b"{}", b"[]", b"null", b"1e999", b"NaN", b"9" * 5000, b"[" * 5000, b"\xff", b'{"state":[]}']
    ),
)


@settings(max_examples=400, deadline=None)
@given(
    component=st.sampled_from([*BUILDERS, "device", "event"]),
    options=strange_options,
    payload=strange_payloads,
    service=st.sampled_from(
        ["turn_on", "turn_off", "toggle", "open_cover", "set_temperature", "lock", "start"]
    ),
)
def test_no_description_and_no_report_can_break_it(
    component: str, options: dict[str, Any], payload: bytes, service: str
) -> None:
    dialect = HomeAssistantDialect()
    if component == "device":
        options = {"dev": options, "cmps": {"a": {"p": "light", **options}, "b": options}}
    changes = [*dialect.receive(Message(CONFIG.format(component), json.dumps(options).encode()))]
    for topic in dialect.filters():
        changes += dialect.receive(Message(topic.replace("+", "x").replace("#", "x"), payload))
    for change in changes:
        if isinstance(change, EntityAppeared):
            dialect.encode(Command(change.entity.id, service, {"temperature": 20}))
        elif isinstance(change, Misunderstood):
            assert change.topic
            assert change.reason


@given(topic=st.text(max_size=30), payload=strange_payloads)
def test_a_message_of_any_topic_and_payload_is_borne(topic: str, payload: bytes) -> None:
    dialect = HomeAssistantDialect()
    for change in dialect.receive(Message(f"homeassistant/{topic}/config", payload)):
        assert isinstance(change, Misunderstood | EntityAppeared)
    assert dialect.receive(Message(topic, payload)) == ()


def test_what_is_misunderstood_names_the_topic_and_what_was_found_and_expected() -> None:
    dialect = discovered("light", cmd_t="set", stat_t="state", bri_stat_t="b", bri_cmd_t="b/set")
    assert hear(dialect, "state", "GREEN") == (
        Misunderstood("state", "light.lamp: found 'GREEN', expected one of OFF, ON"),
    )
    assert hear(dialect, "b", "bright") == (
        Misunderstood("b", "light.lamp: found 'bright', expected a number"),
    )


def test_a_home_of_five_thousand_entities_is_taken_in_within_seconds() -> None:
    dialect = HomeAssistantDialect()
    options = {
        "cmd_t": "~/set",
        "stat_t": "~/state",
        "stat_val_tpl": "{{ value_json.state }}",
        "avty_t": "~/there",
    }
    options |= {"bri_cmd_t": "~/b", "bri_stat_t": "~/state", "bri_val_tpl": "{{ value_json.brightness }}"}
    messages = [
        Message(
            f"homeassistant/light/n{n}/config",
            json.dumps(options | {"~": f"home/{n}", "name": f"Lamp {n}", "uniq_id": f"{n}"}).encode(),
        )
        for n in range(5000)
    ]
    state = json.dumps({"state": "ON", "brightness": 100}).encode()
    begun = time.process_time()
    assert sum(len(dialect.receive(message)) for message in messages) == 5000
    assert sum(len(dialect.receive(Message(f"home/{n}/state", state))) for n in range(5000)) == 5000
    taken = time.process_time() - begun
    assert taken < 15, f"{taken / 5:.2f} ms an entity"
    hear(dialect, "homeassistant/light/n7/config", "")
    assert len(dialect.filters()) == 2 + 2 * 4999


def test_removing_what_is_not_there_changes_nothing() -> None:
    dialect = discovered("switch", cmd_t="set")
    assert hear(dialect, CONFIG.format("switch"), "") == (EntityRemoved("switch.lamp"),)
    assert hear(dialect, CONFIG.format("switch"), "") == ()
