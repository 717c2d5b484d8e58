"""A broker inside this process, for the demo and for tests."""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from amqtt.broker import Broker
from amqtt.errors import BrokerError

LOOPBACK = "127.0.0.1"
GOODBYE_SECONDS = 5.0


class _Subscriptions(dict[str, Any]):
    """Subscriptions that may change while they are gone through.

    amqtt 0.12 waits for the network in the middle of going through them, and hangs up on a client that joins
    while another one subscribes.
    """

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().__iter__()))

    def items(self) -> Any:  # noqa: ANN401 # a list where a dictionary gives a view
        return list(super().items())


class _Broker(Broker):  # type: ignore[misc] # amqtt publishes no types
    """Knows its connections, to end them before it stops.

    amqtt 0.12 asks a connection's reader to end by cancelling it, and waits without limit; a reader that has
    just got a packet takes no notice of that. One whose connection is gone always ends.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._writers: set[StreamWriter] = set()
        self._subscriptions = _Subscriptions()

    async def stream_connected(self, reader: StreamReader, writer: StreamWriter, listener_name: str) -> None:
        """Serve one client."""
        self._writers.add(writer)
        try:
            await super().stream_connected(reader, writer, listener_name)
        finally:
            self._writers.discard(writer)

    async def shutdown(self) -> None:
        """Hang up on everyone and stop."""
        for writer in self._writers:
            writer.transport.abort()
        # Not asyncio.timeout: that of Python 3.11.2 does not time out in a cancelled task.
        ending = asyncio.create_task(super().shutdown())
        try:
            await asyncio.wait([ending], timeout=GOODBYE_SECONDS)
        finally:
            ending.cancel()
        for server in self._servers.values():
            if server.instance is not None:
                server.instance.close()  # whatever has kept the rest from ending, the port is free again
        if ending.done():
            ending.result()  # raises what went wrong

    def listening_port(self) -> int:
        """The port of its listener."""
        port: int = self._servers["default"].instance.sockets[0].getsockname()[1]
        return port


class EmbeddedBroker:
    """An MQTT 3.1.1 broker on a loopback port; an asynchronous context manager.

    It keeps everything in memory and nothing on disk, publishes no statistics, asks for no login, and is
    heard by this machine alone.
    """

    def __init__(self, port: int = 0) -> None:
        """Prepare a broker on `port`; 0 for one that is free."""
        self._port = port
        self._broker: _Broker | None = None

    @property
    def host(self) -> str:
        """Where it listens."""
        return LOOPBACK

    @property
    def port(self) -> int:
        """The port it listens on, once entered."""
        return self._port

    async def __aenter__(self) -> Self:
        """Start to listen.

        Raises:
            OSError: the port is taken.
        """
        for name in ("amqtt", "transitions"):
            # They report every coming and going of a client; what fails is raised, or seen by the client.
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._broker = _Broker(
            {
                "listeners": {"default": {"type": "tcp", "bind": f"{LOOPBACK}:{self._port}"}},
                "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
            }
        )
        try:
            await self._broker.start()
        except BrokerError as error:
            raise OSError(
                f"No broker can listen on {LOOPBACK}:{self._port}: {error.__cause__ or error}"
            ) from None
        self._port = self._broker.listening_port()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up on everyone and stop."""
        if self._broker is not None:
            await self._broker.shutdown()
            self._broker = None
