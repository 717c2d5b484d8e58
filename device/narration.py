"""What to say of what happened. Nothing is called done that no entity has confirmed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from paige.device.replies import Replies, thing
from paige.device.turn import Expects, Reply
from paige.iot.cause import Cause, Why
from paige.iot.clock_time import shown
from paige.iot.entity import Entity
from paige.iot.naming import canonical
from paige.iot.outcome import Outcome, Status
from paige.iot.resolution import Answer, Asks, Choice, Confirmation, Question, Reason, Refused
from paige.iot.timers import Timer
from paige.iot.units import TemperatureUnit, from_celsius, in_unit
from paige.models.intent import Intent, NotRecognized
from paige.models.intent import Why as RefusedBecause
from paige.models.nlu.clauses import TARGETS

_OF_ALL_TIMERS = frozenset({"HassCancelAllTimers", "HassTimerStatus"})
_GROUPS = ("_area", "_floor", "_all", "_device_class")
"""Ends of responses that tell of a group without names; the response that does has its domain's name."""
_WORST_FIRST = (Status.FAILED, Status.REFUSED, Status.UNCONFIRMED)


class Narrator:
    """Makes replies in one language, for one house.

    Args:
        replies: The texts.
        unit: How the house says temperatures.
    """

    def __init__(self, replies: Replies, unit: TemperatureUnit = TemperatureUnit.CELSIUS) -> None:
        self._replies = replies
        self._unit = unit

    def not_heard(self) -> Reply:
        """Speech that was none of the home's sentences."""
        return Reply(self._replies.error("not_heard", {}))

    def not_recognized(self, refusal: NotRecognized) -> Reply:
        """A sentence that means nothing here, with the part that does not, or the nearest that would."""
        if refusal.why is RefusedBecause.NOT_NOW:
            return Reply(self._replies.error("not_now", {}))
        if refusal.part:
            return Reply(self._replies.error("no_intent_part", {"part": refusal.part}))
        if refusal.nearest:
            return Reply(self._replies.error("no_intent_nearest", {"nearest": refusal.nearest[0].text}))
        return Reply(self._replies.error("no_intent", {}))

    def joined(self, replies: Sequence[Reply]) -> Reply:
        """One reply of several; what it waits for is what the last one does."""
        return replace(replies[-1], text=" ".join(reply.text for reply in replies))

    def error(self, key: str, intent: Intent | None = None, /, **fields: str) -> Reply:
        """Why nothing could be done, by a key of the language's `errors`."""
        return Reply(self._replies.error(key, {**self._fields(intent), **fields}))

    def refused(self, intent: Intent, refusal: Refused) -> Reply:
        """Why nothing is done."""
        return Reply(self._reason(intent, refusal))

    def told(self, intent: Intent, **fields: Any) -> Reply:  # noqa: ANN401 # texts use what they like
        """The answer of one who needs no entity: a clock, a timer, a list."""
        return Reply(self._replies.done(intent.name, intent.response, {**self._fields(intent), **fields}))

    def answer(self, intent: Intent, answer: Answer) -> Reply:
        """What was asked about entities."""
        matched, unmatched, unknown = (
            [thing(in_unit(entity, self._unit)) for entity in some]
            for some in (answer.matched, answer.unmatched, answer.unknown)
        )
        everything = [*matched, *unmatched, *unknown]
        if not everything:
            return self.error("no_entity", intent, entity=str(intent.slots.get("name", "")))
        fields = {
            "query": {"matched": matched, "unmatched": unmatched, "unknown": unknown},
            "state": everything[0],
            "names": [one["name"] for one in everything],
        }
        return self.told(intent, **fields)

    def timers_told(self, intent: Intent, timers: Sequence[Timer], now: datetime) -> Reply:
        """What there is to say of timers: one text for all where all were meant, else one for each."""
        views = [as_told(timer) for timer in timers]
        if intent.name in _OF_ALL_TIMERS or len(timers) < 2:  # one text for none or one
            first = views[0] if views else None
            at = first and first["at"]
            return self.told(intent, timer=first, timers=views, at=at, now=now)
        told = (self.told(intent, timer=one, timers=[one], at=one["at"], now=now).text for one in views)
        return Reply(" ".join(told))

    def which_timer(self, intent: Intent, timers: Sequence[Timer], now: datetime) -> Question:
        """Which of several timers is meant; each is called by what tells it from the others."""
        views = [as_told(timer) for timer in timers]
        names = [self._replies.timer_names(view) for view in views]
        counts = Counter(canonical(name) for some in names for name in some)
        choices = []
        for timer, view, some in zip(timers, views, names, strict=True):
            telling = tuple(name for name in some if counts[canonical(name)] == 1)
            label = self._replies.timer_label(view, telling[0] if telling else None, now)
            choices.append(Choice(label, area=timer.area, timer_ids=frozenset({timer.id}), names=telling))
        return Question(Asks.WHICH, intent, tuple(choices))

    def question(self, question: Question, *, again: bool = False) -> Reply:
        """Which of several was meant."""
        labels = tuple(choice.label for choice in question.choices)
        kind = "question_area" if question.asks is Asks.AREA else "question_again" if again else "question"
        fields = {**self._fields(question.intent), "choices": list(labels)}
        return Reply(self._replies.dialogue(kind, fields), Expects.CHOICE, labels)

    def confirmation(self, intent: Intent, asked: Confirmation, *, again: bool = False) -> Reply:
        """Whether it shall really be done."""
        fields = self._fields(intent, [entity.name for entity in asked.entities])
        fields["action"] = self._replies.action(intent.name, intent.response, fields)
        kind = "confirmation_again" if again else "confirmation"
        return Reply(self._replies.dialogue(kind, fields), Expects.CONFIRMATION)

    def dialogue(self, kind: str) -> Reply:
        """What becomes of a question, by a key of the language's `dialogue`."""
        return Reply(self._replies.dialogue(kind, {}))

    def model_says(self, words: str) -> Reply:
        """What a language model says, as what it is."""
        return Reply(self._replies.dialogue("model_says", {"said": words}))

    def timer_finished(self, timer: Timer, now: datetime) -> str:
        """What is said when a timer ends."""
        return self._replies.announcement("timer_finished", {"timer": as_told(timer), "now": now})

    def command_failed(self, timer: Timer, reason: str = "") -> str:
        """What is said when the command that a timer was set for did not succeed."""
        fields = {"timer": as_told(timer), "slots": {"conversation_command": timer.command}, "reason": reason}
        return self._replies.announcement("command_failed", fields)

    def outcomes(
        self, intent: Intent, outcomes: Sequence[Outcome], left_out: Sequence[Refused] = ()
    ) -> Reply:
        """What came of commands: done only where every entity's own state says so."""
        done = [outcome for outcome in outcomes if outcome.status is Status.DONE]
        short = [outcome for outcome in outcomes if outcome.status is not Status.DONE]
        if not short and not left_out:
            return self.told(_by_name(intent), names=_names(outcomes))
        if not short and not done:
            return self.refused(intent, left_out[0])
        names = [*_names(short), *(entity.name for refusal in left_out for entity in refusal.entities)]
        reason = next((self._why(one.reason, one.entity) for one in short if one.reason is not None), "")
        fields = {**self._fields(intent, names), "reason": reason}
        if done:
            said = self._replies.outcome("partly", {**fields, "done_names": _names(done)})
            return Reply(" ".join([said, *(self._reason(intent, refusal) for refusal in left_out)]))
        worst = next(status for status in _WORST_FIRST if any(one.status is status for one in short))
        fields["action"] = self._replies.action(intent.name, intent.response, fields)
        return Reply(self._replies.outcome(str(worst), fields))

    def _why(self, why: Why, entity: Entity | None) -> str:
        fields = dict(why.fields)
        if why.cause is Cause.OUT_OF_RANGE:
            fields = {
                key: from_celsius(value, self._unit) if isinstance(value, int | float) else value
                for key, value in fields.items()
            }
        return self._replies.cause(why.cause, {**fields, "thing": None if entity is None else thing(entity)})

    def _reason(self, intent: Intent, refusal: Refused) -> str:
        fields: dict[str, Any] = {**self._fields(intent), **refusal.fields}
        if refusal.reason is Reason.UNKNOWN_STATE and refusal.entities:
            fields["state"] = thing(refusal.entities[0])
        if refusal.reason is Reason.NOT_SUPPORTED:
            fields["action"] = self._replies.action(intent.name, intent.response, fields)
        return self._replies.error(str(refusal.reason), fields)

    @staticmethod
    def _fields(intent: Intent | None, names: Sequence[str] = ()) -> dict[str, Any]:
        slots: Mapping[str, Any] = {} if intent is None else intent.slots
        return {"slots": dict(slots), "names": list(names)}


def as_told(timer: Timer) -> dict[str, Any]:
    """A timer as the texts see it: the moment at which it ends is what a clock shows then."""
    return {**asdict(timer), "at": None if timer.at is None else shown(timer.at)}


def _by_name(intent: Intent) -> Intent:
    """An intent that leaves something out is told by names, and not as "the lights"."""
    if not intent.excluded:
        return intent
    slots = {slot: value for slot, value in intent.slots.items() if slot not in TARGETS}
    of_group = intent.response.endswith(_GROUPS)
    response = str(intent.slots.get("domain", "default")) if of_group else intent.response
    return replace(intent, slots=slots, response=response)


def _names(outcomes: Sequence[Outcome]) -> list[str]:
    return [_name(outcome.entity, outcome.command.entity_id) for outcome in outcomes]


def _name(entity: Entity | None, entity_id: str) -> str:
    return entity_id if entity is None else entity.name
