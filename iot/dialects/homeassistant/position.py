"""Covers and valves: what opens and closes, and stops on the way."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from paige.iot.command import Command
from paige.iot.dialects.homeassistant.component import (
    NOTHING,
    Component,
    Encode,
    Encoded,
    Reader,
    readers,
    sends,
    toggles,
)
from paige.iot.dialects.homeassistant.settings import Order, Settings
from paige.iot.dialects.payload import number, shown
from paige.iot.dialects.report import UNKNOWN, Known, Report
from paige.iot.dialects.services import given, offered
from paige.iot.errors import ReportInvalid

_OPEN = frozenset({"open", "opening"})
_STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Travel:
    """The device's own numbers for closed and open."""

    closed: float
    open: float

    @classmethod
    def of(cls, settings: Settings) -> "Travel":
        """As the device's options say; it must go somewhere."""
        travel = cls(settings.number("position_closed", 0), settings.number("position_open", 100))
        if travel.closed == travel.open:
            settings.problems.append(f"position_open: found {travel.open:g}, which is position_closed too")
            return cls(0, 100)
        return travel

    def percent(self, position: float) -> int:
        """Percent that it is open."""
        share = (position - self.closed) / (self.open - self.closed)
        return round(min(1.0, max(0.0, share)) * 100)

    def position(self, percent: float) -> int:
        """The device's number for a percentage."""
        return round(self.closed + percent / 100 * (self.open - self.closed))

    @property
    def variables(self) -> dict[str, object]:
        """What templates may refer to."""
        return {"position_open": round(self.open), "position_closed": round(self.closed)}


def cover(settings: Settings) -> Component:
    """A cover; its tilt stays as it is."""
    travel = Travel.of(settings)
    names = ("position", "position_open", "position_closed", "tilt_min", "tilt_max")
    position = _sets_position(settings.order("set_position_topic", "set_position_template", *names), travel)
    order = settings.order("command_topic")
    open_, close = _ways(settings, order, position)
    services = {
        "open_cover": open_,
        "close_cover": close,
        "stop_cover": sends(order, settings.payload("payload_stop", "STOP")),
        "toggle": toggles(open_, close, _OPEN),
        "set_cover_position": position,
    }
    return Component(_cover_readers(settings, travel), offered(services))


def valve(settings: Settings) -> Component:
    """A valve, with or without positions."""
    travel = Travel.of(settings)
    reports = settings.flag("reports_position")
    order = settings.order(
        "command_topic", "command_template", "position", "position_open", "position_closed"
    )
    position = _sets_position(order, travel) if reports else None
    open_, close = (None, None) if reports else _ways(settings, order, None)
    services = {
        "open_valve": open_ or _moves(position, 100),
        "close_valve": close or _moves(position, 0),
        "stop_valve": sends(order, settings.name("payload_stop")),
        "set_valve_position": position,
    }
    words = _words(settings)
    take = _either(words, travel) if reports else _worded(words)
    channel = settings.channel("state_topic", "value_template")
    return Component(readers((channel, take)), offered(services))


def _ways(
    settings: Settings, order: Order | None, position: Encode | None
) -> tuple[Encode | None, Encode | None]:
    """How it is opened and closed: by a command, or else by a position."""
    return (
        sends(order, settings.payload("payload_open", "OPEN")) or _moves(position, 100),
        sends(order, settings.payload("payload_close", "CLOSE")) or _moves(position, 0),
    )


def _moves(position: Encode | None, percent: int) -> Encode | None:
    if position is None:
        return None

    def encode(command: Command, known: Known) -> Encoded:
        return position(Command(command.entity_id, command.service, {"position": percent}), known)

    return encode


def _sets_position(order: Order | None, travel: Travel) -> Encode | None:
    if order is None:
        return None

    def encode(command: Command, known: Known) -> Encoded:
        percent = round(min(100.0, max(0.0, given(command, "position"))))
        return (order.write(travel.position(percent), position=percent, **travel.variables),)

    return encode


def _words(settings: Settings) -> dict[str, str]:
    return {
        settings.text("state_stopped", _STOPPED): _STOPPED,
        settings.text("state_open", "open"): "open",
        settings.text("state_closed", "closed"): "closed",
        settings.text("state_opening", "opening"): "opening",
        settings.text("state_closing", "closing"): "closing",
    }


def _cover_readers(settings: Settings, travel: Travel) -> tuple[Reader, ...]:
    state = settings.channel("state_topic", "value_template")
    position = settings.channel(
        "position_topic", "position_template", *(() if state else ("value_template",))
    )

    def moved(said: str, known: Known) -> Report | None:
        report = _positioned(said, travel)
        # Where there is a state topic it says whether the cover is open; the position only adds where.
        return report if state is None or known.state is None else Report(attributes=report.attributes)

    return readers((position, moved), (state, _worded(_words(settings))))


def _worded(words: Mapping[str, str]) -> Callable[[str, Known], Report]:
    """Reads a state; where it stopped on the way is told by the position, or by where it was going."""

    def take(said: str, known: Known) -> Report:
        if said == NOTHING:
            return Report(UNKNOWN)
        state = words.get(_member(said, "state"))
        if state is None:
            raise ReportInvalid(f"found {shown(said)}, expected one of {', '.join(sorted(words))}")
        if state != _STOPPED:
            return Report(state)
        position = known.number("current_position")
        if position is None:
            return Report("closed" if known.state in ("closed", "closing") else "open")
        return Report("closed" if position == 0 else "open")

    return take


def _either(words: Mapping[str, str], travel: Travel) -> Callable[[str, Known], Report]:
    """Reads a position, a state, or both of them in JSON, where the position tells unless it moves."""
    worded = _worded(words)

    def take(said: str, known: Known) -> Report:
        if said == NOTHING:
            return Report(UNKNOWN, {"current_position": None})
        word, position = _member(said, "state"), _member(said, "position")
        if position == said and word in words:
            return worded(said, known)
        if words.get(word) not in ("opening", "closing"):
            return _positioned(said, travel)
        return Report(words[word], {"current_position": travel.percent(number(position))})

    return take


def _positioned(said: str, travel: Travel) -> Report:
    if said == NOTHING:
        return Report(UNKNOWN, {"current_position": None})
    percent = travel.percent(number(_member(said, "position")))
    return Report("closed" if percent == 0 else "open", {"current_position": percent})


def _member(said: str, key: str) -> str:
    """A member of a JSON object, or the text itself where it is none."""
    if not said.startswith("{"):
        return said
    try:
        values = json.loads(said)
    except (ValueError, RecursionError):
        return said
    value = values.get(key)
    return said if value is None else str(value)
