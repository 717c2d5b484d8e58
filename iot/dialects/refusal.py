"""Why an entity cannot do what a command asks, in words that fit every dialect."""

from paige.iot.command import Command
from paige.iot.entity import AttributeValue, Entity

_SERVICE_REASONS = {
    "turn_on": "it cannot be turned on",
    "turn_off": "it cannot be turned off",
    "toggle": "it cannot be toggled",
    "set_percentage": "its speed cannot be set",
    "open_cover": "it cannot be opened",
    "close_cover": "it cannot be closed",
    "stop_cover": "it cannot be stopped",
    "set_cover_position": "its position cannot be set",
    "open_valve": "it cannot be opened",
    "close_valve": "it cannot be closed",
    "stop_valve": "it cannot be stopped",
    "set_valve_position": "its position cannot be set",
    "lock": "it cannot be locked",
    "unlock": "it cannot be unlocked",
    "open": "it cannot be opened",
    "set_temperature": "its temperature cannot be set",
    "set_hvac_mode": "its mode cannot be set",
    "media_play": "it cannot play",
    "media_pause": "it cannot be paused",
    "media_stop": "it cannot be stopped",
    "media_next_track": "it cannot skip",
    "media_previous_track": "it cannot go back",
    "volume_set": "its volume cannot be set",
    "volume_mute": "it cannot be muted",
    "play_media": "it cannot choose what to play",
    "start": "it cannot be started",
    "pause": "it cannot be paused",
    "stop": "it cannot be stopped",
    "return_to_base": "it cannot be sent home",
    "press": "it cannot be pressed",
}

_FEATURE_REASONS = {
    "brightness_pct": "it cannot be dimmed",
    "rgb_color": "its colour cannot be changed",
    "color_temp_kelvin": "its colour temperature cannot be changed",
}

_REQUIRED_DATA = {
    "set_percentage": "percentage",
    "set_cover_position": "position",
    "set_valve_position": "position",
    "set_temperature": "temperature",
    "set_hvac_mode": "hvac_mode",
    "volume_set": "volume_pct",
    "volume_mute": "is_volume_muted",
    "play_media": "media_id",
}

_WORDS = frozenset({"hvac_mode", "media_id"})
_COLORS = frozenset({"rgb_color"})
_FLAGS = frozenset({"is_volume_muted"})


def refusal(entity: Entity, command: Command) -> str | None:
    """Why `entity` cannot carry out `command`, as a clause; None where nothing speaks against it.

    A service must be one of the entity's; a light's adjustment must be one of its features; what a service
    needs must be there and of its kind: a number, a word, a colour of three parts from 0 to 255.
    """
    if command.service not in entity.services:
        return _SERVICE_REASONS.get(command.service, "it cannot do that")
    for key, value in command.data.items():
        if key in _FEATURE_REASONS and key not in entity.features:
            return _FEATURE_REASONS[key]
        if not _fits(key, value):
            return f"{key.replace('_', ' ')} cannot be {value}"
    missing = _REQUIRED_DATA.get(command.service)
    if missing is not None and missing not in command.data:
        return f"no {missing.replace('_', ' ')} was given"
    return None


def _fits(key: str, value: AttributeValue) -> bool:
    if key in _COLORS:
        return isinstance(value, tuple) and len(value) == 3 and all(0 <= part <= 255 for part in value)
    if key in _WORDS:
        return isinstance(value, str)
    if key in _FLAGS:
        return isinstance(value, bool)
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")
