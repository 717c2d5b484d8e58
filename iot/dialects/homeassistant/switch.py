"""Switches, sirens and humidifiers: what is on or off."""

from paige.iot.dialects.homeassistant.component import (
    Component,
    Encode,
    Take,
    offered,
    readers,
    sends,
    states,
    toggles,
)
from paige.iot.dialects.homeassistant.settings import Order, Settings

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
    """A siren; its tones and volume stay as they are."""
    order = settings.order("command_topic", "command_template", "state", "tone", "duration", "volume_level")
    channel = settings.channel("state_topic", "state_value_template", "value_template")
    return Component(readers((channel, on_off(settings))), on_off_services(settings, order))


def humidifier(settings: Settings) -> Component:
    """A humidifier, to be turned on and off."""
    channel = settings.channel("state_topic", "state_value_template", "value_template")
    return Component(
        readers((channel, on_off(settings))),
        on_off_services(settings, settings.order("command_topic", "command_template")),
    )
