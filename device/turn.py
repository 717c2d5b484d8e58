"""One exchange with a person, whole: what was heard, understood, done and said, and how long each took."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from paige.iot.outcome import Outcome
from paige.models.intent import Intent, NotRecognized
from paige.models.transcript import Transcript


class Expects(StrEnum):
    """What a reply waits for."""

    NOTHING = "nothing"
    CHOICE = "choice"
    """Which of several things was meant."""
    CONFIRMATION = "confirmation"
    """Yes or no."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What Paige says back."""

    text: str
    expects: Expects = Expects.NOTHING
    choices: tuple[str, ...] = ()
    """What may be answered to a `CHOICE`, as the home writes it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a turn and what it took."""

    name: str
    """`endpoint` (the silence that ends speech), `restrict` (readying the recognizer, where that was not
    done before), `recognize`, `parse`, `think` (of a language model), `resolve`, `publish`, `confirm`."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange. The log, the audit line, the metrics and the page all read this and nothing else."""

    id: str
    text: str
    """The sentence as it was typed or heard; empty where speech was none of the home's sentences."""
    here: str | None
    """Main name of the area the person speaks in."""
    understood: Intent | NotRecognized
    """Of a sentence with several commands, the first."""
    reply: Reply
    outcomes: tuple[Outcome, ...] = ()
    transcript: Transcript | None = None
    """None for typed text."""
    steps: tuple[Step, ...] = ()
    """In the order they were taken."""
    refusal: str | None = None
    """Why something that was meant was not even tried, as a word of `paige.iot.resolution.Reason`."""
    also: tuple[Intent, ...] = ()
    """The further commands of the sentence, in their order."""
    model: str | None = None
    """What a language model wrote, where Paige itself did not understand the sentence and one answered."""

    @property
    def seconds(self) -> float:
        """From the end of speech, or from the sentence's arrival, to the reply."""
        return sum(step.seconds for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """The turn in JSON's types, for `--json`, the request topic and the audit log."""
        return {
            "id": self.id,
            "text": self.text,
            "here": self.here,
            "heard": None if self.transcript is None else _transcript_json(self.transcript),
            **_understood_json(self.understood),
            "also": [_intent_json(intent) for intent in self.also],
            "model": self.model,
            "outcomes": [_outcome_json(outcome) for outcome in self.outcomes],
            "refusal": self.refusal,
            "reply": {
                "text": self.reply.text,
                "expects": str(self.reply.expects),
                "choices": list(self.reply.choices),
            },
            "steps": {step.name: round(step.seconds, 6) for step in self.steps},
        }


def _transcript_json(transcript: Transcript) -> dict[str, Any]:
    return {
        "text": transcript.text,
        "confidence": round(transcript.confidence, 4),
        "seconds": round(transcript.seconds, 3),
    }


def _understood_json(understood: Intent | NotRecognized) -> dict[str, Any]:
    if isinstance(understood, Intent):
        return _intent_json(understood)
    return {
        "intent": None,
        "slots": {},
        "confidence": 0.0,
        "nearest": [{"text": near.text, "intent": near.intent} for near in understood.nearest],
        "part": understood.part,
    }


def _intent_json(intent: Intent) -> dict[str, Any]:
    return {
        "intent": intent.name,
        "slots": dict(intent.slots),
        "confidence": round(intent.confidence, 4),
        "except": [dict(one) for one in intent.excluded],
    }


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    entity, why = outcome.entity, outcome.reason
    return {
        "entity": outcome.command.entity_id,
        "service": outcome.command.service,
        "data": dict(outcome.command.data),
        "status": str(outcome.status),
        "reason": None if why is None else {"cause": str(why.cause), **why.fields},
        "state": None if entity is None else entity.state,
        "attributes": {} if entity is None else dict(entity.attributes),
        "published": [
            {"topic": sent.topic, "payload": sent.payload.decode("utf-8", "replace")}
            for sent in outcome.publications
        ],
        "publish_seconds": round(outcome.publish_seconds, 6),
        "confirm_seconds": round(outcome.confirm_seconds, 6),
    }
