"""Which intents act on entities, and what each of them asks of one: Home Assistant's intents as services."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from paige.iot.abilities import CANNOT, Ability, Order, can, number, percent, plain, silent, whole
from paige.iot.color_names import rgb
from paige.iot.entity import AttributeValue, Entity
from paige.iot.resolution import Reason
from paige.iot.steps import brighter, faster, further, louder, warmer
from paige.iot.units import TemperatureUnit, to_celsius
from paige.models.intent import Intent

_ON: Final[Mapping[str, str]] = {
    "cover": "open_cover",
    "valve": "open_valve",
    "lock": "lock",
    "button": "press",
    "vacuum": "start",
    "alarm_control_panel": "alarm_arm_away",
}
_OFF: Final[Mapping[str, str]] = {
    "cover": "close_cover",
    "valve": "close_valve",
    "lock": "unlock",
    "vacuum": "return_to_base",
    "alarm_control_panel": "alarm_disarm",
}
_ACTING: Final = frozenset(
    {"open", "opening", "on", "unlocked", "unlocking", "playing", "paused", "idle", "cleaning"}
)
_RESTING: Final = frozenset(
    {"closed", "closing", "off", "standby", "locked", "locking", "docked", "returning"}
)

SWITCHED: Final = frozenset(
    {"light", "switch", "fan", "media_player", "climate", "input_boolean", "humidifier", "siren"}
)
"""What is meant by everything in a room: locks, doors and valves are not."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What an intent does."""

    order: Order
    domains: frozenset[str]
    """Whom it can be about, where the intent does not say."""
    needs: tuple[str, ...] = ()
    """Slots without which it means nothing."""
    active: tuple[str, ...] = ()
    """Of several that nobody named, those in one of these states are meant."""
    local: bool = False
    """Where nobody said a place, it is about that of the speaker."""
    lone: bool = False
    """As `local`, and the only one of the house is meant where none is near."""
    while_active: bool = False
    """It means nothing to one that is not `active`."""


def _switch(services: Mapping[str, str], default: str) -> Order:
    def order(_intent: Intent, entity: Entity, _unit: TemperatureUnit) -> Ability:
        return plain(entity, services.get(entity.domain, default))

    return order


def _service(*services: str) -> Order:
    """The first of these services that the entity has."""

    def order(_intent: Intent, entity: Entity, _unit: TemperatureUnit) -> Ability:
        usable = [service for service in services if can(entity, service)]
        return plain(entity, usable[0]) if usable else CANNOT

    return order


def _toggle(intent: Intent, entity: Entity, unit: TemperatureUnit) -> Ability:
    """The opposite of its state: said once more, a plain order does no harm. Without a state, a toggle."""
    if entity.state in _ACTING | _RESTING:
        return TURN_OFF(intent, entity, unit) if _is_on(entity) else TURN_ON(intent, entity, unit)
    if "toggle" in entity.services:
        return plain(entity, "toggle")
    return Ability(None, Reason.UNKNOWN_STATE) if entity.state is None else CANNOT


def _is_on(entity: Entity) -> bool:
    # HassTurnOn locks a lock, so a locked one is what is on.
    return (entity.state in _ACTING) != (entity.domain == "lock")


def _light(intent: Intent, entity: Entity, _unit: TemperatureUnit) -> Ability:
    data: dict[str, AttributeValue] = {}
    if any(slot in intent.slots and number(intent, slot) is None for slot in ("brightness", "temperature")):
        return CANNOT
    if (brightness := number(intent, "brightness")) is not None:
        data["brightness_pct"] = percent(brightness)
    if "color" in intent.slots:
        data["rgb_color"] = rgb(str(intent.slots["color"]))
    if (kelvin := number(intent, "temperature")) is not None:
        data["color_temp_kelvin"] = whole(kelvin)
    if data.get("brightness_pct") == 0:
        return plain(entity, "turn_off")
    possible = None not in data.values() and data.keys() <= entity.features
    return plain(entity, "turn_on", data) if possible or silent(entity) else CANNOT


def _position(intent: Intent, entity: Entity, _unit: TemperatureUnit) -> Ability:
    said = number(intent, "position")
    if said is None:
        return CANNOT
    position = percent(said)
    kind = "valve" if entity.domain == "valve" else "cover"
    if can(entity, f"set_{kind}_position"):
        return plain(entity, f"set_{kind}_position", {"position": position})
    end = {0: f"close_{kind}", 100: f"open_{kind}"}.get(round(position))
    return plain(entity, end) if end is not None else CANNOT


