"""Which devices the simulated house has, and in which dialect each speaks.

| area        | device                    | dialect                                    |
|-------------|---------------------------|--------------------------------------------|
| Kitchen     | Kitchen Lamp              | Zigbee2MQTT (brightness, colour, white)    |
| Kitchen     | Coffee Maker              | Tasmota (relay)                            |
| Kitchen     | Kitchen Radio             | Homie 5                                    |
| Living Room | Living Room Ceiling Light | Home Assistant discovery (JSON schema)     |
| Living Room | Reading Lamp              | Tasmota (dimmer)                           |
| Living Room | Living Room Blinds        | Home Assistant discovery                   |
| Living Room | Thermostat                | Home Assistant discovery                   |
| Living Room | Robot                     | Home Assistant discovery                   |
| Living Room | Movie Night               | Home Assistant discovery (scene)           |
| Bedroom     | Bedroom Lamp              | Zigbee2MQTT (brightness, colour)           |
| Bedroom     | Bedroom Fan               | Tasmota (fan controller)                   |
| Bedroom     | Bedroom Window            | Zigbee2MQTT (contact sensor)               |
| Hallway     | Front Door                | Home Assistant discovery (lock)            |
| Garage      | Garage Door               | Homie 5                                    |
| Garden      | Garden Valve              | Home Assistant discovery                   |
| Garden      | Water Plants              | Home Assistant discovery (button)          |
| Garden      | Outdoor Temperature       | Homie 4                                    |
"""

from paige.tools.simulated_home.device import SimulatedDevice
from paige.tools.simulated_home.homeassistant import (
    Cover,
    JsonLight,
    Lock,
    Thermostat,
    Trigger,
    Vacuum,
    Valve,
)
from paige.tools.simulated_home.homie import GarageDoor, Radio, WeatherSensor
from paige.tools.simulated_home.tasmota import TasmotaDimmer, TasmotaFan, TasmotaPlug
from paige.tools.simulated_home.zigbee2mqtt import ZigbeeBridge, ZigbeeContact, ZigbeeLight


def house() -> tuple[SimulatedDevice, ...]:
    """The devices, new and untouched: all off, closed, locked."""
    zigbee = (
        ZigbeeLight("Kitchen Lamp", "0x00158d0001000001", tunable=True),
        ZigbeeLight("Bedroom Lamp", "0x00158d0001000002"),
        ZigbeeContact("Bedroom Window", "0x00158d0001000003"),
    )
    return (
        ZigbeeBridge(zigbee),
        *zigbee,
        JsonLight("Living Room Ceiling Light", "Living Room"),
        Cover("Living Room Blinds", "Living Room", "blind"),
        Thermostat("Thermostat", "Living Room"),
        Vacuum("Robot", "Living Room"),
        Trigger("Movie Night", "Living Room", "scene", "ON"),
        Lock("Front Door", "Hallway"),
        Valve("Garden Valve", "Garden"),
        Trigger("Water Plants", "Garden", "button", "PRESS"),
        TasmotaPlug("Coffee Maker", "C0FFEE000001"),
        TasmotaDimmer("Reading Lamp", "C0FFEE000002"),
        TasmotaFan("Bedroom Fan", "C0FFEE000003"),
        WeatherSensor("Outdoor Temperature", "outdoor-temperature"),
        GarageDoor("Garage Door", "garage-door"),
        Radio("Kitchen Radio", "kitchen-radio"),
    )
