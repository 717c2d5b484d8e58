"""What is said of what happened."""

from importlib import resources

import pytest
import yaml

from paige.device.narration import Narrator
from paige.device.replies import Replies
from paige.iot.cause import Cause, Why
from paige.iot.command import Command
from paige.iot.entity import Entity
from paige.iot.outcome import Outcome, Status
from paige.iot.resolution import Answer, Reason, Refused
from paige.iot.units import TemperatureUnit
from paige.models.intent import Intent, NotRecognized
from paige.models.intent import Why as NotUnderstood

NARRATOR = Narrator(Replies.for_language("en"))
ON = Intent("HassTurnOn", {"area": "Kitchen", "domain": "light"}, 1.0, "turn on the kitchen lights")


JAMMED = Why(Cause.FAULT, {"state": "jammed"})


def outcome(name: str, status: Status, reason: Why | None = None) -> Outcome:
    entity_id = f"light.{name.lower()}"
    entity = Entity(entity_id, name, "light", state="jammed")
    return Outcome(Command(entity_id, "turn_on"), status, entity, reason=reason)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.DONE])
def test_what_is_not_done_is_never_said_to_be(status: Status) -> None:
    said = NARRATOR.outcomes(ON, [outcome("Hob", status, JAMMED)]).text
    assert not said.startswith("Turned on")
    assert "turn on" in said
    assert 'it says "jammed"' in said


def test_of_several_both_are_named_what_is_done_and_what_is_not() -> None:
    said = NARRATOR.outcomes(ON, [outcome("Hob", Status.DONE), outcome("Sink", Status.FAILED, JAMMED)])
    assert said.text == 'Done for Hob, but not for Sink: it says "jammed".'


def test_what_was_left_out_of_a_group_is_said_with_its_reason() -> None:
    sink = Entity("light.sink", "Sink", "light", available=False)
    left_out = Refused(Reason.UNAVAILABLE, {"entity": "Sink"}, (sink,))
    said = NARRATOR.outcomes(ON, [outcome("Hob", Status.DONE)], [left_out]).text
    assert said == "Done for Hob, but not for Sink. The Sink is not reachable."


def test_the_worst_of_several_gives_the_tone() -> None:
    some = [outcome("Hob", Status.UNCONFIRMED), outcome("Sink", Status.FAILED)]
    assert NARRATOR.outcomes(ON, some).text.startswith("I couldn't turn on")


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_can_be_said(reason: Reason) -> None:
    entity = Entity("light.hob", "Hob", "light", area="Kitchen")
    known = ("entity", "area", "floor", "domain", "device_class", "state", "nearest", "reason")
    fields = dict.fromkeys(known, "hob")
    said = NARRATOR.refused(ON, Refused(reason, fields, (entity,))).text
    assert said.endswith((".", "?"))
    of_no_thing = ("not_supported", "forbidden", "nothing_left", "timer", "clock", "item", "no_service")
    assert "hob" in said.casefold() or any(word in reason for word in of_no_thing)


FIELDS: dict[Cause, dict[str, str | float | None]] = {
    Cause.NO_SERVICE: {"service": "volume_set"},
    Cause.NO_FEATURE: {"feature": "brightness_pct"},
    Cause.WRONG_VALUE: {"key": "hvac_mode", "value": "3"},
    Cause.OUT_OF_RANGE: {"least": 5.0, "most": 30.5},
    Cause.NO_MODE: {"mode": "cool"},
}


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_can_be_said(cause: Cause) -> None:
    said = NARRATOR.outcomes(ON, [outcome("Hob", Status.REFUSED, Why(cause, FIELDS.get(cause, {})))]).text
    clause = said.removeprefix("I didn't turn on the Hob: ").removesuffix(".")
    assert len(clause.split()) > 2
    assert "none" not in clause.casefold()


def test_no_cause_is_worded_that_there_is_not() -> None:
    with (resources.files("paige.models.languages") / "en" / "responses.yaml").open() as file:
        assert set(yaml.safe_load(file)["causes"]) == set(Cause)


@pytest.mark.parametrize(
    ("least", "most", "clause"),
    [(5.0, 30.5, "from 41 to 87"), (None, 30.0, "up to 86"), (5.0, None, "from 41 up")],
)
def test_a_range_is_told_in_the_unit_of_the_house(
    least: float | None, most: float | None, clause: str
) -> None:
    why = Why(Cause.OUT_OF_RANGE, {"least": least, "most": most})
    fahrenheit = Narrator(Replies.for_language("en"), TemperatureUnit.FAHRENHEIT)
    assert f"it goes {clause} degrees" in fahrenheit.outcomes(ON, [outcome("Hob", Status.REFUSED, why)]).text


def test_degrees_are_said_in_the_unit_of_the_house() -> None:
    sensor = Entity("sensor.out", "Outside", "sensor", state="20", attributes={"unit_of_measurement": "°C"})
    asked = Intent("HassGetState", {"name": "Outside"}, 1.0, "what is the outside", response="one")
    fahrenheit = Narrator(Replies.for_language("en"), TemperatureUnit.FAHRENHEIT)
    assert "20 °C" in NARRATOR.answer(asked, Answer(matched=(sensor,))).text
    assert "68 °F" in fahrenheit.answer(asked, Answer(matched=(sensor,))).text


@pytest.mark.parametrize(
    ("name", "said"),
    [("HassBroadcast", "Sorry, I can't tell everyone."), ("MyOwnIntent", "Sorry, I can't do that.")],
)
def test_what_is_understood_and_not_supported_is_named(name: str, said: str) -> None:
    intent = Intent(name, {"message": "dinner is ready"}, 1.0, "announce that dinner is ready")
    assert NARRATOR.refused(intent, Refused(Reason.NOT_SUPPORTED)).text == said


def test_what_is_for_another_time_is_refused_with_how_to_say_one() -> None:
    said = NARRATOR.not_recognized(NotRecognized("turn it off when I leave", why=NotUnderstood.NOT_NOW)).text
    assert "at ten" in said
