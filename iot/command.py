"""One order to one entity."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from paige.iot.cause import Why
from paige.iot.entity import AttributeValue

_SWITCHED: Final = frozenset({"turn_on", "turn_off", "toggle"})

SERVICES: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("light", "switch", "input_boolean", "siren", "humidifier"), _SWITCHED),
    "fan": _SWITCHED | {"set_percentage"},
    "cover": frozenset({"open_cover", "close_cover", "stop_cover", "toggle", "set_cover_position"}),
    "valve": frozenset({"open_valve", "close_valve", "stop_valve", "toggle", "set_valve_position"}),
    "lock": frozenset({"lock", "unlock", "open", "toggle"}),
    "climate": _SWITCHED | {"set_temperature", "set_hvac_mode"},
    "media_player": _SWITCHED
    | {"media_play", "media_pause", "media_stop", "media_next_track", "media_previous_track"}
    | {"volume_set", "volume_mute", "play_media"},
    "vacuum": frozenset({"start", "pause", "stop", "return_to_base"}),
    "scene": frozenset({"turn_on"}),
    "script": frozenset({"turn_on"}),
    "button": frozenset({"press"}),
    "alarm_control_panel": frozenset({"alarm_arm_home", "alarm_arm_away", "alarm_disarm"}),
}
"""What can be asked of an entity of each domain, in Home Assistant's words; one entity may accept less."""

REQUIRED_DATA: Final[Mapping[str, str]] = {
    "set_percentage": "percentage",
    "set_cover_position": "position",
    "set_valve_position": "position",
    "set_temperature": "temperature",
    "set_hvac_mode": "hvac_mode",
    "volume_set": "volume_pct",
    "volume_mute": "is_volume_muted",
    "play_media": "media_id",
}
"""The one datum without which a service means nothing."""


@dataclass(frozen=True, slots=True)
class Command:
    """Call one service of one entity; see `SERVICES`.

    Data: for `turn_on` of a light `brightness_pct`, `rgb_color`, `color_temp_kelvin`; for `set_percentage`
    `percentage`; for `set_cover_position` and `set_valve_position` `position`; for `set_temperature`
    `temperature`; for `set_hvac_mode` `hvac_mode`; for `volume_set` `volume_pct`; for `volume_mute`
    `is_volume_muted`; for `play_media` `media_id`. Units are those of `Entity.attributes`.
    """

    entity_id: str
    service: str
    data: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """Why a command cannot be put into an entity's dialect."""

    command: Command
    reason: Why
