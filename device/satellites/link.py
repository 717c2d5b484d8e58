"""A connection to one satellite that is up whenever the satellite is."""

import asyncio
import logging
import random
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from typing import Final

from wyoming.event import Event
from wyoming.info import Describe
from wyoming.ping import Ping, Pong
from wyoming.satellite import PauseSatellite, RunSatellite

from paige.device.errors import PeerInvalid
from paige.device.satellites.address import SatelliteAddress
from paige.device.satellites.framing import read_event, write_event
from paige.device.satellites.limits import Limits
from paige.iot.backoff import Backoff

_log = logging.getLogger(__name__)

PING_SECONDS: Final = 2.0
SILENCE_SECONDS: Final = 7.0
"""Without any event from a satellite that answers pings: it is gone, whatever the network says."""
CONNECT_SECONDS: Final = 10.0
STEADY_SECONDS: Final = 30.0
"""A connection that lasted this long ends a row of failures."""
BACKOFF: Final = Backoff(first=1.0, ceiling=2.0)
"""However long it was away: who stands before it should not wait, and an attempt costs nothing."""


class SatelliteLink:
    """Connects to a satellite, tells it that we are ready, and hands on what it sends.

    Args:
        address: Where it is.
        received: Takes each event but pings; what it raises ends the connection.
        changed: Told whenever the connection is up, and whenever it is lost.
        limits: How much it may send.
        backoff: The waits between attempts.
        chance: A number from 0 to 1, to scatter attempts.
    """

    def __init__(
        self,
        address: SatelliteAddress,
        received: Callable[[Event], None],
        changed: Callable[[bool], None],
        *,
        limits: Limits | None = None,
        backoff: Backoff = BACKOFF,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._address = address
        self._received = received
        self._changed = changed
        self._limits = limits or Limits()
        self._backoff = backoff
        self._chance = chance
        self._writer: StreamWriter | None = None
        self._answers = False
        """Whether it has answered a ping."""

    @property
    def connected(self) -> bool:
        """Whether something can be sent."""
        return self._writer is not None

    async def send(self, event: Event) -> bool:
        """Send an event; whether it left us. What cannot be sent now is not sent later."""
        writer = self._writer
        if writer is None:
            return False
        try:
            await write_event(event, writer, self._limits)
        except (PeerInvalid, OSError):
            writer.close()  # whoever reads notices
            return False
        return True

    async def stay_connected(self) -> None:
        """Connect again and again, until cancelled; then the satellite is told that we go."""
        failures, complaint = 0, ""
        while True:
            began = time.monotonic()
            reason = await self._one_connection()
            failures = 1 if time.monotonic() - began >= STEADY_SECONDS else failures + 1
            if reason != complaint:
                complaint = reason
                _log.warning("the satellite at %s %s; trying again", self._address, reason)
            await asyncio.sleep(self._backoff.delay(failures, self._chance()))

    async def _one_connection(self) -> str:
        """Connect and serve; gives why it ended."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    self._address.host, self._address.port, limit=self._limits.header
                )
        except TimeoutError:
            return f"has not answered for {CONNECT_SECONDS:g} seconds"
        except OSError as error:
            return f"cannot be reached: {error.strerror or error}"
        self._writer, self._answers = writer, False
        pinging = asyncio.create_task(self._ping(), name="satellite-ping")
        try:
            _log.info("connected to the satellite at %s", self._address)
            self._changed(True)
            await self.send(Describe().event())
            await self.send(RunSatellite().event())
            return await self._read(reader)
        except PeerInvalid as invalid:
            return f"is hung up on: {invalid}"
        except OSError as error:
            return f"is lost: {error.strerror or error}"
        finally:
            pinging.cancel()
            await self._say_goodbye(writer)

    async def _say_goodbye(self, writer: StreamWriter) -> None:
        try:
            if not writer.is_closing():
                await self.send(PauseSatellite().event())
        finally:
            self._writer = None
            writer.close()
            self._changed(False)

    async def _read(self, reader: StreamReader) -> str:
        while (event := await read_event(reader, self._limits, self._patience)) is not None:
            if Ping.is_type(event.type):
                await self.send(Pong(text=event.data.get("text")).event())
            elif Pong.is_type(event.type):
                self._answers = True
            else:
                self._received(event)
        return "has hung up"

    @property
    def _patience(self) -> float:
        return SILENCE_SECONDS if self._answers else self._limits.idle_seconds

    async def _ping(self) -> None:
        while True:
            await self.send(Ping().event())
            await asyncio.sleep(PING_SECONDS)
