"""Sensors and binary sensors: what a device reports and nobody can set."""

from collections.abc import Mapping

from paige.iot.dialects.payload import number_text, shown
from paige.iot.dialects.report import UNKNOWN, Known, Report
from paige.iot.dialects.zigbee2mqtt.exposes import Feature
from paige.iot.dialects.zigbee2mqtt.part import Part, Values, asked, binary
from paige.iot.entity import AttributeValue
from paige.iot.errors import ReportInvalid

LONGEST_STATE = 255
"""Characters, as in Home Assistant."""

# Of the device rather than of the home, or an event rather than a state.
_UNASKED = frozenset(
    {
        "action",
        "cpu_temperature",
        "device_temperature",
        "linkquality",
        "power_outage_count",
        "update_available",
    }
)

# After the tables of Zigbee2MQTT's own integration with Home Assistant.
BINARY_CLASSES: Mapping[str, str] = {
    "contact": "door",
    "garage_door_contact": "garage_door",
    "window": "window",
    "window_open": "window",
    "valve_state": "opening",
    "water_leak": "moisture",
    "rain": "moisture",
    "smoke": "smoke",
    "carbon_monoxide": "carbon_monoxide",
    "gas": "gas",
    "occupancy": "occupancy",
    "presence": "presence",
    "vibration": "vibration",
    "moving": "moving",
    "noise_detected": "sound",
    "sos": "safety",
    "tamper": "tamper",
    "valve_alarm": "problem",
    "battery_low": "battery",
    "consumer_connected": "plug",
}
"""What a binary sensor is, by the name of its property; first those after which a device is named."""

NUMERIC_CLASSES: Mapping[str, str] = {
    "aqi": "aqi",
    "battery": "battery",
    "battery_voltage": "voltage",
    "co2": "carbon_dioxide",
    "current": "current",
    "distance": "distance",
    "eco2": "carbon_dioxide",
    "energy": "energy",
    "humidity": "humidity",
    "illuminance": "illuminance",
    "illuminance_lux": "illuminance",
    "local_temperature": "temperature",
    "noise": "sound_pressure",
    "pm10": "pm10",
    "pm25": "pm25",
    "power": "power",
    "power_factor": "power_factor",
    "pressure": "atmospheric_pressure",
    "soil_moisture": "moisture",
    "temperature": "temperature",
    "voc": "volatile_organic_compounds",
    "voltage": "voltage",
    "water_consumed": "water",
}


def sensor(feature: Feature) -> Part | None:
    """What a generic feature reports; None for a setting, an event, and what is about the device itself."""
    named = feature.name in _UNASKED or feature.category == "config"
    if named or not feature.published or feature.settable or not feature.key:
        return None
    label = feature.label if not feature.endpoint else feature.key.replace("_", " ")
    label = label.lower() if label[1:].islower() else label  # "Water leak", but "CO2"
    if feature.type == "binary":
        read = binary(feature, "on", "off")
        kind = BINARY_CLASSES.get(feature.name)
        return Part(
            "binary_sensor",
            read,
            device_class=kind,
            suffix=feature.key,
            label=label,
            asks=asked(feature),
        )
    if feature.type not in ("numeric", "enum", "text"):
        return None
    attributes: dict[str, AttributeValue] = {"unit_of_measurement": feature.unit} if feature.unit else {}

    def measured(values: Values, known: Known) -> Report | None:
        return Report(_state(feature, values[feature.key])) if feature.key in values else None

    return Part(
        "sensor",
        measured,
        attributes=attributes,
        device_class=NUMERIC_CLASSES.get(feature.name) if feature.type == "numeric" else None,
        suffix=feature.key,
        label=label,
        asks=asked(feature),
    )


def _state(feature: Feature, value: object) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, str) and len(value) <= LONGEST_STATE:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number_text(float(value)) if abs(value) < 1e300 else UNKNOWN
    raise ReportInvalid(f"{feature.key}: found {shown(value)}, expected a number or a short text")
