"""Thermostats and air conditioners."""

from collections.abc import Callable

from paige.iot.cause import Cause, Why
from paige.iot.command import Command
from paige.iot.dialects.homeassistant.component import (
    NOTHING,
    Component,
    Encode,
    Encoded,
    attribute,
    readers,
    sends,
)
from paige.iot.dialects.homeassistant.settings import Channel, Order, Settings
from paige.iot.dialects.payload import number
from paige.iot.dialects.report import UNKNOWN, Known, Report
from paige.iot.dialects.services import given, offered

_MODES = ("auto", "off", "cool", "heat", "dry", "fan_only")
_PREFERRED = ("heat_cool", "heat", "cool", "auto")
"""Which mode turning on means, where the device has no switch of its own; Home Assistant's order."""


def climate(settings: Settings) -> Component:
    """A thermostat. Its degrees are taken as Celsius unless it says Fahrenheit."""
    celsius, degrees = _units(settings.text("temperature_unit", "C").upper().startswith("F"))
    modes = settings.names("modes", _MODES)
    mode = _sets_mode(settings.order("mode_command_topic", "mode_command_template"), modes)
    power = settings.order("power_command_topic", "power_command_template")
    on = sends(power, settings.text("payload_on", "ON")) or _turns_to(
        mode, next((name for name in (*_PREFERRED, *modes) if name in modes and name != "off"), None)
    )
    off = sends(power, settings.text("payload_off", "OFF")) or _turns_to(
        mode, "off" if "off" in modes else None
    )
    temperature = _sets_temperature(
        settings.order("temperature_command_topic", "temperature_command_template"),
        settings.number("min_temp", degrees(7)),
        settings.number("max_temp", degrees(35)),
        degrees,
        celsius,
    )

    def channel(name: str) -> Channel | None:
        return settings.channel(f"{name}_topic", f"{name}_template", "value_template")

    return Component(
        readers(
            (channel("mode_state"), _mode),
            (channel("temperature_state"), attribute("temperature", lambda said: celsius(number(said)))),
            (
                channel("current_temperature"),
                attribute("current_temperature", lambda said: celsius(number(said))),
            ),
            (channel("action"), attribute("hvac_action", str)),
        ),
        offered({"turn_on": on, "turn_off": off, "set_temperature": temperature, "set_hvac_mode": mode}),
        frozenset() if temperature is None else frozenset({"temperature"}),
    )


def _units(fahrenheit: bool) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """To degrees Celsius from the device's, and back, each to a tenth."""
    if fahrenheit:
        return lambda value: round((value - 32) / 1.8, 1), lambda value: round(value * 1.8 + 32, 1)
    return lambda value: round(value, 2), lambda value: round(value, 2)


def _mode(said: str, known: Known) -> Report:
    return Report(UNKNOWN, {"hvac_mode": None}) if said == NOTHING else Report(said, {"hvac_mode": said})


def _sets_mode(order: Order | None, modes: tuple[str, ...]) -> Encode | None:
    if order is None:
        return None

    def encode(command: Command, known: Known) -> Encoded:
        mode = str(command.data["hvac_mode"])
        return (order.write(mode),) if mode in modes else Why(Cause.NO_MODE, {"mode": mode})

    return encode


def _turns_to(mode: Encode | None, name: str | None) -> Encode | None:
    if mode is None or name is None:
        return None

    def encode(command: Command, known: Known) -> Encoded:
        return mode(Command(command.entity_id, command.service, {"hvac_mode": name}), known)

    return encode


def _sets_temperature(
    order: Order | None,
    low: float,
    high: float,
    degrees: Callable[[float], float],
    celsius: Callable[[float], float],
) -> Encode | None:
    if order is None:
        return None

    def encode(command: Command, known: Known) -> Encoded:
        value = degrees(given(command, "temperature"))
        if not low <= value <= high:
            return Why(Cause.OUT_OF_RANGE, {"least": celsius(low), "most": celsius(high)})
        return (order.write(int(value) if value.is_integer() else value),)

    return encode
