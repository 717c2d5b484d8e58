"""Fans."""

import math
from collections.abc import Mapping

from paige.iot.cause import Why
from paige.iot.command import Command
from paige.iot.dialects.homeassistant.component import NOTHING, Component, Encode, Encoded, attribute, readers
from paige.iot.dialects.homeassistant.settings import Order, Settings
from paige.iot.dialects.homeassistant.switch import on_off, on_off_services
from paige.iot.dialects.payload import number
from paige.iot.dialects.report import Known, Report
from paige.iot.dialects.services import given, offered


def fan(settings: Settings) -> Component:
    """A fan: on and off, its speed, and the preset it runs in."""
    low = round(settings.number("speed_range_min", 1))
    high = round(settings.number("speed_range_max", 100))
    if not 0 < low < high:
        settings.problems.append(f"speed_range_min: found {low}, expected one between 0 and speed_range_max")
        low, high = 1, 100
    services = on_off_services(settings, settings.order("command_topic", "command_template"))
    order = settings.order("percentage_command_topic", "percentage_command_template")
    speed = _sets_speed(order, low, high, services)
    reset = settings.text("payload_reset_percentage", NOTHING)

    def take_speed(said: str, known: Known) -> Report:
        if said in (reset, NOTHING):
            return Report(attributes={"percentage": None})
        share = (number(said) - low + 1) / (
            high - low + 1
        )  # the range starts at its first speed, not at zero
        return Report(attributes={"percentage": round(min(1.0, max(0.0, share)) * 100)})

    return Component(
        readers(
            (settings.channel("state_topic", "state_value_template"), on_off(settings)),
            (settings.channel("percentage_state_topic", "percentage_value_template"), take_speed),
            (
                settings.channel("preset_mode_state_topic", "preset_mode_value_template"),
                attribute("preset_mode", str),
            ),
        ),
        services | offered({"set_percentage": speed}),
        frozenset() if speed is None else frozenset({"percentage"}),
        {} if speed is None else {"percentage_step": 100 / (high - low + 1)},
    )


def _sets_speed(order: Order | None, low: int, high: int, services: Mapping[str, Encode]) -> Encode | None:
    if order is None:
        return None

    def encode(command: Command, known: Known) -> Encoded:
        percent = min(100.0, max(0.0, given(command, "percentage")))
        if percent == 0 and "turn_off" in services:
            return services["turn_off"](command, known)
        speed = order.write(math.ceil(percent / 100 * (high - low + 1)) + low - 1)
        on = services["turn_on"](command, known) if known.state == "off" and "turn_on" in services else ()
        return on if isinstance(on, Why) else (*on, speed)

    return encode
