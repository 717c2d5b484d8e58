"""Covers."""

from collections.abc import Mapping

from paige.iot.command import Command
from paige.iot.dialects.payload import percent
from paige.iot.dialects.report import Known, Report
from paige.iot.dialects.services import given, offered
from paige.iot.dialects.zigbee2mqtt.exposes import Feature
from paige.iot.dialects.zigbee2mqtt.part import Encode, Encoded, Part, Read, Values, asked, sets, toggles

MOVEMENTS = frozenset({"motor_state", "moving"})
"""Names of what some devices expose beside a cover to say which way it moves."""

# The words of devices that say which way they move, as Zigbee2MQTT's own integration knows them.
_MOVEMENTS: Mapping[str, str] = {
    **dict.fromkeys(("opening", "open", "forward", "up", "rising"), "opening"),
    **dict.fromkeys(("closing", "close", "backward", "back", "reverse", "down", "declining"), "closing"),
}


def cover(exposed: tuple[Feature, ...], others: tuple[Feature, ...] = ()) -> Part | None:
    """A cover.

    Args:
        exposed: Itself, or the covers of a group.
        others: What else its device exposes, where that may say which way it moves.
    """
    state = next((found for item in exposed if (found := item.settable_feature("state"))), None)
    position = next((found for item in exposed if (found := item.settable_feature("position"))), None)
    if state is None and position is None:
        return None
    moving = next((item for item in others if item.name in MOVEMENTS and item.type == "enum"), None)
    open_, close = _way(state, "OPEN", position, 100), _way(state, "CLOSE", position, 0)
    services = {
        "open_cover": open_,
        "close_cover": close,
        "stop_cover": sets(state, "STOP"),
        "toggle": toggles(None, open_, close),
        "set_cover_position": _sets_position(position),
    }
    return Part("cover", _reads(state, position, moving), offered(services), asks=asked(state, position))


def _way(state: Feature | None, word: str, position: Feature | None, end: int) -> Encode | None:
    return sets(state, word) or sets(position, end)


def _sets_position(position: Feature | None) -> Encode | None:
    if position is None:
        return None

    def encode(command: Command, known: Known) -> Encoded:
        return {position.key: round(min(100.0, max(0.0, given(command, "position"))))}

    return encode


def _reads(state: Feature | None, position: Feature | None, moving: Feature | None) -> Read:
    def read(values: Values, known: Known) -> Report | None:
        where = None if position is None else values.get(position.key)
        said = None if state is None else values.get(state.key)
        movement = None if moving is None else _MOVEMENTS.get(str(values.get(moving.key)).lower())
        if where is not None:
            reached = percent(where)
            return Report(movement or ("open" if reached > 0 else "closed"), {"current_position": reached})
        if movement is not None:
            return Report(movement)
        if position is not None and known.number("current_position") is not None:
            return None  # the state of one that has positions only says which way it was last sent
        words = {"OPEN": "open", "CLOSE": "closed"}
        return Report(words[said]) if isinstance(said, str) and said in words else None

    return read
