import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from paige.iot.binding import Binding, Order, Source
from paige.iot.entity import Area, Entity, Floor
from paige.iot.errors import HomeInvalid
from paige.iot.home_file import HomeDescription, load_home, parse_home
from paige.iot.naming import canonical, distinct
from paige.models.vocabulary import Name

SHARED_HOMES = Path(__file__).parents[2].parent / "shared/data/nlu/ha_intents/homes"

HOME = """\
here: kitchen
floors:
- name: First Floor
  aliases: [Downstairs]
areas:
- name: Kitchen
  floor: downstairs
  aliases: [Cookhouse]
entities:
- id: light.hob
  name: Hob Light
  domain: light
  area: cookhouse
  state: off
  aliases: [Stove Light, hob light]
  attributes: {brightness_pct: 40, rgb_color: [255, 0, 7]}
- id: cover.дверь
  name: Дверь гаража
  device_class: garage
"""

BOUND = """\
entities:
- id: script.good_night
  name: Good Night
  command: {topic: house/good_night, payload: START}
- id: switch.fountain
  name: Fountain
  command: {topic: fountain/set, turn_on: on, turn_off: off}
  state: {topic: fountain, on: 1, off: 0}
- id: media_player.stereo
  name: Stereo
  command:
    topic: stereo/set
    media_play: play
    volume_set: {topic: stereo/volume/set, payload: "{{ value }}"}
  state: {topic: stereo/state, value: "{{ value_json.mode }}"}
  attributes: {volume_pct: {topic: stereo/volume}, brand: Acme}
"""


def test_a_home_is_read_with_main_names_wherever_an_alias_was_written() -> None:
    home = parse_home(HOME, "home.yaml")
    assert home.here == "Kitchen"
    assert home.floors == (Floor("First Floor", ("Downstairs",)),)
    assert home.areas == (Area("Kitchen", "First Floor", ("Cookhouse",)),)
    assert home.entities == (
        Entity(
            id="light.hob",
            name="Hob Light",
            domain="light",
            area="Kitchen",
            aliases=("Stove Light",),
            state="off",
            attributes={"brightness_pct": 40, "rgb_color": (255, 0, 7)},
        ),
        Entity(id="cover.дверь", name="Дверь гаража", domain="cover", device_class="garage"),
    )


def test_an_entity_may_have_topics_of_its_own() -> None:
    home = parse_home(BOUND, "home.yaml")
    script, fountain, stereo = home.bindings
    assert script == Binding(
        Entity("script.good_night", "Good Night", "script", services=frozenset({"turn_on"})),
        {"turn_on": Order("house/good_night", "START")},
    )
    assert fountain.orders == {
        "turn_on": Order("fountain/set", "on"),
        "turn_off": Order("fountain/set", "off"),
    }
    assert fountain.state == Source("fountain", words={"1": "on", "0": "off"})
    assert stereo.orders == {
        "media_play": Order("stereo/set", "play"),
        "volume_set": Order("stereo/volume/set", "{{ value }}"),
    }
    assert stereo.state is not None
    assert stereo.state.template == "{{ value_json.mode }}"
    assert stereo.state.words["playing"] == "playing"
    assert stereo.attributes == {"volume_pct": Source("stereo/volume")}
    assert home.entities[2].state is None
    assert home.entities[2].attributes == {"brand": "Acme"}


