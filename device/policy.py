"""The policy of the configuration."""

from paige.device.config.schema import Policy as Configured
from paige.iot.entity import Entity
from paige.iot.policy import Policy


def policy(configured: Configured) -> Policy:
    """Its rules, as commands are measured by."""
    return Policy.parse(configured.confirm, configured.forbid, configured.allow)


def unasked(covers: tuple[Entity, ...]) -> str:
    """What is to be known of covers of which nobody said what they are."""
    names = ", ".join(f"{cover.name} ({cover.id})" for cover in covers)
    return f"opened without asking, as nobody said what they are: {names}"
