"""Fans."""

import math

from paige.iot.command import Command
from paige.iot.dialects.payload import number
from paige.iot.dialects.report import Known, Report
from paige.iot.dialects.services import given, offered
from paige.iot.dialects.zigbee2mqtt.exposes import Feature
from paige.iot.dialects.zigbee2mqtt.part import (
    Encode,
    Encoded,
    Part,
    Read,
    Values,
    asked,
    binary,
    merged,
    sets,
    toggles,
)

_STEPS = ("low", "medium", "high", *"123456789")
"""Values of `fan_mode` that are speeds, slowest first; the others are presets."""


def fan(exposed: tuple[Feature, ...]) -> Part | None:
    """A fan, by its state and either a mode for each speed or a number."""
    state = exposed[0].settable_feature("state")
    mode = exposed[0].settable_feature("mode")
    speed = exposed[0].settable_feature("speed")
    if state is None and mode is None:
        return None
    steps = tuple(step for step in _STEPS if mode is not None and step in mode.values)
    off = sets(state, None if state is None else state.value_off) or sets(mode, "off")
    on = sets(state, None if state is None else state.value_on) or sets(mode, _on_mode(mode, steps))
    services = {"turn_on": on, "turn_off": off, "toggle": toggles(state, on, off)}
    highest = speed.value_max if speed is not None and speed.value_max is not None else 254.0
    count = len(steps)
    if speed is not None:
        services["set_percentage"] = _sets_speed(speed, highest, off)
        count = round(highest)
    elif mode is not None and steps:
        services["set_percentage"] = _sets_step(mode, steps, off)
    adjustable = "set_percentage" in services and count > 0
    return Part(
        "fan",
        _reads(state, mode, steps, speed, highest),
        offered(services),
        frozenset({"percentage"}) if adjustable else frozenset(),
        {"percentage_step": 100 / count} if adjustable else {},
        asks=asked(state, mode, speed),
    )


def _on_mode(mode: Feature | None, steps: tuple[str, ...]) -> str | None:
    if mode is None:
        return None
    return "on" if "on" in mode.values else next(reversed(steps), None)


def _sets_speed(speed: Feature, highest: float, off: Encode | None) -> Encode:
    def encode(command: Command, known: Known) -> Encoded:
        percent = min(100.0, given(command, "percentage"))
        if percent <= 0 and off is not None:
            return off(command, known)
        return {speed.key: math.ceil(max(0.0, percent) / 100 * highest)}

    return encode


def _sets_step(mode: Feature, steps: tuple[str, ...], off: Encode | None) -> Encode:
    def encode(command: Command, known: Known) -> Encoded:
        percent = min(100.0, given(command, "percentage"))
        if percent <= 0 and off is not None:
            return off(command, known)
        return {mode.key: steps[max(1, math.ceil(percent / 100 * len(steps))) - 1]}

    return encode


def _reads(
    state: Feature | None, mode: Feature | None, steps: tuple[str, ...], speed: Feature | None, highest: float
) -> Read:
    def read(values: Values, known: Known) -> Report | None:
        switched = None if state is None else binary(state, "on", "off")(values, known)
        said = None if mode is None or values.get(mode.key) is None else str(values[mode.key])
        stepped = None
        if said in steps:
            share = (steps.index(said) + 1) / len(steps)
            stepped = Report("on" if state is None else None, {"percentage": round(share * 100)})
        elif said is not None:
            switched_by = ("off" if said == "off" else "on") if state is None else None
            stepped = Report(switched_by, {"preset_mode": said})
        level = None if speed is None else values.get(speed.key)
        fast = None
        if level is not None:
            fast = Report(attributes={"percentage": round(min(1.0, max(0.0, number(level) / highest)) * 100)})
        return merged(stepped, fast, switched)

    return read