BOUND_SCRIPT = "entities:\n- id: script.x\n  name: X\n"
BOUND_SWITCH = "entities:\n- id: switch.x\n  name: X\n"
BOUND_PLAYER = "entities:\n- id: media_player.x\n  name: X\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOUND_SCRIPT + "  command: START", "line 4, a command: found 'START'; allowed: keys with values"),
        (BOUND_SCRIPT + "  command: {payload: GO}", "line 4, topic: found payload without one"),
        (
            BOUND_SCRIPT + "  command: {topic: t}",
            "line 4, command: found one without a payload; allowed: pay",
        ),
        (
            BOUND_SCRIPT + "  command: {topic: t/+, payload: GO}",
            "line 4, topic: found 't/+'; allowed: an MQTT",
        ),
        (BOUND_SCRIPT + "  command: {topic: t, payload: [GO]}", "line 4, payload: found a list"),
        (BOUND_SCRIPT + "  command: {topic: t, payload: GO, turn_on: GO}", "found the same service twice"),
        (BOUND_SCRIPT + "  command: {topic: t, paylaod: GO}", "did you mean payload?"),
        (
            BOUND_SCRIPT + "  command: {topic: t, payload: '{{ value }}'}",
            "found the template '{{ value }}'; allowed: a plain text: turn_on brings no value",
        ),
        (BOUND_SWITCH + "  command: {topic: t, press: GO}", "press: found an unknown key in a command"),
        (BOUND_SWITCH + "  command: {turn_on: {payload: GO}}", "line 4, topic: found turn_on without one"),
        (BOUND_SWITCH + "  command: {turn_on: {topic: t}}", "payload: found turn_on without it"),
        (
            BOUND_SWITCH + "  state: {topic: t, open: 1}",
            "line 4, open: found an unknown key in state; allowed",
        ),
        (BOUND_SWITCH + "  state: {topic: t, on: 1, off: 1}", "line 4, off: found '1', as for on"),
        (BOUND_SWITCH + "  state: {on: 1}", "topic: found state without it"),
        (BOUND_SWITCH + "  state: {topic: t, value: on}", "value: found 'on'; allowed: a template"),
        (BOUND_SWITCH + "  state: {topic: t, value: '{{ x }}'}", "refers to 'x', which is not available"),
        (
            BOUND_SWITCH + "  command: {topic: t, turn_on: on}\n  state: {topic: t}",
            "line 5, topic: found 't', which takes the command; allowed: another topic",
        ),
        (
            BOUND_PLAYER + "  command: {topic: t, volume_set: 40}",
            "line 4, volume_set: found '40', which never says the volume_pct",
        ),
        (BOUND_PLAYER + "  attributes: {volume_pct: {value: '{{ value }}'}}", "found volume_pct without it"),
        (
            "entities:\n- {id: sensor.x, name: X, command: {}}",
            "command: found one for a sensor; allowed: one",
        ),
        ("entities:\n- {id: scene.x, name: X, state: {topic: t}}", "state: found a topic for a scene"),
    ],
)
def test_what_is_wrong_with_a_topic_of_its_own_is_said(text: str, said: str) -> None:
    with pytest.raises(HomeInvalid) as caught:
        parse_home(text, "home.yaml")
    assert str(caught.value).startswith("home.yaml, line ")
    assert said in str(caught.value)


def test_the_vocabulary_says_every_spelling_with_its_context() -> None:
    vocabulary = parse_home(HOME, "home.yaml").vocabulary()
    light = {"domain": "light", "area": "Kitchen", "floor": "First Floor"}
    assert vocabulary.entities == (
        Name("Hob Light", "Hob Light", light),
        Name("Stove Light", "Hob Light", light),
        Name("Дверь гаража", "Дверь гаража", {"domain": "cover", "device_class": "garage"}),
    )
    assert vocabulary.areas == (
        Name("Kitchen", "Kitchen", {"floor": "First Floor"}),
        Name("Cookhouse", "Kitchen", {"floor": "First Floor"}),
    )
    assert vocabulary.floors == (Name("First Floor", "First Floor"), Name("Downstairs", "First Floor"))
    assert vocabulary.here == "Kitchen"


