"""What others on the broker are told of us: whether we are there, and what we offer to Home Assistant."""

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from paige.iot.link import LinkState, LinkStatus, MqttLink
from paige.iot.message import Message, Publication
from paige.iot.outcome import Status

ONLINE = b"online"
OFFLINE = b"offline"
LONGEST_PAUSE_SECONDS = 5.0
"""Home Assistant asks all devices at once to introduce themselves; each waits a random part of this."""
PUBLISH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Topics:
    """Our own topics."""

    root: str = "paige"
    """What they begin with."""
    id: str = "paige"
    """Tells this Paige from others on the same broker; letters, digits, `_` and `-`."""
    discovery: str = "homeassistant"
    """Where Home Assistant looks for devices."""

    @property
    def base(self) -> str:
        """What all but `config` are below."""
        return f"{self.root}/{self.id}"

    @property
    def status(self) -> str:
        """`online` or `offline`, retained."""
        return f"{self.base}/status"

    @property
    def outcome(self) -> str:
        """How the last command ended, in one word, retained."""
        return f"{self.base}/outcome"

    @property
    def say(self) -> str:
        """Requests; see `paige.iot.requests`."""
        return f"{self.base}/say"

    @property
    def say_set(self) -> str:
        """A sentence as plain text, as Home Assistant's text entities send it."""
        return f"{self.say}/set"

    @property
    def listen(self) -> str:
        """A message here is a push of the button that makes us listen; see `paige.iot.push_to_talk`."""
        return f"{self.base}/listen"

    @property
    def health(self) -> str:
        """How our parts do, such as the microphone: JSON, retained."""
        return f"{self.base}/health"

    @property
    def arbitration(self) -> str:
        """Where all that share the root decide which of them answers; see `paige.iot.arbitration`."""
        return f"{self.root}/arbitration"

    @property
    def any_status(self) -> str:
        """The filter for the `status` of all that share the root."""
        return f"{self.root}/+/status"

    def turn(self, request_id: str) -> str:
        """The answer to a request."""
        return f"{self.base}/turn/{request_id}"

    @property
    def announcement(self) -> str:
        """What is to be said aloud, such as that a timer ended: JSON with `text` and `area`; not retained."""
        return f"{self.base}/announcement"

    @property
    def config(self) -> str:
        """Our description for Home Assistant, retained."""
        return f"{self.discovery}/device/paige_{self.id}/config"

    @property
    def home_assistant(self) -> str:
        """Where Home Assistant says that it has started."""
        return f"{self.discovery}/status"


def will(topics: Topics) -> Publication:
    """What the broker shall say when we are lost."""
    return Publication(topics.status, OFFLINE, retain=True)


def description(topics: Topics, name: str, version: str) -> Publication:
    """Our device for Home Assistant: a text to say something with, and how the last command ended.

    No sentence that anyone said is ever in it, nor in a state of it: retained topics are open to whoever may
    read the broker, and stay.

    Args:
        topics: Our own topics.
        name: What the house calls this assistant.
        version: Of Paige.
    """
    unique = f"paige_{topics.id}"
    device = {"ids": [unique], "name": name, "mf": "Paige", "mdl": "Voice assistant", "sw": version}
    components = {
        "say": {"p": "text", "uniq_id": f"{unique}_say", "name": "Say", "cmd_t": topics.say_set, "min": 1},
        "outcome": {
            "p": "sensor",
            "uniq_id": f"{unique}_outcome",
            "name": "Last outcome",
            "dev_cla": "enum",
            "ops": [str(status) for status in Status],
            "stat_t": topics.outcome,
        },
        "listen": {
            "p": "button",
            "uniq_id": f"{unique}_listen",
            "name": "Listen",
            "cmd_t": topics.listen,
        },
        "microphone": {
            "p": "binary_sensor",
            "uniq_id": f"{unique}_microphone",
            "name": "Microphone",
            "dev_cla": "problem",
            "ent_cat": "diagnostic",
            "stat_t": topics.health,
            "val_tpl": "{{ 'OFF' if value_json.microphone.state == 'ok' else 'ON' }}",
        },
    }
    payload = {
        "dev": device,
        "o": {"name": "Paige", "sw": version},
        "avty_t": topics.status,
        "cmps": components,
    }
    return Publication(topics.config, json.dumps(payload).encode(), retain=True)


