"""A Wyoming server: others use what is here."""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self

from wyoming.error import Error
from wyoming.event import Event

from paige.device.errors import PeerInvalid, PortUnusable
from paige.device.satellites.framing import read_event, write_event
from paige.device.satellites.limits import Limits

_log = logging.getLogger(__name__)

Send = Callable[[Event], Awaitable[None]]
"""Sends an event to a client; raises as `write_event` does, and then the client is hung up on."""


class Session(Protocol):
    """One client."""

    @property
    def patience(self) -> float:
        """Seconds within which it has to begin its next event."""
        ...

    async def handle(self, event: Event) -> None:
        """Do as an event says.

        Raises:
            PeerInvalid: It cannot be done.
        """
        ...

    async def close(self) -> None:
        """It has gone."""
        ...


class WyomingServer:
    """Serves any number of clients at once, each for itself; an asynchronous context manager.

    Args:
        open_session: Begins with a client, by its name.
        host: The address to listen at; None for all of this machine.
        port: The port; 0 for one that is free.
        limits: How much a client may ask for.
        setting: Where the port is chosen.
    """

    def __init__(
        self,
        open_session: Callable[[str, Limits, Send], Session],
        *,
        host: str | None,
        port: int,
        limits: Limits | None = None,
        setting: str = "satellites.wyoming_port",
    ) -> None:
        self._open_session = open_session
        self._host = host
        self._port = port
        self._limits = limits or Limits()
        self._setting = setting
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens, once entered."""
        return self._port

    async def __aenter__(self) -> Self:
        """Begin to listen.

        Raises:
            PortUnusable: The port is taken, or the address is none of this machine.
        """
        try:
            self._server = await asyncio.start_server(
                self._accept, self._host, self._port, limit=self._limits.header
            )
        except OSError as error:
            what = f"Wyoming cannot be served on port {self._port}"
            raise PortUnusable.because(error, what, self._setting) from error
        self._port = self._server.sockets[0].getsockname()[1]
        _log.info("Wyoming is served on port %d", self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up on everyone."""
        assert self._server is not None
        self._server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        client = asyncio.create_task(self._serve(reader, writer), name="wyoming-client")
        self._clients.add(client)
        client.add_done_callback(self._clients.discard)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        name = _name(writer)

        async def send(event: Event) -> None:
            try:
                await write_event(event, writer, self._limits)
            except (PeerInvalid, OSError):
                writer.transport.abort()  # whoever reads notices
                raise

        session = self._open_session(name, self._limits, send)
        try:
            if len(self._clients) > self._limits.clients:
                raise PeerInvalid(f"{self._limits.clients} others are served already")
            while (event := await read_event(reader, self._limits, session.patience)) is not None:
                await session.handle(event)
        except PeerInvalid as invalid:
            _log.warning("the Wyoming client %s is hung up on: %s", name, invalid)
            with suppress(PeerInvalid, OSError):
                await send(_complaint(str(invalid)))
        except OSError as error:
            _log.info("the Wyoming client %s has gone: %s", name, error.strerror or error)
        except Exception:  # noqa: BLE001  # a mistake of ours with one client must not take the others'
            _log.exception("the Wyoming client %s could not be answered", name)
            with suppress(PeerInvalid, OSError):
                await send(_complaint("it could not be done; the log says why"))
        finally:
            writer.close()
            await session.close()


def _complaint(reason: str) -> Event:
    """What a client is told before it is hung up on."""
    return Error(reason).event()


def _name(writer: StreamWriter) -> str:
    address = writer.get_extra_info("peername")
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else "unknown"
