"""What only happens when told to: scenes and buttons."""

from paige.iot.dialects.homeassistant.component import Component, sends
from paige.iot.dialects.homeassistant.settings import Settings
from paige.iot.dialects.services import offered


def scene(settings: Settings) -> Component:
    """A scene."""
    return Component(
        services=offered(
            {"turn_on": sends(settings.order("command_topic"), settings.text("payload_on", "ON"))}
        )
    )


def button(settings: Settings) -> Component:
    """A button."""
    order = settings.order("command_topic", "command_template")
    return Component(services=offered({"press": sends(order, settings.text("payload_press", "PRESS"))}))
