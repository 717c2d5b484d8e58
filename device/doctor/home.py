"""What is reached over the network: the broker."""

import asyncio

from paige.device.broker import link_options
from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, wrong
from paige.iot.errors import LinkDown
from paige.iot.link import MqttLink
from paige.iot.link_options import LinkOptions

BROKER_SECONDS = 8.0
"""How long a broker has to accept us."""


def broker(loaded: Loaded) -> Finding:
    """Whether the broker lets us in with what is configured."""
    options = link_options(loaded.config.mqtt)
    try:
        asyncio.run(_connect(options))
    except LinkDown as down:
        what, _, remedy = str(down).rstrip(".").rpartition("; ")
        if what:
            return wrong(what, remedy)
        return wrong(remedy, "check the section mqtt of the configuration")
    secured = "encrypted" if options.tls else "not encrypted"
    return ok(f"{options.address} accepts us, {secured}")


async def _connect(options: LinkOptions) -> None:
    async with MqttLink(options) as link:
        await link.connected(BROKER_SECONDS)
