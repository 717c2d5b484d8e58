"""Switches and locks, and valves that call themselves switches."""

from paige.iot.dialects.report import Known, Report
from paige.iot.dialects.services import offered
from paige.iot.dialects.zigbee2mqtt.exposes import Feature
from paige.iot.dialects.zigbee2mqtt.part import Part, Values, asked, binary, merged, sets, toggles

# A device's settings, which it exposes as switches and locks of their own.
_SETTINGS = frozenset(
    {"auto_lock", "away_mode", "child_lock", "keypad_lockout", "valve_detection", "window_detection"}
)


def switch(exposed: tuple[Feature, ...]) -> Part | None:
    """A switch."""
    state = _state(exposed)
    if state is None:
        return None
    on, off = sets(state, state.value_on), sets(state, state.value_off)
    services = offered({"turn_on": on, "turn_off": off, "toggle": toggles(state, on, off)})
    return Part("switch", binary(state, "on", "off"), services, asks=asked(state))


def valve(exposed: tuple[Feature, ...]) -> Part | None:
    """A valve that is exposed as a switch: on is open."""
    state = _state(exposed)
    if state is None:
        return None
    services = offered(
        {"open_valve": sets(state, state.value_on), "close_valve": sets(state, state.value_off)}
    )
    return Part("valve", binary(state, "open", "closed"), services, asks=asked(state))


def lock(exposed: tuple[Feature, ...]) -> Part | None:
    """A lock."""
    state = _state(exposed)
    if state is None:
        return None
    detail = exposed[0].feature("lock_state")
    bolt = binary(state, "locked", "unlocked")

    def read(values: Values, known: Known) -> Report | None:
        said = values.get(detail.key) if detail is not None else None
        # Of a bolt that stopped half way only this says so; the plain state says what was last asked of it.
        jammed = Report("jammed") if said == "not_fully_locked" else None
        return merged(bolt(values, known), jammed)

    services = offered({"lock": sets(state, state.value_on), "unlock": sets(state, state.value_off)})
    return Part("lock", read, services, asks=asked(state))


def _state(exposed: tuple[Feature, ...]) -> Feature | None:
    state = exposed[0].settable_feature("state")
    return None if state is None or state.key in _SETTINGS else state
