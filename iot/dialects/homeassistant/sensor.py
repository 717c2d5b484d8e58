"""What can only be asked about: sensors, binary sensors, and numbers, choices and texts."""

from paige.iot.dialects.homeassistant.component import NOTHING, Component, readers
from paige.iot.dialects.homeassistant.settings import Settings
from paige.iot.dialects.homeassistant.switch import on_off
from paige.iot.dialects.report import UNKNOWN, Known, Report
from paige.iot.entity import AttributeValue
from paige.iot.errors import ReportInvalid

LONGEST_STATE = 255
"""Characters, as in Home Assistant."""

_NOT_MEASURED = frozenset({"nan", "-nan", "inf", "-inf"})


def sensor(settings: Settings) -> Component:
    """A value; also for numbers, choices and texts, which no command here sets."""
    unit = settings.name("unit_of_measurement")
    attributes: dict[str, AttributeValue] = {} if unit is None else {"unit_of_measurement": unit}
    channel = settings.channel("state_topic", "value_template")
    return Component(readers((channel, _value if unit is None else _measurement)), attributes=attributes)


def binary_sensor(settings: Settings) -> Component:
    """One of two states."""
    return Component(readers((settings.channel("state_topic", "value_template"), on_off(settings))))


def _measurement(said: str, known: Known) -> Report:
    """A value with a unit. Some firmwares print that they could not measure as a number that is none."""
    return Report(UNKNOWN) if said.casefold() in _NOT_MEASURED else _value(said, known)


def _value(said: str, known: Known) -> Report:
    if len(said) > LONGEST_STATE:
        raise ReportInvalid(f"found {len(said)} characters, expected at most {LONGEST_STATE}")
    return Report(UNKNOWN if said == NOTHING else said)
