"""Vacuum cleaners."""

from paige.iot.dialects.homeassistant.component import Component, readers, sends
from paige.iot.dialects.homeassistant.settings import Settings
from paige.iot.dialects.payload import json_object, percent, shown
from paige.iot.dialects.report import UNKNOWN, Known, Report
from paige.iot.dialects.services import offered
from paige.iot.entity import AttributeValue
from paige.iot.errors import ReportInvalid

_STATES = frozenset({"cleaning", "docked", "paused", "idle", "returning", "error"})
_SERVICES = {
    "start": ("start", "payload_start", "start"),
    "pause": ("pause", "payload_pause", "pause"),
    "stop": ("stop", "payload_stop", "stop"),
    "return_to_base": ("return_home", "payload_return_to_base", "return_to_base"),
}
"""Of each service: the feature that offers it, the option with its payload, that option's default."""


def vacuum(settings: Settings) -> Component:
    """A vacuum cleaner; its state is a JSON object."""
    order = settings.order("command_topic")
    features = settings.names("supported_features", ("start", "stop", "return_home"))
    services = {
        service: sends(order, settings.text(option, default)) if feature in features else None
        for service, (feature, option, default) in _SERVICES.items()
    }
    return Component(readers((settings.channel("state_topic"), _state)), offered(services))


def _state(said: str, known: Known) -> Report:
    values = json_object(said)
    attributes: dict[str, AttributeValue] = {}
    if values.get("battery_level") is not None:
        attributes["battery_level"] = percent(values["battery_level"])
    state = values.get("state", UNKNOWN) if "state" in values else None
    if state is not None and state not in _STATES:
        raise ReportInvalid(f"found {shown(state)}, expected one of {', '.join(sorted(_STATES))}")
    return Report(UNKNOWN if "state" in values and state is None else state, attributes)