class Presence:
    """Keeps our own topics right over reconnects; an asynchronous context manager, within the link's.

    The link must have been made with `will(topics)`.
    """

    def __init__(
        self,
        link: MqttLink,
        topics: Topics,
        *,
        name: str,
        version: str,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Prepare; nothing is published before it is entered.

        Args:
            link: Where to publish.
            topics: Our own topics.
            name: What the house calls this assistant.
            version: Of Paige.
            chance: A number from 0 to 1, to scatter introductions.
        """
        self._link = link
        self._topics = topics
        self._description = description(topics, name, version)
        self._chance = chance
        self._states: dict[str, bytes] = {}
        """What is retained by the topic, as it is by now."""
        self._introducing: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None

    async def __aenter__(self) -> Self:
        """Introduce ourselves, now and on every new connection."""
        self._unsubscribe = self._link.on_status(self._on_status)
        self._link.subscribe([self._topics.home_assistant], self._on_home_assistant)
        self._link.subscribe([self._topics.status], self._on_own_status)
        self._on_status(self._link.status)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say that we go: a broker publishes no will after a goodbye."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._link.unsubscribe([self._topics.home_assistant], self._on_home_assistant)
        self._link.unsubscribe([self._topics.status], self._on_own_status)
        if self._introducing is not None:
            self._introducing.cancel()
            await asyncio.gather(self._introducing, return_exceptions=True)
        if self._link.status.state is LinkState.CONNECTED:
            await self._link.publish(Publication(self._topics.status, OFFLINE, retain=True), within=1.0)

    async def tell(self, outcome: Status) -> None:
        """Say how the last command ended; not what it was, nor of what.

        While the broker is away nobody waits for it: on its return it hears the latest.
        """
        await self._keep(self._topics.outcome, str(outcome).encode())

    async def tell_health(self, health: Mapping[str, Mapping[str, object]]) -> None:
        """Say how our parts do, by their names; nothing that was said is in it."""
        await self._keep(self._topics.health, json.dumps(health).encode())

    async def _keep(self, topic: str, payload: bytes) -> None:
        self._states[topic] = payload
        if self._link.status.state is LinkState.CONNECTED:
            await self._link.publish(Publication(topic, payload, retain=True), within=PUBLISH_SECONDS)

    def _on_status(self, status: LinkStatus) -> None:
        if status.state is LinkState.CONNECTED:
            self._start(0.0)

    def _on_home_assistant(self, message: Message) -> None:
        # A retained "online" is from before; we have introduced ourselves on connecting.
        if message.payload == ONLINE and not message.retained:
            self._start(self._chance() * LONGEST_PAUSE_SECONDS)

    def _on_own_status(self, message: Message) -> None:
        # The will of a connection of ours that the broker has only now found dead.
        if message.payload == OFFLINE and not message.retained:
            self._start(0.0)

    def _start(self, pause: float) -> None:
        if self._introducing is not None and not self._introducing.done():
            if pause:
                return  # whoever asks hears it sooner than they asked for
            self._introducing.cancel()  # the new one says everything
        self._introducing = asyncio.create_task(self._introduce(pause), name="mqtt-presence")

    async def _introduce(self, pause: float) -> None:
        await asyncio.sleep(pause)
        for publication in (self._description, Publication(self._topics.status, ONLINE, retain=True)):
            await self._link.publish(publication, within=PUBLISH_SECONDS)
        for topic, payload in [*self._states.items()]:
            await self._link.publish(Publication(topic, payload, retain=True), within=PUBLISH_SECONDS)
