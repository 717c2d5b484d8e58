"""A home for tests: what a description says, and what devices that answer to it announce."""

from paige.iot.change import EntityAppeared, StateChanged
from paige.iot.entity import AttributeValue, Entity
from paige.iot.home_file import parse_home
from paige.iot.registry import Registry

HOME = """
floors:
- {name: Ground Floor, aliases: [Downstairs]}
- {name: First Floor, aliases: [Upstairs]}
areas:
- {name: Kitchen, floor: Ground Floor}
- {name: Living Room, floor: Ground Floor, aliases: [Lounge]}
- {name: Bedroom, floor: First Floor}
- {name: Office, floor: First Floor}
- {name: Garage}
entities:
- {id: light.kitchen_ceiling, name: Ceiling, area: Kitchen}
- {id: light.bedroom_ceiling, name: Ceiling, area: Bedroom}
- {id: light.hob, name: Hob, area: Kitchen, aliases: [Stove]}
- {id: light.desk, name: Desk Lamp, area: Office, aliases: [Lamp]}
- {id: light.floor, name: Floor Lamp, area: Living Room, aliases: [Lamp]}
- {id: switch.kettle, name: Kettle, area: Kitchen}
- {id: fan.office, name: Fan, area: Office}
- {id: cover.left, name: Left Curtain, area: Living Room, device_class: curtain}
- {id: cover.right, name: Right Curtain, area: Living Room, device_class: curtain}
- {id: cover.garage, name: Big Door, area: Garage, device_class: garage}
- {id: lock.front, name: Front Door}
- {id: lock.back, name: Back Door, area: Kitchen}
- {id: valve.main, name: Main Valve}
- {id: climate.living, name: Heating, area: Living Room}
- {id: climate.office, name: Radiator, area: Office}
- {id: media_player.tv, name: TV, area: Living Room}
- {id: media_player.radio, name: Radio, area: Kitchen}
- {id: vacuum.rover, name: Rover, area: Living Room}
- {id: scene.movie, name: Movie Time}
- {id: script.bedtime, name: Bedtime}
- {id: button.bell, name: Bell}
- {id: alarm_control_panel.home, name: Alarm}
- {id: sensor.outside, name: Outside Temperature, device_class: temperature}
- {id: sensor.bedroom, name: Bedroom Thermometer, area: Bedroom, device_class: temperature}
- {id: binary_sensor.window, name: Kitchen Window, area: Kitchen, device_class: window}
- {id: binary_sensor.skylight, name: Skylight, area: Bedroom, device_class: window}
- {id: person.ada, name: Ada}
- {id: light.attic, name: Attic Lamp, area: Bedroom}
"""

SERVICES = {
    "light": "turn_on turn_off toggle",
    "switch": "turn_on turn_off toggle",
    "fan": "turn_on turn_off toggle set_percentage",
    "cover": "open_cover close_cover stop_cover set_cover_position",
    "lock": "lock unlock",
    "valve": "open_valve close_valve",
    "climate": "set_temperature set_hvac_mode turn_off turn_on",
    "media_player": "turn_on turn_off media_play media_pause media_next_track media_previous_track "
    "volume_set volume_mute play_media",
    "vacuum": "start stop return_to_base",
    "scene": "turn_on",
    "script": "turn_on",
    "button": "press",
    "alarm_control_panel": "alarm_arm_away alarm_disarm",
}

STATES: dict[str, tuple[str, dict[str, AttributeValue]]] = {
    "light.hob": ("on", {"brightness_pct": 50}),
    "light.desk": ("off", {}),
    "light.floor": ("on", {}),
    "fan.office": ("on", {"percentage": 33, "percentage_step": 33.3}),
    "cover.left": ("open", {"current_position": 60}),
    "cover.right": ("closed", {}),
    "cover.garage": ("closed", {}),
    "lock.front": ("locked", {}),
    "lock.back": ("unlocked", {}),
    "valve.main": ("open", {}),
    "climate.living": ("heat", {"current_temperature": 20.5, "temperature": 21}),
    "media_player.tv": ("playing", {"volume_pct": 35}),
    "media_player.radio": ("idle", {"volume_pct": 10}),
    "sensor.outside": ("7.5", {"unit_of_measurement": "°C"}),
    "sensor.bedroom": ("18", {"unit_of_measurement": "°C"}),
    "binary_sensor.window": ("on", {}),
    "binary_sensor.skylight": ("off", {}),
    "person.ada": ("Work", {}),
}

UNANNOUNCED = frozenset({"light.attic"})
UNAVAILABLE = frozenset({"switch.kettle", "light.kitchen_ceiling"})
COLORED = frozenset({"light.hob", "light.floor"})


def announced(entity: Entity) -> EntityAppeared:
    """What a device of this kind says of itself."""
    features = (
        {"brightness_pct", "rgb_color", "color_temp_kelvin"} if entity.id in COLORED else {"brightness_pct"}
    )
    return EntityAppeared(
        Entity(
            entity.id,
            f"device {entity.id}",
            entity.domain,
            services=frozenset(SERVICES.get(entity.domain, "").split()),
            features=frozenset(features if entity.domain == "light" else ()),
            available=entity.id not in UNAVAILABLE,
        )
    )


def home() -> Registry:
    """The home above, with its devices as they are at first."""
    description = parse_home(HOME, "home.yaml")
    registry = Registry(description)
    for entity in description.entities:
        if entity.id not in UNANNOUNCED:
            registry.apply("tasmota", announced(entity))
    for entity_id, (state, attributes) in STATES.items():
        registry.apply("tasmota", StateChanged(entity_id, state, attributes))
    return registry
