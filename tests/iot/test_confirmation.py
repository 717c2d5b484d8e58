"""Outcomes by what an entity says, on a clock that the test moves."""

from dataclasses import replace

import pytest

from paige.iot.cause import Cause, Why
from paige.iot.change import AvailabilityChanged, StateChanged
from paige.iot.command import Command
from paige.iot.confirmation import ALREADY_SECONDS, SLOW_FACTOR, Confirmation, Patience, Verdict
from paige.iot.entity import AttributeValue, Entity
from paige.iot.expectation import expectation
from paige.iot.outcome import Status
from paige.iot.registry import Update

LAMP = Entity("light.lamp", "Lamp", "light", state="off")
BLIND = Entity("cover.blind", "Blind", "cover", state="closed")
LOCK = Entity("lock.door", "Door", "lock", state="locked")
PATIENCE = Patience(deadline=2.0, moving=30.0)
SENT = 1000.0


class Following:
    """A confirmation, and the entity it follows."""

    def __init__(self, entity: Entity, service: str, *, said_so: bool = True, **data: AttributeValue) -> None:
        expected = expectation(Command(entity.id, service, data), entity)
        assert expected is not None
        self.entity = entity
        self.confirmation = Confirmation(expected, entity, said_so=said_so, patience=PATIENCE)
        self.confirmation.sent(SENT)

    def says(
        self, after: float, state: str | None, *, retained: bool = False, **attributes: AttributeValue
    ) -> "Following":
        before = self.entity
        known = {**before.attributes, **attributes}
        self.entity = replace(before, state=before.state if state is None else state, attributes=known)
        change = StateChanged(before.id, state, attributes, retained)
        self.confirmation.observe(Update(before, self.entity, change), SENT + after)
        return self

    def verdict(self, after: float) -> Verdict | None:
        return self.confirmation.verdict(SENT + after)


def test_a_lamp_that_says_it_is_on_was_turned_on() -> None:
    following = Following(LAMP, "turn_on").says(0.2, "on")
    assert following.verdict(0.2) == Verdict(Status.DONE)
    assert following.confirmation.confirmed == SENT + 0.2


def test_a_lamp_that_says_nothing_is_unconfirmed_at_its_deadline_and_not_before() -> None:
    following = Following(LAMP, "turn_on")
    assert following.verdict(1.99) is None
    assert following.verdict(2.0) == Verdict(Status.UNCONFIRMED, Why(Cause.NOT_ANSWERED))


def test_what_the_broker_kept_from_before_confirms_nothing() -> None:
    following = Following(LAMP, "turn_on").says(0.1, "on", retained=True)
    assert following.verdict(0.1) is None
    assert following.verdict(2.0) == Verdict(Status.UNCONFIRMED, Why(Cause.NOT_ANSWERED))


def test_a_lamp_that_says_it_is_still_off_is_unconfirmed_in_its_own_words() -> None:
    following = Following(LAMP, "turn_on").says(0.1, "off")
    assert following.verdict(2.0) == Verdict(Status.UNCONFIRMED, Why(Cause.STATE_DIFFERS, {"state": "off"}))


def test_a_lamp_that_fades_is_done_when_it_has_arrived() -> None:
    following = Following(LAMP, "turn_on", brightness_pct=80).says(0.1, "on", brightness_pct=20)
    assert following.verdict(0.1) is None
    assert following.says(0.9, "on", brightness_pct=79).verdict(0.9) == Verdict(Status.DONE)


def test_a_lamp_of_another_brightness_than_asked_says_something_else() -> None:
    following = Following(LAMP, "turn_on", brightness_pct=80).says(0.1, "on", brightness_pct=20)
    assert following.verdict(2.0) == Verdict(Status.UNCONFIRMED, Why(Cause.VALUE_DIFFERS))


def test_a_lamp_that_was_on_by_its_own_report_need_not_say_so_again() -> None:
    following = Following(replace(LAMP, state="on"), "turn_on")
    assert following.verdict(ALREADY_SECONDS - 0.01) is None
    assert following.verdict(ALREADY_SECONDS) == Verdict(Status.DONE)


