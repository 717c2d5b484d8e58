"""What a browser is told, in JSON's types: of a turn no more than a person reads."""

from typing import Any

from paige.device.turn import Expects, Turn


def shown_turn(turn: Turn, at: float) -> dict[str, Any]:
    """A turn without what devices tell of themselves and what was published.

    Args:
        turn: The turn.
        at: When it ended, Unix time in seconds.
    """
    whole = turn.to_json()
    return {
        "kind": "turn",
        "id": turn.id,
        "at": at,
        "text": turn.text,
        "here": turn.here,
        "spoken": turn.transcript is not None,
        "meant": [] if whole["intent"] is None else [_meant(whole), *map(_meant, whole["also"])],
        "outcomes": [
            {
                "name": outcome.command.entity_id if outcome.entity is None else outcome.entity.name,
                "status": str(outcome.status),
                "state": None if outcome.entity is None else outcome.entity.state,
            }
            for outcome in turn.outcomes
        ],
        "refusal": turn.refusal,
        "reply": whole["reply"],
        "seconds": round(turn.seconds, 3),
    }


def means_something(turn: Turn) -> bool:
    """Whether it is worth keeping: talk that is none of the home's sentences is not."""
    return bool(turn.text) or turn.reply.expects is not Expects.NOTHING


def shown_announcement(text: str, area: str | None, at: float) -> dict[str, Any]:
    """What Paige says of itself, such as that a timer has ended."""
    return {"kind": "announcement", "at": at, "text": text, "here": area}


def _meant(intent: dict[str, Any]) -> dict[str, Any]:
    return {"intent": intent["intent"], "slots": intent["slots"]}
