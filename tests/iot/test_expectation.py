import ast
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.iot.command import Command
from paige.iot.entity import AttributeValue, Entity
from paige.iot.expectation import Expectation, expectation


def entity(domain: str, state: str | None, attributes: Mapping[str, AttributeValue] | None = None) -> Entity:
    return Entity(f"{domain}.it", "It", domain, state=state, attributes=attributes or {})


def expected(before: Entity, service: str, **data: AttributeValue) -> Expectation:
    found = expectation(Command(before.id, service, data), before)
    assert found is not None
    return found


TABLE = """\
light off | turn_on | on | off
light on | turn_off | off | on
light on | toggle | off | on
light off | toggle | on | off
light on | turn_on brightness_pct=50 | on brightness_pct=51 | on brightness_pct=53
light on | turn_on brightness_pct=50 | on brightness_pct=48 | on
light on | turn_on brightness_pct=50 | on brightness_pct=50 | off brightness_pct=50
light on | turn_on brightness_pct=0 | off | on brightness_pct=0
light on | turn_on color_temp_kelvin=2700 | on color_temp_kelvin=2809 | on color_temp_kelvin=2900
light on | turn_on rgb_color=(255,0,0) | on rgb_color=(200,12,0) | on rgb_color=(0,0,255)
light on | turn_on rgb_color=(255,0,20) | on rgb_color=(255,20,0) | on rgb_color=None
light on | turn_on rgb_color=(255,255,255) | on rgb_color=(255,240,230) | on rgb_color=(255,0,0)
switch off | turn_on | on | None
script unknown | turn_on | on | off
fan off | set_percentage percentage=50 | on percentage=52 | on percentage=67
fan off | set_percentage percentage=50 | on percentage=67 percentage_step=33 | on percentage=9
fan on | set_percentage percentage=0 | off | on percentage=0
cover closed | open_cover | open | opening
cover open | close_cover | closed | open
cover opening | stop_cover | open | opening
cover open | toggle | closed | closing
cover open | set_cover_position position=40 | open current_position=42 | opening current_position=41
cover open | set_cover_position position=0 | closed | open current_position=0
cover closed | set_cover_position position=100 | open | opening
valve closed | open_valve | open | closed
lock unlocked | lock | locked | jammed
lock locked | unlock | unlocked | unlocking
lock locked | open | open | unlocked
climate heat | set_temperature temperature=21 | heat temperature=21.5 | heat temperature=22
climate heat | set_hvac_mode hvac_mode='cool' | cool | heat
climate off | turn_on | auto | unknown
climate off | turn_on | auto | off
media_player off | turn_on | idle | standby
media_player playing | toggle | standby | paused
media_player off | toggle | playing | off
media_player paused | media_play | playing | buffering
media_player playing | media_pause | paused | playing
media_player playing | volume_set volume_pct=30 | playing volume_pct=31 | playing volume_pct=40
media_player on | volume_mute is_volume_muted=True | on is_volume_muted=True | on is_volume_muted=False
vacuum docked | start | cleaning | docked
vacuum cleaning | return_to_base | returning | cleaning
alarm_control_panel armed_away | alarm_disarm | disarmed | pending
"""
"""What it is and was | what is asked | a report that confirms it | a report that does not."""


def facts(text: str) -> tuple[str, dict[str, AttributeValue]]:
    """Read `on brightness_pct=50`."""
    word, *pairs = text.split()
    return word, {key: ast.literal_eval(value) for key, value in (pair.split("=") for pair in pairs)}


@pytest.mark.parametrize("row", TABLE.splitlines())
def test_a_command_is_done_only_when_the_state_says_so(row: str) -> None:
    it, asked, met, unmet = row.split("|")
    domain, before = it.split()
    service, data = facts(asked)
    expect = expected(entity(domain, before), service, **data)
    assert expect.met(entity(domain, *facts(met)))
    assert not expect.met(entity(domain, *facts(unmet)))
    assert not expect.met(entity(domain, None))


@pytest.mark.parametrize(
    ("domain", "before", "service"),
    [
        ("scene", None, "turn_on"),
        ("script", None, "turn_on"),
        ("button", None, "press"),
        ("media_player", "playing", "media_next_track"),
        ("media_player", "playing", "play_media"),
        ("light", None, "toggle"),
        ("cover", "stopped", "toggle"),
    ],
)
def test_what_no_state_can_tell_has_no_expectation(domain: str, before: str | None, service: str) -> None:
    it = entity(domain, before)
    assert expectation(Command(it.id, service), it) is None


@pytest.mark.parametrize("state", [None, "unknown"])
def test_one_that_never_tells_its_state_confirms_by_the_value_that_was_asked(state: str | None) -> None:
    expect = expected(entity("climate", state), "set_temperature", temperature=21)
    assert expect.met(entity("climate", state, {"temperature": 21.0}))
    assert not expect.met(entity("climate", state, {"temperature": 19.0}))
    assert not expected(entity("climate", state), "turn_on").met(entity("climate", state))


def test_a_door_that_moves_is_under_way_and_not_done() -> None:
    expect = expected(entity("cover", "closed"), "open_cover")
    assert expect.under_way(entity("cover", "opening"))
    assert not expect.under_way(entity("cover", "closing"))
    assert not expect.under_way(entity("cover", "closed"))


@given(st.tuples(*[st.integers(0, 255)] * 3), st.floats(0.2, 1))
def test_a_colour_is_the_same_when_its_lamp_is_dimmed(rgb: tuple[int, int, int], share: float) -> None:
    bright = tuple(round(part * 255 / max(max(rgb), 1)) for part in rgb)
    expect = expected(entity("light", "on"), "turn_on", rgb_color=bright)
    dimmed = tuple(round(part * share) for part in bright)
    assert expect.met(entity("light", "on", {"rgb_color": dimmed}))
