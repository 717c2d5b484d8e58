"""Locks and alarm panels: what guards a house."""

from paige.iot.cause import Cause, Why
from paige.iot.command import Command
from paige.iot.dialects.homeassistant.component import Component, Encode, Encoded, readers, sends, states
from paige.iot.dialects.homeassistant.settings import Order, Settings
from paige.iot.dialects.report import Known
from paige.iot.dialects.services import offered

_ALARM_STATES = (
    "disarmed",
    "armed_home",
    "armed_away",
    "armed_night",
    "armed_vacation",
    "armed_custom_bypass",
    "pending",
    "arming",
    "disarming",
    "triggered",
)


def lock(settings: Settings) -> Component:
    """A lock. One that wants a code with its commands refuses them: nobody says a code aloud."""
    order = settings.order("command_topic", "command_template", "code")
    words = {
        settings.text("state_locked", "LOCKED"): "locked",
        settings.text("state_unlocked", "UNLOCKED"): "unlocked",
        settings.text("state_locking", "LOCKING"): "locking",
        settings.text("state_unlocking", "UNLOCKING"): "unlocking",
        settings.text("state_jammed", "JAMMED"): "jammed",
    }
    # What the device calls by these words itself, such as unlocked by OPEN, comes first.
    words.setdefault(settings.text("state_open", "OPEN"), "open")
    words.setdefault(settings.text("state_opening", "OPENING"), "opening")
    services = {
        "lock": sends(order, settings.payload("payload_lock", "LOCK")),
        "unlock": sends(order, settings.payload("payload_unlock", "UNLOCK")),
        "open": sends(order, settings.payload("payload_open", "OPEN"))
        if "payload_open" in settings
        else None,
    }
    if "code_format" in settings:
        services = {name: _wants_code if encode else None for name, encode in services.items()}
    channel = settings.channel("state_topic", "value_template")
    return Component(readers((channel, states(words))), offered(services))


def alarm_control_panel(settings: Settings) -> Component:
    """An alarm panel. A command for which it wants a code is refused."""
    order = settings.order("command_topic", "command_template", "action", "code")
    features = settings.names("supported_features", ("arm_home", "arm_away"))
    coded = "code" in settings
    services: dict[str, Encode | None] = {
        "alarm_disarm": _alarm(
            order,
            settings.text("payload_disarm", "DISARM"),
            coded and settings.flag("code_disarm_required", True),
        )
    }
    for mode in ("home", "away"):
        if f"arm_{mode}" in features:
            payload = settings.text(f"payload_arm_{mode}", f"ARM_{mode.upper()}")
            services[f"alarm_arm_{mode}"] = _alarm(
                order, payload, coded and settings.flag("code_arm_required", True)
            )
    channel = settings.channel("state_topic", "value_template")
    return Component(readers((channel, states({word: word for word in _ALARM_STATES}))), offered(services))


def _alarm(order: Order | None, payload: str, wants_code: bool) -> Encode | None:
    if order is None:
        return None
    if wants_code:
        return _wants_code

    def encode(command: Command, known: Known) -> Encoded:
        return (order.write(payload, action=payload),)

    return encode


def _wants_code(command: Command, known: Known) -> Encoded:
    return Why(Cause.CODE_WANTED)
