"""Thermostats and radiator valves."""

from collections.abc import Mapping

from paige.iot.cause import Cause, Why
from paige.iot.command import Command
from paige.iot.dialects.payload import number, shown
from paige.iot.dialects.report import UNKNOWN, Known, Report
from paige.iot.dialects.services import given, offered
from paige.iot.dialects.zigbee2mqtt.exposes import Feature
from paige.iot.dialects.zigbee2mqtt.part import Encode, Encoded, Part, Values, asked, sets
from paige.iot.entity import AttributeValue
from paige.iot.errors import ReportInvalid

_HEATING = ("occupied_heating_setpoint", "current_heating_setpoint")
_COOLING = ("occupied_cooling_setpoint", "current_cooling_setpoint")
_ACTIONS: Mapping[str, str] = {"idle": "idle", "heat": "heating", "cool": "cooling", "fan_only": "fan"}
_PREFERRED = ("heat_cool", "heat", "cool", "auto")
"""Which mode turning on means; Home Assistant's order."""


def climate(exposed: tuple[Feature, ...]) -> Part | None:
    """A thermostat; its degrees are Celsius."""
    device = exposed[0]
    heating, cooling = device.settable_feature(*_HEATING), device.settable_feature(*_COOLING)
    mode = device.settable_feature("system_mode")
    if heating is None and cooling is None and mode is None:
        return None
    modes = () if mode is None else mode.values
    on = next((name for name in (*_PREFERRED, *modes) if name in modes and name != "off"), None)
    services = {
        "turn_on": sets(mode, on),
        "turn_off": sets(mode, "off") if "off" in modes else None,
        "set_hvac_mode": _sets_mode(mode),
        "set_temperature": _sets_temperature(heating, cooling),
    }
    here = device.feature("local_temperature")

    def read(values: Values, known: Known) -> Report | None:
        attributes: dict[str, AttributeValue] = {}
        state = None if mode is None else _mode(mode, values)
        if state is not None:
            attributes["hvac_mode"] = None if state == UNKNOWN else state
        setpoint = _in_charge(
            heating, cooling, attributes.get("hvac_mode", known.attributes.get("hvac_mode"))
        )
        for key, feature in (("temperature", setpoint), ("current_temperature", here)):
            if feature is not None and values.get(feature.key) is not None:
                attributes[key] = number(values[feature.key])
        action = device.feature("running_state")
        if action is not None and values.get(action.key) in _ACTIONS:
            attributes["hvac_action"] = _ACTIONS[str(values[action.key])]
        if mode is None and attributes:
            state = "heat"  # one without modes does nothing else
        return Report(state, attributes) if attributes else None

    features = frozenset({"temperature"}) if heating or cooling else frozenset()
    return Part("climate", read, offered(services), features, asks=asked(heating, cooling, mode, here))


def _in_charge(heating: Feature | None, cooling: Feature | None, mode: AttributeValue) -> Feature | None:
    """The set point that counts in a mode, of a device that may have one for each."""
    return cooling if heating is None or (cooling is not None and mode == "cool") else heating


def _mode(mode: Feature, values: Values) -> str | None:
    if mode.key not in values:
        return None
    said = values[mode.key]
    if said is None:
        return UNKNOWN
    if not isinstance(said, str):
        raise ReportInvalid(f"{mode.key}: found {shown(said)}, expected one of {', '.join(mode.values)}")
    return said


def _sets_mode(mode: Feature | None) -> Encode | None:
    if mode is None:
        return None

    def encode(command: Command, known: Known) -> Encoded:
        name = str(command.data["hvac_mode"])
        return {mode.key: name} if name in mode.values else Why(Cause.NO_MODE, {"mode": name})

    return encode


def _sets_temperature(heating: Feature | None, cooling: Feature | None) -> Encode | None:
    if heating is None and cooling is None:
        return None

    def encode(command: Command, known: Known) -> Encoded:
        mode = known.attributes.get("hvac_mode")
        if mode is None and heating is not None and cooling is not None:
            return Why(Cause.STATE_UNKNOWN)
        setpoint = _in_charge(heating, cooling, mode)
        assert setpoint is not None  # there is one of the two
        low = setpoint.value_min if setpoint.value_min is not None else 5.0
        high = setpoint.value_max if setpoint.value_max is not None else 35.0
        wanted = given(command, "temperature")
        if not low <= wanted <= high:
            return Why(Cause.OUT_OF_RANGE, {"least": low, "most": high})
        return {setpoint.key: wanted}

    return encode
