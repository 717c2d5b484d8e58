"""A turn as a person reads it."""

import io
import re

import pytest

from paige.device.show import Style, show_turn
from paige.device.turn import Expects, Reply, Step, Turn
from paige.iot.cause import Cause, Why
from paige.iot.command import Command
from paige.iot.entity import Entity
from paige.iot.message import Publication
from paige.iot.outcome import Outcome, Status
from paige.models.intent import Intent, NotRecognized, Suggestion
from paige.models.transcript import Transcript

LAMP = Entity("light.lamp", "Lamp", "light", state="on", attributes={"brightness_pct": 40, "hue": 3})
DIM = Command("light.lamp", "turn_on", {"brightness_pct": 40})
SENT = Publication("zigbee2mqtt/Lamp/set", b'{"brightness": 102}')
SPOKEN = Turn(
    "1",
    "set the lamp to forty percent",
    "Kitchen",
    Intent("HassLightSet", {"name": "Lamp", "brightness": 40}, 1.0, "set the lamp to forty percent"),
    Reply("The Lamp is at 40 percent."),
    outcomes=(Outcome(DIM, Status.DONE, LAMP, (SENT,), publish_seconds=0.002, confirm_seconds=0.021),),
    transcript=Transcript("set the lamp to forty percent", 0.97, 1.5),
    steps=(Step("endpoint", 0.5), Step("recognize", 0.2), Step("parse", 0.001), Step("confirm", 0.021)),
)


def test_each_step_has_its_line_and_its_time() -> None:
    lines = [re.sub(r" {2,}", "  ", line).strip() for line in show_turn(SPOKEN).splitlines()]
    assert lines == [
        "heard  set the lamp to forty percent  97%  200 ms",
        "intent  HassLightSet  name=Lamp  brightness=40  1.0 ms",
        "command  turn_on light.lamp  brightness_pct=40",
        'publish  zigbee2mqtt/Lamp/set  {"brightness": 102}  2.0 ms',
        "state  ✓ done: light.lamp is on, brightness_pct=40  21 ms",
        "reply  The Lamp is at 40 percent.",
        "722 ms from the last word to the reply",
    ]


def test_a_refusal_shows_what_is_near() -> None:
    near = Suggestion("turn on the lamp", "HassTurnOn", 0.9)
    turn = Turn("1", "turn on the lamb", None, NotRecognized("turn on the lamb", (near,)), Reply("Sorry?"))
    shown = show_turn(turn)
    assert "not recognized" in shown
    assert "near: turn on the lamp" in shown
    assert "from the sentence" not in shown, "nothing was done, so there is nothing to add up"


@pytest.mark.parametrize("status", list(Status))
def test_an_outcome_shows_its_status_and_its_reason(status: Status) -> None:
    outcome = Outcome(DIM, status, LAMP, reason=Why(Cause.FAULT, {"state": "jammed"}))
    turn = Turn("1", "x", None, SPOKEN.understood, Reply("?", Expects.NOTHING), outcomes=(outcome,))
    (line,) = (line for line in show_turn(turn).splitlines() if line.strip().startswith("state"))
    assert str(status) in line
    assert ("✓" in line) == (status is Status.DONE)
    assert "(fault state=jammed)" in line


def test_a_long_payload_is_cut_and_a_reply_never() -> None:
    sent = Publication("t", b"x" * 500)
    outcome = Outcome(DIM, Status.DONE, LAMP, (sent,), publish_seconds=0.001)
    turn = Turn("1", "x", None, SPOKEN.understood, Reply("long " * 50), outcomes=(outcome,))
    lines = show_turn(turn).splitlines()
    assert all(len(line) <= 100 for line in lines if not line.strip().startswith("reply"))
    assert any(line.count("long") == 50 for line in lines)


@pytest.mark.parametrize(
    ("environ", "colour"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False)],
)
def test_colours_are_for_terminals_unless_asked_otherwise(environ: dict[str, str], colour: bool) -> None:
    style = Style.of(io.StringIO(), environ)
    assert style.colour is colour
    assert ("\033[" in show_turn(SPOKEN, style)) is colour


def test_what_a_terminal_would_obey_is_not_shown_to_it() -> None:
    evil = Entity("light.lamp", "Lamp", "light", state="on\x1b[2J\nreply     All is well")
    shown = show_turn(
        Turn("1", "x", None, NotRecognized("x"), Reply("."), outcomes=(Outcome(DIM, Status.DONE, evil),))
    )
    assert "\x1b" not in shown
    assert "on�[2J�reply" in shown
