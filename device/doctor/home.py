"""What is reached over the network: the broker, and the devices behind it."""

import asyncio
import contextlib

from paige.device.broker import link_options
from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, warning, wrong
from paige.device.policy import policy, unasked
from paige.iot.errors import HomeInvalid, LinkDown
from paige.iot.home import Home
from paige.iot.home_file import HomeDescription, load_home
from paige.iot.link import MqttLink
from paige.iot.link_options import LinkOptions
from paige.iot.registry import Registry

BROKER_SECONDS = 8.0
"""How long a broker has to accept us."""

DEVICES_SECONDS = 10.0
"""How long devices have to introduce themselves."""


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


def devices(loaded: Loaded) -> Finding:
    """What devices say of themselves, and what somebody has to say for them."""
    path = loaded.config.house.home
    try:
        described = HomeDescription() if path is None else load_home(path)
        home = asyncio.run(_devices(loaded, described))
    except (HomeInvalid, LinkDown):
        return warning(
            "not looked at: the broker or the home description cannot be used", "correct that first"
        )
    entities = home.registry.entities
    if covers := policy(loaded.config.policy).unclassified_covers(entities):
        return warning(
            unasked(covers),
            "give each its device_class in the file that house.home names: garage, gate and door are asked "
            "about first, and blind, curtain or shutter are not",
        )
    if home.misunderstood:
        first = home.misunderstood[0]
        return warning(
            f"{len(entities)} entities; of what was said, {len(home.misunderstood)} messages cannot be "
            f"understood, such as {first.topic}: {first.reason}",
            "see whether those devices are set up as their makers mean it",
        )
    silent = sum(entity.dialect is None for entity in entities)
    unknown = f", and {silent} that are described and have not been heard of" if silent else ""
    return ok(f"{len(entities) - silent} entities speak over MQTT{unknown}")


async def _devices(loaded: Loaded, described: HomeDescription) -> Home:
    # Here, because templates of devices take their time to load, and help needs none.
    from paige.device.dialects import dialects

    mqtt = loaded.config.mqtt
    async with MqttLink(link_options(mqtt)) as link:
        await link.connected(BROKER_SECONDS)
        async with Home(link, Registry(described), dialects(mqtt, described.bindings)) as home:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DEVICES_SECONDS):
                    await home.ready()
    return home
