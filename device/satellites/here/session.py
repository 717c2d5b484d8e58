"""One client of a satellite: its hub, or somebody who only asks what it is."""

import logging
from typing import Final

from wyoming.event import Event
from wyoming.info import Describe, Info, Satellite, WakeModel, WakeProgram
from wyoming.ping import Ping, Pong
from wyoming.satellite import RunSatellite

from paige.device.config.phrase import parse_phrase
from paige.device.config.schema import Config
from paige.device.errors import PeerInvalid
from paige.device.satellites.artifact import artifact
from paige.device.satellites.here.role import Role
from paige.device.satellites.limits import Limits
from paige.device.satellites.server import Send

_log = logging.getLogger(__name__)

SILENCE_SECONDS: Final = 7.0
"""Without any event of a hub that pings: it is gone, whatever the network says. Hubs ping every two."""


class HubSession:
    """A client is the hub from its `run-satellite` on; there is one at a time.

    Args:
        role: What the satellite does.
        info: What it is.
        name: The client's.
        limits: How much the client may ask for.
        send: Takes what it is told.
    """

    def __init__(self, role: Role, info: Info, name: str, limits: Limits, send: Send) -> None:
        self._role = role
        self._info = info
        self._name = name
        self._limits = limits
        self._send = send
        self._pings = False

    @property
    def patience(self) -> float:
        """Seconds within which it has to begin its next event."""
        return SILENCE_SECONDS if self._pings else self._limits.idle_seconds

    async def handle(self, event: Event) -> None:
        """Do as an event says.

        Raises:
            PeerInvalid: It cannot be done.
        """
        if Describe.is_type(event.type):
            await self._send(self._info.event())
        elif Ping.is_type(event.type):
            self._pings = True
            await self._send(Pong(text=event.data.get("text")).event())
        else:
            if RunSatellite.is_type(event.type):
                self._begin()
            if self._role.hub is self:
                await self._role.told(event)

    def _begin(self) -> None:
        if self._role.hub is not self:
            if not self._role.came(self):
                raise PeerInvalid("another hub uses this satellite")
            _log.info("the hub at %s uses this satellite", self._name)

    async def send(self, event: Event) -> None:
        """Send it an event; one that does not take it is hung up on."""
        try:
            await self._send(event)
        except (PeerInvalid, OSError) as error:
            _log.warning("the hub at %s is lost: %s", self._name, error)
            self._role.went(self)

    async def close(self) -> None:
        """It has gone."""
        if self._role.hub is self:
            _log.info("the hub at %s has gone", self._name)
            self._role.went(self)


def describe(config: Config, host: str) -> Info:
    """What the satellite is, in Wyoming's words.

    Args:
        config: Everything that can be set.
        host: What this machine is called.
    """
    name, words = f"Paige {config.house.area or host}", []
    if config.wake.mode == "word":
        words = [parse_phrase(text)[0] for text in config.wake.words]
    models = [WakeModel(**artifact(word), languages=[config.house.language], phrase=word) for word in words]
    return Info(
        wake=[WakeProgram(**artifact("Paige"), models=models)] if models else [],
        satellite=Satellite(
            **artifact(name),
            area=config.house.area,
            has_vad=False,
            active_wake_words=words,
            max_active_wake_words=len(words),
        ),
    )
