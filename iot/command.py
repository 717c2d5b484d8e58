"""One order to one entity."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from paige.iot.cause import Why
from paige.iot.entity import AttributeValue


@dataclass(frozen=True, slots=True)
class Command:
    """Call one service of one entity, in Home Assistant's vocabulary of services.

    light: `turn_on`, `turn_off`, `toggle`; data `brightness_pct`, `rgb_color`, `color_temp_kelvin`
    switch, input_boolean, siren: `turn_on`, `turn_off`, `toggle`
    fan: `turn_on`, `turn_off`, `toggle`, `set_percentage` (data `percentage`)
    cover: `open_cover`, `close_cover`, `stop_cover`, `toggle`, `set_cover_position` (data `position`)
    valve: `open_valve`, `close_valve`, `stop_valve`, `set_valve_position` (data `position`)
    lock: `lock`, `unlock`, `open`
    climate: `turn_on`, `turn_off`, `set_temperature` (data `temperature`), `set_hvac_mode` (data `hvac_mode`)
    media_player: `turn_on`, `turn_off`, `toggle`, `media_play`, `media_pause`, `media_stop`,
        `media_next_track`, `media_previous_track`, `volume_set` (data `volume_pct`), `volume_mute`
        (data `is_volume_muted`), `play_media` (data `media_id`)
    vacuum: `start`, `pause`, `stop`, `return_to_base`
    scene, script: `turn_on`; button: `press`
    alarm_control_panel: `alarm_arm_home`, `alarm_arm_away`, `alarm_disarm`

    Units are those of `Entity.attributes`.
    """

    entity_id: str
    service: str
    data: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """Why a command cannot be put into an entity's dialect."""

    command: Command
    reason: Why
