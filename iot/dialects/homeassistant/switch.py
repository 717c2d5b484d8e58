"""Switches, sirens and humidifiers: what is on or off."""

import json

from paige.iot.command import Command
from paige.iot.dialects.homeassistant.component import (
    NOTHING,
    Component,
    Encode,
    Encoded,
    Take,
    readers,
    sends,
    states,
    toggles,
)
from paige.iot.dialects.homeassistant.settings import Order, Settings
from paige.iot.dialects.payload import json_object
from paige.iot.dialects.report import Known, Report
from paige.iot.dialects.services import offered

ON = frozenset({"on"})


def on_off(settings: Settings) -> Take:
    """Reads on and off, in the words that the device uses for its states, else for its commands."""
    return states(
        {
            settings.text("state_on", settings.text("payload_on", "ON")): "on",
            settings.text("state_off", settings.text("payload_off", "OFF")): "off",
        }
    )


def on_off_services(settings: Settings, order: Order | None) -> dict[str, Encode]:
    """`turn_on`, `turn_off`, `toggle`, where the device has what they need."""
    on = sends(order, settings.payload("payload_on", "ON"))
    off = sends(order, settings.payload("payload_off", "OFF"))
    return offered({"turn_on": on, "turn_off": off, "toggle": toggles(on, off, ON)})


def switch(settings: Settings) -> Component:
    """A switch."""
    return Component(
        readers((settings.channel("state_topic", "value_template"), on_off(settings))),
        on_off_services(settings, settings.order("command_topic", "command_template")),
    )


def siren(settings: Settings) -> Component:
    """A siren; its tones and volume stay as they are. It takes JSON, unless it has a template."""
    variables = ("state", "tone", "duration", "volume_level")
    order = settings.order("command_topic", "command_template", *variables)
    order_off = settings.order("command_topic", "command_off_template", *variables)
    if "command_off_template" not in settings:
        order_off = order
    on = _sounds(order, settings.text("payload_on", "ON"))
    off = _sounds(order_off, settings.text("payload_off", "OFF"))
    channel = settings.channel("state_topic", "state_value_template", "value_template")
    return Component(
        readers((channel, _sounding(on_off(settings)))),
        offered({"turn_on": on, "turn_off": off, "toggle": toggles(on, off, ON)}),
    )


def _sounds(order: Order | None, payload: str) -> Encode | None:
    if order is None:
        return None
    value = payload if order.template is not None else json.dumps({"state": payload})

    def encode(command: Command, known: Known) -> Encoded:
        return (order.write(value, state=payload),)

    return encode


def _sounding(on_off: Take) -> Take:
    """Reads the state of a siren, which is a word, or a member of a JSON object."""

    def take(said: str, known: Known) -> Report | None:
        if not said.startswith("{"):
            return on_off(said, known)
        state = json_object(said).get("state", "")
        return on_off(NOTHING if state is None else str(state), known) if state != "" else None

    return take


def humidifier(settings: Settings) -> Component:
    """A humidifier, to be turned on and off."""
    channel = settings.channel("state_topic", "state_value_template", "value_template")
    return Component(
        readers((channel, on_off(settings))),
        on_off_services(settings, settings.order("command_topic", "command_template")),
    )
