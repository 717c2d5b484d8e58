"""Serves the page over HTTP, within limits."""

import asyncio
import errno
import logging
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, cast

from microdot.microdot import Request

from paige.device.errors import PortUnusable
from paige.device.page.address import PageAddress
from paige.device.page.app import PageApp

_log = logging.getLogger(__name__)


_FREE_BIND: Final = {socket.AF_INET: (socket.SOL_IP, 15), socket.AF_INET6: (socket.IPPROTO_IPV6, 78)}
"""`IP_FREEBIND` and `IPV6_FREEBIND` (ip(7), linux/in6.h), which Python does not name."""


@dataclass(frozen=True, slots=True)
class PageLimits:
    """Bounds that no browser comes near to; who crosses one is hung up on, alone."""

    clients: int = 32
    """Connections at a time."""
    head: int = 16 * 1024
    """Bytes of a request before its body; microdot allows as many of the body."""
    request_seconds: float = 10.0
    """Until a request is there, and for a browser to take a part of the answer."""
    buffer: int = 64 * 1024
    """Bytes that wait in the kernel for a browser to take them."""


class PageServer:
    """Serves any number of browsers, up to a bound; an asynchronous context manager.

    Microdot reads requests and finds who answers them. It knows no limits of time and of a request's whole
    head, so the connections are ours.

    Args:
        app: What is answered.
        address: Where to serve.
        limits: How much a browser may ask for.
    """

    def __init__(self, app: PageApp, address: PageAddress, limits: PageLimits | None = None) -> None:
        self._app = app
        self._address = address
        self._limits = limits or PageLimits()
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens, once entered."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        """Begin to listen, at once or as soon as this machine has the address: its network may come later.

        Raises:
            PortUnusable: The port is taken.
        """
        address, url = self._address, self._address.url(socket.gethostname())
        try:
            try:
                self._server = await self._start(host=address.host, port=address.port)
                _log.info("the page is served at %s", url)
            except OSError as error:
                # From Python 3.13 on it has no number; nothing else comes without one.
                if error.errno not in (errno.EADDRNOTAVAIL, None):
                    raise
                self._server = await self._start(sock=_bound_ahead(address))
                _log.warning("the page is served at %s as soon as this machine has that address", url)
        except OSError as error:
            what = f"the page cannot be served at {address.host}, port {address.port}"
            raise PortUnusable.because(error, what, "page.listen") from error
        return self

    def _start(self, **where: Any) -> Coroutine[Any, Any, asyncio.Server]:  # noqa: ANN401  # asyncio's own
        return asyncio.start_server(self._accept, limit=self._limits.head, **where)

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
        if len(self._clients) >= self._limits.clients:
            writer.transport.abort()
            return
        client = asyncio.create_task(self._serve(reader, writer), name="page-client")
        self._clients.add(client)
        client.add_done_callback(self._clients.discard)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        answer: Any = None
        try:
            request = await self._read(reader, writer)
            # Of what was no request it makes the answer 400.
            answer = await self._app.routes.dispatch_request(cast("Request", request))
            # It writes with awrite alone.
            await answer.write(cast("StreamWriter", _Outgoing(writer, self._limits)))
        except (OSError, EOFError) as error:
            _log.debug("a browser has gone: %s", error)
        except Exception:  # noqa: BLE001  # a mistake of ours with one browser must not take the others'
            _log.exception("a browser could not be answered")
        finally:
            body: Any = getattr(answer, "body", None)
            if hasattr(body, "aclose"):
                await body.aclose()
            writer.close()

    async def _read(self, reader: StreamReader, writer: StreamWriter) -> Request | None:
        """The request of a connection; None where it is none.

        Raises:
            OSError: It does not come in time.
            EOFError: It ends too soon.
        """
        peer = writer.get_extra_info("peername") or ("unknown", 0)
        incoming = cast("StreamReader", _Incoming(reader, self._limits.head))
        try:
            async with asyncio.timeout(self._limits.request_seconds):
                return await Request.create(self._app.routes, incoming, writer, peer)
        except (ValueError, IndexError) as error:
            _log.debug("what %s sends is no request: %s", peer[0], error)
            return None


class _Incoming:
    """What comes of one request, and no more than a request's head may have."""

    def __init__(self, reader: StreamReader, most: int) -> None:
        self._reader = reader
        self._left = most

    async def readline(self) -> bytes:
        line = await self._reader.readline()
        self._left -= len(line)
        if self._left < 0:
            raise ValueError("its head is too long")
        if not line.endswith(b"\n"):
            raise EOFError("it ends too soon")
        return line

    async def readexactly(self, count: int) -> bytes:
        return await self._reader.readexactly(count)

    async def read(self, count: int) -> bytes:
        return await self._reader.read(count)


class _Outgoing:
    """What goes to one browser, as far as it takes it in time."""

    def __init__(self, writer: StreamWriter, limits: PageLimits) -> None:
        self._writer = writer
        self._seconds: Final = limits.request_seconds
        writer.transport.set_write_buffer_limits(high=0)
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.buffer)

    async def awrite(self, data: bytes) -> None:
        """Write it all, or hang up.

        Raises:
            ConnectionResetError: The browser does not take it.
        """
        self._writer.write(data)
        try:
            async with asyncio.timeout(self._seconds):
                await self._writer.drain()
        except TimeoutError:
            self._writer.transport.abort()
            raise ConnectionResetError(errno.ECONNRESET, "it takes nothing any more") from None


def _bound_ahead(address: PageAddress) -> socket.socket:
    """A socket at an address that this machine does not have yet.

    Raises:
        OSError: The port is taken.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(*_FREE_BIND[family], 1)
        bound.bind((address.host, address.port))
    except OSError:
        bound.close()
        raise
    return bound
