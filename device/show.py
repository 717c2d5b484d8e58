"""A turn as a person reads it: one line for each step, with what it took."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TextIO

from paige.device.turn import Turn
from paige.iot.outcome import Outcome, Status
from paige.models.intent import Intent

_WIDTH = 96
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What a device may have in its state, and a terminal would obey."""
_MARKS = {Status.DONE: "✓", Status.UNCONFIRMED: "?", Status.REFUSED: "✗", Status.FAILED: "✗"}
_COLOURS = {"dim": "2", "bold": "1", "green": "32", "yellow": "33", "red": "31", "cyan": "36"}


@dataclass(frozen=True, slots=True)
class Style:
    """Whether to use a terminal's colours."""

    colour: bool = False

    @staticmethod
    def of(stream: TextIO, environ: Mapping[str, str] = os.environ) -> "Style":
        """Colours where the stream is a terminal; `NO_COLOR` and `FORCE_COLOR` count more (no-color.org)."""
        if environ.get("NO_COLOR"):
            return Style(colour=False)
        return Style(colour=bool(environ.get("FORCE_COLOR")) or stream.isatty())

    def paint(self, text: str, colour: str) -> str:
        """The text in one of `dim bold green yellow red cyan`, or as it is where colours are off."""
        return f"\033[{_COLOURS[colour]}m{text}\033[0m" if self.colour else text


def show_turn(turn: Turn, style: Style | None = None) -> str:
    """The turn in lines of at most about 100 columns; long payloads are cut with an ellipsis."""
    style = style or Style()
    return "\n".join(
        _line(label, text, seconds, style, colour) for label, text, seconds, colour in _rows(turn)
    ) + _total(turn, style)


_Row = tuple[str, str, float | None, str | None]


def _rows(turn: Turn) -> Iterator[_Row]:
    took = {step.name: step.seconds for step in turn.steps}
    if turn.transcript is not None:
        heard = turn.text or "(none of this home's sentences)"
        yield "heard", f"{heard}   {turn.transcript.confidence:.0%}", took.get("recognize"), None
    yield from _understood_rows(turn, took.get("parse"))
    for outcome in turn.outcomes:
        yield from _outcome_rows(outcome)
    yield "reply", turn.reply.text, None, "bold"


def _understood_rows(turn: Turn, seconds: float | None) -> Iterator[_Row]:
    understood = turn.understood
    if isinstance(understood, Intent):
        for intent in (understood, *turn.also):
            slots = [f"{name}={value}" for name, value in intent.slots.items()]
            slots += [
                f"except {name}={value}" for left_out in intent.excluded for name, value in left_out.items()
            ]
            took = seconds if intent is understood else None
            yield "intent", f"{intent.name}  {'  '.join(slots)}".rstrip(), took, "cyan"
    else:
        yield "intent", "not recognized", seconds, "yellow"
        for near in understood.nearest[:2]:
            yield "", f"near: {near.text}", None, "dim"


def _outcome_rows(outcome: Outcome) -> Iterator[_Row]:
    command = outcome.command
    data = "  ".join(f"{name}={value}" for name, value in command.data.items())
    yield "command", f"{command.service} {command.entity_id}  {data}".rstrip(), None, None
    for number, sent in enumerate(outcome.publications):
        payload = sent.payload.decode("utf-8", "replace")
        yield "publish", f"{sent.topic}  {payload}", None if number else outcome.publish_seconds, None
    state = outcome.entity.state if outcome.entity is not None else None
    text = f"{_MARKS[outcome.status]} {outcome.status}"
    if state is not None:
        text += f": {outcome.command.entity_id} is {state}{_attributes(outcome)}"
    if outcome.reason is not None:
        text += f" ({outcome.reason})"
    colour = (
        "green"
        if outcome.status is Status.DONE
        else "yellow"
        if outcome.status is Status.UNCONFIRMED
        else "red"
    )
    yield "state", text, outcome.confirm_seconds or None, colour


def _attributes(outcome: Outcome) -> str:
    """The attributes that the command set, as the entity now reports them."""
    assert outcome.entity is not None
    shown = {
        name: outcome.entity.attributes[name]
        for name in outcome.command.data
        if name in outcome.entity.attributes
    }
    return "".join(f", {name}={value}" for name, value in shown.items())


def _line(label: str, text: str, seconds: float | None, style: Style, colour: str | None) -> str:
    text = _CONTROL.sub("�", text)
    took = "" if seconds is None else _milliseconds(seconds)
    room = _WIDTH - 12 - len(took)
    if len(text) > room and label != "reply":
        text = text[: room - 1] + "…"
    padding = " " * max(1, room - len(text)) if took else ""
    painted = style.paint(text, colour) if colour else text
    return f"  {style.paint(f'{label:<9}', 'dim')} {painted}{padding}{style.paint(took, 'dim')}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"


def _total(turn: Turn, style: Style) -> str:
    if not turn.outcomes:
        return ""
    since = "the sentence" if turn.transcript is None else "the last word"
    took = f"{_milliseconds(turn.seconds)} from {since} to the reply"
    return f"\n{'':12}{style.paint(took, 'dim')}"
