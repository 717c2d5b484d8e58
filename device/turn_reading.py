"""A turn read back from the JSON that `Turn.to_json` gives, as it comes from the running service."""

import json
from collections.abc import Mapping
from typing import Any

from paige.device.errors import ServiceUnreachable
from paige.device.turn import Expects, Reply, Step, Turn
from paige.iot.cause import Cause, Why
from paige.iot.command import Command
from paige.iot.entity import AttributeValue, Entity
from paige.iot.message import Publication
from paige.iot.outcome import Outcome, Status
from paige.models.intent import Intent, NotRecognized, Suggestion
from paige.models.transcript import Transcript


def read_turn(payload: bytes) -> Turn:
    """The turn in an answer of the service. What JSON does not carry, such as publication flags, is as usual.

    Raises:
        ServiceUnreachable: It is no turn, so that nothing can be said about what was done.
    """
    try:
        data = json.loads(payload)
        if "error" in data:
            raise ServiceUnreachable(f"the service could not do it: {data['error']}")
        return _turn(data)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ServiceUnreachable(
            "the service gave an answer that is no turn; do it and this command have the same version?"
        ) from None


def _turn(data: Mapping[str, Any]) -> Turn:
    reply = data["reply"]
    heard = data["heard"]
    return Turn(
        id=str(data["id"]),
        text=str(data["text"]),
        here=data["here"],
        understood=_understood(data),
        also=tuple(_intent(also, data["text"]) for also in data["also"]),
        reply=Reply(str(reply["text"]), Expects(reply["expects"]), tuple(map(str, reply["choices"]))),
        outcomes=tuple(map(_outcome, data["outcomes"])),
        transcript=heard and Transcript(heard["text"], heard["confidence"], heard["seconds"]),
        refusal=data["refusal"] and str(data["refusal"]),
        model=data["model"] and str(data["model"]),
        steps=tuple(Step(str(name), float(seconds)) for name, seconds in data["steps"].items()),
    )


def _understood(data: Mapping[str, Any]) -> Intent | NotRecognized:
    if data["intent"] is None:
        nearest = (Suggestion(str(near["text"]), str(near["intent"]), 0.0) for near in data["nearest"])
        return NotRecognized(str(data["text"]), tuple(nearest), part=str(data["part"]))
    return _intent(data, data["text"])


def _intent(data: Mapping[str, Any], text: object) -> Intent:
    return Intent(
        str(data["intent"]),
        dict(data["slots"]),
        float(data["confidence"]),
        str(text),
        excluded=tuple(dict(one) for one in data["except"]),
    )


def _outcome(data: Mapping[str, Any]) -> Outcome:
    entity_id = str(data["entity"])
    known = data["state"] is not None or data["attributes"]
    entity = Entity(
        id=entity_id,
        name=entity_id,
        domain=entity_id.partition(".")[0],
        state=data["state"],
        attributes={name: _value(value) for name, value in data["attributes"].items()},
    )
    return Outcome(
        command=Command(
            entity_id, str(data["service"]), {name: _value(value) for name, value in data["data"].items()}
        ),
        status=Status(data["status"]),
        entity=entity if known else None,
        publications=tuple(
            Publication(str(sent["topic"]), str(sent["payload"]).encode()) for sent in data["published"]
        ),
        reason=None if data["reason"] is None else _why(data["reason"]),
        publish_seconds=float(data["publish_seconds"]),
        confirm_seconds=float(data["confirm_seconds"]),
    )


def _why(data: Mapping[str, Any]) -> Why:
    fields = {name: value for name, value in data.items() if name != "cause"}
    if not all(value is None or isinstance(value, str | int | float) for value in fields.values()):
        raise TypeError
    return Why(Cause(data["cause"]), fields)


def _value(value: object) -> AttributeValue:
    if isinstance(value, list):
        return tuple(int(part) for part in value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError
