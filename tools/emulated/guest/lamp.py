"""A lamp in the kitchen that announces itself over MQTT, and what Paige is asked besides by text."""

import itertools
import json
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from paige.iot.message import Message, Publication
from paige.tools.emulated.guest.console import until
from paige.tools.simulated_home.homeassistant import JsonLight

NAME = "Kitchen lamp"


class Lamp:
    """A real device's part: it connects, says what it is, obeys, and comes back when the broker does."""

    def __init__(self) -> None:
        self._light = JsonLight(NAME, "Kitchen")
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="lamp")
        self._client.on_connect = self._joined
        self._client.on_message = self._received
        self._client.reconnect_delay_set(1, 2)
        self._answers: dict[str, dict[str, Any]] = {}
        self._ids = itertools.count()
        self.commands: list[str] = []
        """The payloads of the commands that came, in order."""

    def __enter__(self) -> Self:
        self._client.connect_async("localhost")
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.loop_stop()

    @property
    def on(self) -> bool:
        """Whether it shines."""
        return self._light.on

    def switch_off(self) -> None:
        """As by its own switch."""
        self._light.on = False
        self._publish(self._light.announce())

    def ask(self, text: str, seconds: float) -> dict[str, Any]:
        """Paige's turn for a typed sentence.

        Raises:
            CheckFailed: None came.
        """
        request = f"self-test-{next(self._ids)}"
        self._client.publish("paige/paige/say", json.dumps({"id": request, "text": text}))
        until(f"an answer to “{text}”", seconds, lambda: request in self._answers, pause=0.05)
        return self._answers.pop(request)

    def _joined(self, client: mqtt.Client, *_: object) -> None:
        for topic in (*self._light.filters, "paige/paige/turn/+"):
            client.subscribe(topic, qos=1)
        self._publish(self._light.announce())

    def _received(self, client: mqtt.Client, data: object, came: mqtt.MQTTMessage) -> None:
        if came.topic.startswith("paige/"):
            self._answers[came.topic.rpartition("/")[2]] = json.loads(came.payload)
            return
        self.commands.append(came.payload.decode())
        self._publish(self._light.receive(Message(came.topic, bytes(came.payload))))

    def _publish(self, publications: Iterable[Publication]) -> None:
        for one in publications:
            self._client.publish(one.topic, one.payload, qos=1, retain=one.retain)
