"""Temperatures in the unit of the house. Inside, everything is in degrees Celsius."""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from paige.iot.entity import AttributeValue, Entity


class TemperatureUnit(StrEnum):
    """How a household says temperatures; the values are those of the configuration."""

    CELSIUS = "celsius"
    FAHRENHEIT = "fahrenheit"


_SYMBOLS: Final = {"°C": TemperatureUnit.CELSIUS, "°F": TemperatureUnit.FAHRENHEIT}
_SYMBOL_OF: Final = {unit: symbol for symbol, unit in _SYMBOLS.items()}
_TEMPERATURES: Final = ("temperature", "current_temperature")


def to_celsius(degrees: float, unit: TemperatureUnit) -> float:
    """A temperature in degrees Celsius, to a tenth."""
    return round((degrees - 32) / 1.8, 1) if unit is TemperatureUnit.FAHRENHEIT else degrees


def from_celsius(degrees: float, unit: TemperatureUnit) -> float:
    """A temperature in the unit of the house, Fahrenheit as whole degrees, as people say them."""
    return round(degrees * 1.8 + 32) if unit is TemperatureUnit.FAHRENHEIT else degrees


def in_unit(entity: Entity, unit: TemperatureUnit) -> Entity:
    """The entity with its temperatures in the unit of the house, to be spoken of."""
    if entity.domain in ("climate", "weather"):
        spoken: dict[str, AttributeValue] = {
            key: from_celsius(value, unit)
            for key in _TEMPERATURES
            if isinstance(value := entity.attributes.get(key), int | float)
        }
        return replace(entity, attributes={**entity.attributes, **spoken})
    measured = _SYMBOLS.get(str(entity.attributes.get("unit_of_measurement")))
    if entity.domain != "sensor" or measured is None or measured is unit or entity.state is None:
        return entity
    try:
        degrees = from_celsius(to_celsius(float(entity.state), measured), unit)
    except ValueError:  # it says that it does not know
        return entity
    return replace(
        entity,
        state=f"{degrees:g}",
        attributes={**entity.attributes, "unit_of_measurement": _SYMBOL_OF[unit]},
    )