def test_a_lamp_that_was_on_but_says_off_after_the_command_is_not_done() -> None:
    following = Following(replace(LAMP, state="on"), "turn_on").says(0.2, "off")
    assert following.verdict(ALREADY_SECONDS) is None
    assert following.verdict(2.0) == Verdict(Status.UNCONFIRMED, Why(Cause.STATE_DIFFERS, {"state": "off"}))


def test_a_lamp_of_which_only_the_broker_said_that_it_is_on_must_say_so_itself() -> None:
    following = Following(replace(LAMP, state="on"), "turn_on", said_so=False)
    assert following.verdict(ALREADY_SECONDS) is None
    assert following.verdict(2.0) == Verdict(Status.UNCONFIRMED, Why(Cause.NOT_ANSWERED))


def test_a_silent_entity_is_asked_once_half_of_its_time_is_over_and_one_that_answers_is_not() -> None:
    assert Following(LAMP, "turn_on").confirmation.ask_at() == SENT + 1.0
    assert Following(BLIND, "open_cover").confirmation.ask_at() == SENT + SLOW_FACTOR
    assert Following(LAMP, "turn_on").says(0.1, "off").confirmation.ask_at() is None


def test_a_blind_has_longer_to_begin_and_much_longer_once_it_moves() -> None:
    still = Following(BLIND, "open_cover")
    assert still.verdict(4.9) is None
    assert still.verdict(5.0) == Verdict(Status.UNCONFIRMED, Why(Cause.NOT_ANSWERED))
    moving = Following(BLIND, "open_cover").says(1.0, "opening")
    assert moving.verdict(29.9) is None
    assert moving.verdict(30.0) == Verdict(Status.UNCONFIRMED, Why(Cause.UNDER_WAY, {"state": "opening"}))
    assert moving.says(29.0, "open").verdict(29.0) == Verdict(Status.DONE)


def test_a_blind_that_stops_short_is_not_waited_for_to_the_end() -> None:
    following = Following(BLIND, "close_cover").says(1.0, "closing").says(9.0, "open", current_position=40)
    assert following.verdict(10.9) is None
    assert following.verdict(11.0) == Verdict(Status.UNCONFIRMED, Why(Cause.STATE_DIFFERS, {"state": "open"}))


def test_a_blind_that_stops_and_then_says_how_far_it_came_is_done() -> None:
    following = Following(BLIND, "set_cover_position", position=50).says(1.0, "opening").says(9.0, "open")
    assert following.verdict(9.5) is None
    assert following.says(9.6, None, current_position=51).verdict(9.6) == Verdict(Status.DONE)


def test_a_lock_that_jams_has_failed_at_once() -> None:
    following = Following(LOCK, "unlock").says(1.0, "unlocking").says(2.0, "jammed")
    assert following.verdict(2.0) == Verdict(Status.FAILED, Why(Cause.FAULT, {"state": "jammed"}))


@pytest.mark.parametrize("after", [replace(LAMP, available=False), None])
def test_an_entity_that_goes_while_it_is_awaited_is_said_to_be_gone(after: Entity | None) -> None:
    following = Following(LAMP, "turn_on")
    change = AvailabilityChanged(LAMP.id, available=False)
    following.confirmation.observe(Update(LAMP, after, change), SENT + 0.5)
    assert following.verdict(0.5) is None
    assert following.verdict(2.0) == Verdict(Status.UNCONFIRMED, Why(Cause.GONE))


def test_an_entity_that_is_forgotten_and_found_again_meanwhile_can_still_confirm() -> None:
    following = Following(LAMP, "turn_on")
    following.confirmation.observe(Update(LAMP, None), SENT + 0.1)
    assert following.says(0.5, "on").verdict(0.5) == Verdict(Status.DONE)


def test_a_command_that_another_one_follows_ends_unless_it_is_done() -> None:
    following = Following(BLIND, "open_cover").says(1.0, "opening")
    following.confirmation.supersede()
    assert following.verdict(1.5) == Verdict(Status.UNCONFIRMED, Why(Cause.SUPERSEDED))
    assert following.says(1.6, "open").verdict(1.6) == Verdict(Status.DONE)
