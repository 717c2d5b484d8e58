"""Why an entity cannot do what a command asks, in every dialect."""

from paige.iot.cause import Cause, Why
from paige.iot.command import REQUIRED_DATA, Command
from paige.iot.entity import AttributeValue, Entity

_FEATURES = frozenset({"brightness_pct", "rgb_color", "color_temp_kelvin"})

_WORDS = frozenset({"hvac_mode", "media_id"})
_COLORS = frozenset({"rgb_color"})
_FLAGS = frozenset({"is_volume_muted"})


def refusal(entity: Entity, command: Command) -> Why | None:
    """Why `entity` cannot carry out `command`; None where nothing speaks against it.

    A service must be one of the entity's; a light's adjustment must be one of its features; what a service
    needs must be there and of its kind: a number, a word, a colour of three parts from 0 to 255.
    """
    if command.service not in entity.services:
        return Why(Cause.NO_SERVICE, {"service": command.service})
    for key, value in command.data.items():
        if key in _FEATURES and key not in entity.features:
            return Why(Cause.NO_FEATURE, {"feature": key})
        if not _fits(key, value):
            return Why(Cause.WRONG_VALUE, {"key": key, "value": str(value)})
    missing = REQUIRED_DATA.get(command.service)
    if missing is not None and missing not in command.data:
        return Why(Cause.NO_VALUE, {"key": missing})
    return None


def _fits(key: str, value: AttributeValue) -> bool:
    if key in _COLORS:
        return isinstance(value, tuple) and len(value) == 3 and all(0 <= part <= 255 for part in value)
    if key in _WORDS:
        return isinstance(value, str)
    if key in _FLAGS:
        return isinstance(value, bool)
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")
