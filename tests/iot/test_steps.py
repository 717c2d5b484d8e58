"""A little more, a little less: counted from what an entity has reported, or refused."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.iot.command import SERVICES
from paige.iot.deeds import STEPS
from paige.iot.entity import AttributeValue, Entity
from paige.iot.expectation import expectation
from paige.iot.resolution import Reason
from paige.iot.steps import DIMMEST
from paige.iot.units import TemperatureUnit
from paige.models.intent import Intent

BRIGHTER, FURTHER, FASTER, WARMER = (
    ("HassLightSet", "brightness_step"),
    ("HassSetPosition", "position_step"),
    ("HassFanSetSpeed", "percentage_step"),
    ("HassClimateSetTemperature", "temperature_step"),
)
OF_DOMAIN = {"light": BRIGHTER, "cover": FURTHER, "valve": FURTHER, "fan": FASTER, "climate": WARMER}

TABLE = """\
light on brightness_pct=50 | up | turn_on brightness_pct=70
light on brightness_pct=50 | down | turn_on brightness_pct=30
light on brightness_pct=50.2 | 10 | turn_on brightness_pct=60
light on brightness_pct=15 | down | turn_on brightness_pct=1
light on brightness_pct=1.2 | down | at_its_end
light on brightness_pct=90 | up | turn_on brightness_pct=100
light on brightness_pct=99.6 | up | at_its_end
light on brightness_pct=50 | 0 | feature_not_supported
light on brightness_pct=50 | nonsense | feature_not_supported
light on brightness_pct=50 | nan | feature_not_supported
light off brightness_pct=80 | up | turn_on brightness_pct=20
light off | down | is_off
light on | up | unknown_state
light None brightness_pct=50 | up | unknown_state
light unknown brightness_pct=50 | up | unknown_state
cover open current_position=60 | up | set_cover_position position=80
cover open current_position=10 | down | set_cover_position position=0
cover open current_position=0 | down | at_its_end
cover closed | up | set_cover_position position=20
cover closed | down | at_its_end
cover open | up | unknown_state
cover open current_position=60 | -25 | set_cover_position position=35
valve open current_position=60 | up | set_valve_position position=80
fan on percentage=50 | up | set_percentage percentage=70
fan on percentage=33 percentage_step=33.3 | up | set_percentage percentage=66
fan on percentage=66 percentage_step=33.3 | down | set_percentage percentage=33
fan on percentage=33 percentage_step=33.3 | down | at_its_end
fan on percentage=5 | down | set_percentage percentage=1
fan off | up | set_percentage percentage=20
fan off | down | is_off
fan on | up | unknown_state
climate heat temperature=20 | up | set_temperature temperature=21
climate heat temperature=20.5 | -2 | set_temperature temperature=18.5
climate heat temperature=20 | 0.5 | set_temperature temperature=20.5
climate heat current_temperature=20 | up | unknown_state"""


def thing(text: str) -> Entity:
    domain, state, *attributes = text.split()
    known: dict[str, AttributeValue] = {
        key: ast.literal_eval(value) for key, value in (one.split("=") for one in attributes)
    }
    return entity(domain, None if state == "None" else state, known)


def entity(domain: str, state: str | None, attributes: dict[str, AttributeValue]) -> Entity:
    return Entity(
        f"{domain}.it",
        "It",
        domain,
        state=state,
        attributes=attributes,
        services=SERVICES[domain],
        features=frozenset({"brightness_pct"}),
        dialect="homie",
    )


def stepped(one: Entity, step: str | float, unit: TemperatureUnit = TemperatureUnit.CELSIUS) -> str:
    name, slot = OF_DOMAIN[one.domain]
    ability = STEPS[name].order(Intent(name, {slot: step}, 1.0, ""), one, unit)
    if ability.command is None:
        return str(ability.reason)
    data = "".join(f" {key}={value}" for key, value in ability.command.data.items())
    return f"{ability.command.service}{data}"


@pytest.mark.parametrize("line", TABLE.splitlines())
def test_a_step_counts_from_what_was_reported(line: str) -> None:
    before, step, expected = (part.strip() for part in line.split("|"))
    assert stepped(thing(before), step) == expected


def test_a_lamp_without_brightness_can_only_come_on() -> None:
    lamp = Entity("light.it", "It", "light", services=SERVICES["light"], dialect="homie", state="off")
    assert stepped(lamp, "up") == "turn_on"
    assert stepped(lamp, "down") == Reason.IS_OFF


def test_what_has_no_such_service_cannot() -> None:
    for domain in OF_DOMAIN:
        bare = Entity(f"{domain}.it", "It", domain, state="on", dialect="homie")
        assert stepped(bare, "up") == Reason.FEATURE_NOT_SUPPORTED


@pytest.mark.parametrize(
    ("before", "step", "after"), [(21.1, "up", 22.2), (21.1, -2, 20), (21.1, 1, 21.7), (None, "up", None)]
)
def test_a_house_of_fahrenheit_counts_in_whole_degrees_of_its_own(
    before: float | None, step: str | float, after: float | None
) -> None:
    found = stepped(entity("climate", "heat", {"temperature": before}), step, TemperatureUnit.FAHRENHEIT)
    assert found == ("unknown_state" if after is None else f"set_temperature temperature={after}")


@given(st.floats(0, 100), st.one_of(st.sampled_from(["up", "down"]), st.floats(-200, 200)))
def test_a_step_goes_its_way_or_nowhere_and_never_puts_a_lamp_out(now: float, step: str | float) -> None:
    lamp = entity("light", "on", {"brightness_pct": now})
    ability = STEPS["HassLightSet"].order(
        Intent("HassLightSet", {"brightness_step": step}, 1.0, ""), lamp, TemperatureUnit.CELSIUS
    )
    if ability.command is not None:
        goal = ability.command.data["brightness_pct"]
        assert isinstance(goal, int)
        assert DIMMEST <= goal <= 100
        assert (goal > now) is (step == "up" or (isinstance(step, float) and step > 0))


@pytest.mark.parametrize(
    ("before", "step", "missed", "done"),
    [
        ("climate heat temperature=20", 0.5, {"temperature": 20}, {"temperature": 20.5}),
        ("climate heat temperature=20", "up", {"temperature": 20.5}, {"temperature": 21}),
        ("light on brightness_pct=50", 1, {"brightness_pct": 50}, {"brightness_pct": 51.2}),
        ("light on brightness_pct=50", "up", {"brightness_pct": 50}, {"brightness_pct": 69}),
        ("cover open current_position=50", 2, {"current_position": 50}, {"current_position": 52}),
        (
            "fan on percentage=33 percentage_step=33.3",
            "up",
            {"percentage": 33, "percentage_step": 33.3},
            {"percentage": 67, "percentage_step": 33.3},
        ),
    ],
)
def test_a_step_is_done_when_the_entity_says_that_it_moved(
    before: str, step: str | float, missed: dict[str, AttributeValue], done: dict[str, AttributeValue]
) -> None:
    it = thing(before)
    name, slot = OF_DOMAIN[it.domain]
    command = STEPS[name].order(Intent(name, {slot: step}, 1.0, ""), it, TemperatureUnit.CELSIUS).command
    assert command is not None
    expected = expectation(command, it)
    assert expected is not None
    assert not expected.met(it)
    assert not expected.met(entity(it.domain, it.state, missed))
    assert expected.met(entity(it.domain, it.state, done))
