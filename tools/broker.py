"""A broker inside this process, for the demo and for tests."""

import logging
from types import TracebackType
from typing import Self

from amqtt.broker import Broker
from amqtt.errors import BrokerError

LOOPBACK = "127.0.0.1"


class EmbeddedBroker:
    """An MQTT 3.1.1 broker on a loopback port; an asynchronous context manager.

    It keeps everything in memory and nothing on disk, publishes no statistics, asks for no login, and is
    heard by this machine alone.
    """

    def __init__(self, port: int = 0) -> None:
        """Prepare a broker on `port`; 0 for one that is free."""
        self._port = port
        self._broker: Broker | None = None

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
        self._broker = Broker(
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
        self._port = self._listening_port(self._broker)
        return self

    @staticmethod
    def _listening_port(broker: Broker) -> int:
        server = broker._servers["default"].instance  # noqa: SLF001 # it has no other way to say its port
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up on everyone and stop."""
        if self._broker is not None:
            await self._broker.shutdown()
            self._broker = None