@pytest.mark.skipif(
    not SHARED_HOMES.is_dir(), reason="the open Home Assistant homes are not beside the repository"
)
def test_every_open_home_assistant_home_is_read() -> None:
    homes = {path.name: load_home(path) for path in SHARED_HOMES.glob("*.yaml")}
    assert homes["main-bedroom.yaml"].here == "Bedroom"
    assert len(homes["main.yaml"].entities) == 107
    assert homes["main.yaml"].here is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "home.yaml: the file is empty"),
        ("areas: [}", "home.yaml, line 1: this is not YAML"),
        ("here: *nobody", "line 1: this is not YAML: found undefined alias"),
        ("here: x\n---\nhere: y", "line 2: this is not YAML"),
        ("- 1", "line 1, the file: found a list; allowed: keys with values"),
        ("areas: Kitchen", "line 1, areas: found 'Kitchen'; allowed: a list"),
        (
            "\nentitys: []",
            "line 2, entitys: found an unknown key in the file; allowed: here, floors, areas, entities",
        ),
        ("here: Hall", "line 1, here: found 'Hall'; allowed: the name of an area listed under areas"),
        ("here: x\nhere: y", "line 2, here: found the key twice"),
        ("areas:\n- name: A\n  floor: B", "line 3, floor: found 'B'; allowed: the name of a floor"),
        ("areas:\n- name: A\n- name: A", "line 3, name: found 'A', which names the area 'A' too"),
        (
            "areas:\n- name: A\n- name: B\n  aliases: [a]",
            "line 3, name: found 'a', which names the area 'A' too",
        ),
        ("floors: [{aliases: [A]}]", "line 1, name: found a floor without it"),
        ("entities:\n- {id: light.x, nmae: X}", "nmae: found an unknown key in an entity"),
        ("entities:\n- {id: hob, name: X}", "line 2, id: found 'hob'; allowed: a domain, a dot and a name"),
        ("entities:\n- {id: light.x, name: ''}", "line 2, name: found an empty text"),
        ("entities:\n- {id: light.x, name: [X]}", "line 2, name: found a list; allowed: a text"),
        ("entities:\n- {id: light.x, name: X, domain: fan}", "domain: found 'fan'; allowed: 'light'"),
        (
            "areas: [{name: Kitchen}]\nentities:\n- {id: light.x, name: X, area: Kitchn}",
            "did you mean 'Kitchen'?",
        ),
        (
            "entities:\n- {id: light.x, name: X}\n- {id: light.x, name: Y}",
            "line 3, id: found 'light.x', which line 2 has too",
        ),
        (
            "entities:\n- {id: light.x, name: X, attributes: {a: {}}}",
            "topic: found a without it; allowed: a with a topic",
        ),
        (
            "entities:\n- {id: light.x, name: X, attributes: {a: " + "9" * 5000 + "}}",
            "allowed: a text, a number",
        ),
        ("[" * 100_000, "line 1: nested deeper"),
        ("- " * 100_000, "line 1: nested deeper"),
    ],
)
def test_what_is_wrong_is_said_with_line_key_and_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(HomeInvalid) as caught:
        parse_home(text, "home.yaml")
    assert str(caught.value).startswith("home.yaml")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"here: \xe9", b"\xff\xfe\x00", b"\x00\x01", b"\x93NUMPY"])
def test_a_file_that_is_not_text_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "home.yaml"
    path.write_bytes(data)
    with pytest.raises(HomeInvalid, match="write the file as UTF-8"):
        load_home(path)


def test_a_missing_file_and_a_folder_are_said_as_such(tmp_path: Path) -> None:
    with pytest.raises(HomeInvalid, match="no such file"):
        load_home(tmp_path / "none.yaml")
    with pytest.raises(HomeInvalid, match="is a folder"):
        load_home(tmp_path)


def home_or_refusal(data: bytes | str) -> bool:
    """Whether the outcome is one of the two allowed; any other exception rises."""
    try:
        return isinstance(parse_home(data, "home.yaml"), HomeDescription)
    except HomeInvalid as error:
        return str(error).startswith("home.yaml")


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_any_input_is_a_home_or_a_clear_refusal(data: bytes | str) -> None:
    assert home_or_refusal(data)


@st.composite
def mangled_homes(draw: DrawFn) -> str:
    """One of the homes above with one piece replaced by another."""
    home = draw(st.sampled_from([HOME, BOUND]))
    start = draw(st.integers(0, len(home)))
    end = draw(st.integers(start, min(len(home), start + 40)))
    piece = draw(
        st.sampled_from(["", ":", "- ", "[", "{", "&a ", "*a", "null", "!!x ", "'", '"', "\n", " ", "? "])
    )
    return home[:start] + piece + home[end:]


@given(mangled_homes())
def test_a_mangled_home_is_a_home_or_a_clear_refusal(text: str) -> None:
    assert home_or_refusal(text)


def test_five_thousand_entities_are_read_in_seconds() -> None:
    text = "areas: [{name: Hall}]\nentities:\n" + "".join(
        f"- id: light.lamp_{i}\n  name: Lamp {i}\n  domain: light\n  area: Hall\n  aliases: [Лампа {i}]\n"
        for i in range(5000)
    )
    before = time.process_time()
    home = parse_home(text, "home.yaml")
    assert len(home.vocabulary().entities) == 10_000
    # A guard against a quadratic step, generous for a slow board; the usual time is about half a second.
    assert time.process_time() - before < 10


@given(st.text())
def test_the_canonical_form_of_a_name_is_its_own_canonical_form(name: str) -> None:
    assert canonical(canonical(name)) == canonical(name)


def test_spellings_that_sound_alike_are_one_name() -> None:
    assert canonical("  Küche\u00a0 OBEN ") == canonical("Ku\u0308che oben")
    assert canonical("STRASSE") == canonical("straße")
    assert distinct(("Lamp", "lamp ", "LAMP", "Light")) == ("Lamp", "Light")