def _fan_speed(intent: Intent, entity: Entity, _unit: TemperatureUnit) -> Ability:
    said = number(intent, "percentage")
    if said is None:
        return CANNOT
    percentage = percent(said)
    if percentage == 0:
        return plain(entity, "turn_off")
    return plain(entity, "set_percentage", {"percentage": percentage})


def _target_temperature(intent: Intent, entity: Entity, unit: TemperatureUnit) -> Ability:
    temperature = number(intent, "temperature")
    if temperature is None:
        return CANNOT
    said = str(intent.slots.get("temperature_unit", unit))
    unit = TemperatureUnit(said) if said in set(TemperatureUnit) else unit
    degrees = to_celsius(temperature, unit)
    return plain(entity, "set_temperature", {"temperature": whole(float(degrees))})


def _volume(intent: Intent, entity: Entity, _unit: TemperatureUnit) -> Ability:
    level = number(intent, "volume_level")
    return CANNOT if level is None else plain(entity, "volume_set", {"volume_pct": percent(level)})


def _mute(muted: bool) -> Order:
    def order(_intent: Intent, entity: Entity, _unit: TemperatureUnit) -> Ability:
        return plain(entity, "volume_mute", {"is_volume_muted": muted})

    return order


def _play(intent: Intent, entity: Entity, _unit: TemperatureUnit) -> Ability:
    return plain(entity, "play_media", {"media_id": str(intent.slots["search_query"])})


TURN_ON: Final = _switch(_ON, "turn_on")
TURN_OFF: Final = _switch(_OFF, "turn_off")

_MEDIA: Final = frozenset({"media_player"})
_PLAYING: Final = ("playing", "buffering")
_MOVING: Final = frozenset({"cover", "valve"})

DEEDS: Final[Mapping[str, Deed]] = {
    "HassTurnOn": Deed(TURN_ON, SWITCHED),
    "HassTurnOff": Deed(TURN_OFF, SWITCHED),
    "HassToggle": Deed(_toggle, SWITCHED),
    "HassLightSet": Deed(_light, frozenset({"light"}), local=True),
    "HassSetPosition": Deed(_position, _MOVING, ("position",), local=True),
    "HassStopMoving": Deed(_service("stop_cover", "stop_valve"), _MOVING, local=True),
    "HassFanSetSpeed": Deed(_fan_speed, frozenset({"fan"}), ("percentage",), local=True),
    "HassClimateSetTemperature": Deed(
        _target_temperature, frozenset({"climate"}), ("temperature",), lone=True
    ),
    "HassMediaPause": Deed(_service("media_pause"), _MEDIA, active=_PLAYING, lone=True, while_active=True),
    "HassMediaUnpause": Deed(_service("media_play"), _MEDIA, active=("paused",), lone=True),
    "HassMediaNext": Deed(
        _service("media_next_track"), _MEDIA, active=_PLAYING, lone=True, while_active=True
    ),
    "HassMediaPrevious": Deed(
        _service("media_previous_track"), _MEDIA, active=_PLAYING, lone=True, while_active=True
    ),
    "HassSetVolume": Deed(_volume, _MEDIA, ("volume_level",), active=_PLAYING, lone=True),
    "HassSetVolumeRelative": Deed(louder, _MEDIA, ("volume_step",), active=_PLAYING, lone=True),
    "HassMediaPlayerMute": Deed(_mute(True), _MEDIA, active=_PLAYING, lone=True),
    "HassMediaPlayerUnmute": Deed(_mute(False), _MEDIA, active=_PLAYING, lone=True),
    "HassMediaSearchAndPlay": Deed(_play, _MEDIA, ("search_query",), lone=True),
    "HassVacuumStart": Deed(_service("start"), frozenset({"vacuum"}), lone=True),
    "HassVacuumReturnToBase": Deed(_service("return_to_base"), frozenset({"vacuum"}), lone=True),
}

STEPS: Final[Mapping[str, Deed]] = {
    "HassLightSet": Deed(brighter, frozenset({"light"}), ("brightness_step",), active=("on",), local=True),
    "HassSetPosition": Deed(further, _MOVING, ("position_step",), local=True),
    "HassFanSetSpeed": Deed(faster, frozenset({"fan"}), ("percentage_step",), active=("on",), local=True),
    "HassClimateSetTemperature": Deed(warmer, frozenset({"climate"}), ("temperature_step",), lone=True),
}
"""What intents do that else set a level, where they say a step instead."""


def deed_of(intent: Intent) -> Deed | None:
    """What an intent does; None where it is no deed, or says too little to be one."""
    for deeds in (STEPS, DEEDS):
        deed = deeds.get(intent.name)
        if deed is not None and all(slot in intent.slots for slot in deed.needs):
            return deed
    return None
