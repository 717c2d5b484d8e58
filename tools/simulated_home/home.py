"""The simulated house on a broker: what it hears goes to its devices, what they say goes out."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterable
from typing import Final

import aiomqtt

from paige.iot.message import Message, Publication
from paige.tools.simulated_home.device import Fault, SimulatedDevice
from paige.tools.simulated_home.house import house

ANSWER_SECONDS: Final = 0.02
"""About what a lamp on the same network takes from a command to its report."""


class SimulatedHome:
    """A house of devices, joined to one broker.

    ```python
    async with SimulatedHome().joined("127.0.0.1", 1883) as home:
        await home.fail("Front Door", Fault.JAMMED)
    ```
    """

    def __init__(
        self, devices: Iterable[SimulatedDevice] | None = None, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        """Build the house.

        Args:
            devices: What is in it; by default `house()`.
            answer_seconds: How long a device takes for each thing that it says after a command.
        """
        self.devices = {device.name: device for device in (house() if devices is None else devices)}
        self._answer_seconds = answer_seconds
        self._faults: dict[str, Fault] = {}
        self._client: aiomqtt.Client | None = None
        self._working: list[asyncio.Task[None]] = []

    @contextlib.asynccontextmanager
    async def joined(
        self, host: str, port: int, *, username: str | None = None, password: str | None = None
    ) -> AsyncIterator["SimulatedHome"]:
        """Join a broker, announce every device, and answer until the block is left.

        Args:
            host: Where the broker is.
            port: Where it listens, without encryption.
            username: Who all devices are, for a broker that asks for it.
            password: Theirs.

        Raises:
            aiomqtt.MqttError: The broker cannot be reached.
        """
        # TCP would hold back one answer after another for 40 ms; `answer_seconds` is all that one takes.
        at_once = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
        async with aiomqtt.Client(
            host,
            port,
            identifier="simulated-home",
            username=username,
            password=password,
            socket_options=at_once,
        ) as client:
            self._client = client
            for topic in sorted({topic for device in self.devices.values() for topic in device.filters}):
                await client.subscribe(topic, qos=1)
            for device in self.devices.values():
                await self._publish(device.announce())
            inboxes: dict[str, asyncio.Queue[Message]] = {name: asyncio.Queue() for name in self.devices}
            self._working = [
                asyncio.create_task(self._listen(client, inboxes), name="simulated home: listen"),
                *(
                    asyncio.create_task(self._answer(name, inbox), name=f"simulated home: {name}")
                    for name, inbox in inboxes.items()
                ),
            ]
            try:
                yield self
            finally:
                await self._stop_working()
                with contextlib.suppress(aiomqtt.MqttError):  # the broker may have gone first
                    for device in self.devices.values():
                        await self._publish(device.presence(False))
                self._client = None

    async def _stop_working(self) -> None:
        # Python 3.11's asyncio.wait_for, in aiomqtt's publish, loses a cancellation that comes as it is done.
        while going_on := [task for task in self._working if not task.done()]:
            for task in going_on:
                task.cancel()
            await asyncio.wait(going_on, timeout=0.1)
        await asyncio.gather(*self._working, return_exceptions=True)

    async def stay(self) -> None:
        """Wait while the house is joined.

        Raises:
            aiomqtt.MqttError: The broker has gone.
        """
        await asyncio.gather(*self._working)

    async def fail(self, name: str, fault: Fault) -> None:
        """Give a device a fault, or none; what it or its last will says of that is published.

        Raises:
            KeyError: There is no such device.
        """
        device = self.devices[name]
        before = self._faults.get(name, Fault.NONE)
        self._faults[name] = fault
        device.jammed = fault is Fault.JAMMED
        if (before is Fault.UNAVAILABLE) != (fault is Fault.UNAVAILABLE):
            await self._publish(device.presence(fault is not Fault.UNAVAILABLE))

    async def say(self, publications: Iterable[Publication]) -> None:
        """Publish what a device says of its own accord, such as `ZigbeeContact.move`."""
        await self._publish(publications)

    async def _listen(self, client: aiomqtt.Client, inboxes: dict[str, asyncio.Queue[Message]]) -> None:
        async for heard in client.messages:
            message = Message(str(heard.topic), heard.payload, heard.retain)
            for name, device in self.devices.items():
                # A retained command is one from earlier; a device must not act on it.
                if not message.retained and any(heard.topic.matches(topic) for topic in device.filters):
                    inboxes[name].put_nowait(message)

    async def _answer(self, name: str, inbox: asyncio.Queue[Message]) -> None:
        """One device at its own pace: devices answer side by side, each its commands in order."""
        while True:
            message = await inbox.get()
            fault = self._faults.get(name, Fault.NONE)
            if fault in (Fault.DEAF, Fault.UNAVAILABLE):
                continue
            said = self.devices[name].receive(message)
            if fault is Fault.SILENT:
                continue
            for publication in said:
                await asyncio.sleep(self._answer_seconds)
                await self._publish((publication,))

    async def _publish(self, publications: Iterable[Publication]) -> None:
        assert self._client is not None, "the house has joined no broker"
        for sent in publications:
            await self._client.publish(sent.topic, sent.payload, qos=sent.qos, retain=sent.retain)
