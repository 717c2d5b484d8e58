"""Devices that keep the Homie convention: a weather sensor (version 4), a garage door and a radio (5)."""

from abc import ABC, abstractmethod
from typing import ClassVar

from paige.iot.message import Message, Publication
from paige.tools.simulated_home.device import retained, whole


class HomieDevice(ABC):
    """A device of version 5 with one node."""

    node: ClassVar[str]
    node_type: ClassVar[str]
    properties: ClassVar[dict[str, dict[str, object]]]

    def __init__(self, name: str, device_id: str) -> None:
        self.name = name
        self.base = f"homie/5/{device_id}"
        self.jammed = False

    @abstractmethod
    def values(self) -> dict[str, str]:
        """What its retained properties hold now."""

    @abstractmethod
    def obey(self, prop: str, text: str) -> dict[str, str]:
        """Carry out a command; what it is on the way to, by property."""

    @property
    def filters(self) -> frozenset[str]:
        """See `SimulatedDevice`."""
        return frozenset({f"{self.base}/{self.node}/+/set"})

    def announce(self) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        node = {"name": self.node.capitalize(), "type": self.node_type, "properties": self.properties}
        document = {"homie": "5.0", "version": 1, "name": self.name, "nodes": {self.node: node}}
        return (
            retained(f"{self.base}/$state", "init"),
            retained(f"{self.base}/$description", document),
            *self._say(self.values()),
            *self.presence(True),
        )

    def presence(self, available: bool) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return (retained(f"{self.base}/$state", "ready" if available else "lost"),)

    def receive(self, message: Message) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        levels = message.topic.removeprefix(self.base + "/").split("/")
        if len(levels) != 3 or levels[::2] != [self.node, "set"] or levels[1] not in self.properties:
            return ()
        if self.jammed:
            return self._say(self.values())
        before = self.values()
        targets = self.obey(levels[1], message.payload.decode(errors="replace"))
        on_the_way = tuple(
            retained(f"{self.base}/{self.node}/{prop}/$target", text) for prop, text in targets.items()
        )
        after = self.values()
        changed = {prop: text for prop, text in after.items() if before[prop] != text}
        return (
            *on_the_way,
            *self._say(changed or {prop: after[prop] for prop in (levels[1],) if prop in after}),
        )

    def _say(self, values: dict[str, str]) -> tuple[Publication, ...]:
        return tuple(retained(f"{self.base}/{self.node}/{prop}", text) for prop, text in values.items())


class GarageDoor(HomieDevice):
    """A garage door with positions."""

    node = "door"
    node_type = "garage-door"
    properties: ClassVar[dict[str, dict[str, object]]] = {
        "position": {"datatype": "integer", "format": "0:100", "unit": "%", "settable": True},
        "action": {"datatype": "enum", "format": "open,close,stop", "settable": True, "retained": False},
    }

    def __init__(self, name: str, device_id: str) -> None:
        super().__init__(name, device_id)
        self.position = 0

    def values(self) -> dict[str, str]:
        """See `HomieDevice`."""
        return {"position": str(self.position)}

    def obey(self, prop: str, text: str) -> dict[str, str]:
        """See `HomieDevice`."""
        wanted = whole(text, 0, 100) if prop == "position" else {"open": 100, "close": 0}.get(text)
        if wanted is None:
            return {}
        self.position = wanted
        return {"position": str(wanted)}


class Radio(HomieDevice):
    """A kitchen radio: power, volume, and whether it plays."""

    node = "player"
    node_type = "media_player"
    properties: ClassVar[dict[str, dict[str, object]]] = {
        "power": {"datatype": "boolean", "settable": True},
        "volume": {"datatype": "integer", "format": "0:100", "unit": "%", "settable": True},
        "playing": {"datatype": "boolean", "settable": True},
        "muted": {"datatype": "boolean", "settable": True},
    }

    def __init__(self, name: str, device_id: str) -> None:
        super().__init__(name, device_id)
        self.switches = {"power": False, "playing": False, "muted": False}
        self.volume = 30

    def values(self) -> dict[str, str]:
        """See `HomieDevice`."""
        switches = {name: "true" if on else "false" for name, on in self.switches.items()}
        return switches | {"volume": str(self.volume)}

    def obey(self, prop: str, text: str) -> dict[str, str]:
        """See `HomieDevice`."""
        if prop == "volume":
            level = whole(text, 0, 100)
            self.volume = self.volume if level is None else level
        elif text in ("true", "false"):
            self.switches[prop] = text == "true"
            # What starts to play is on; what is switched on plays, and what is off does not.
            if prop == "playing" and text == "true":
                self.switches["power"] = True
            elif prop == "power":
                self.switches["playing"] = text == "true"
        return {}


class WeatherSensor:
    """A sensor of version 4, which describes itself in many small topics. It only speaks."""

    filters: frozenset[str] = frozenset()

    def __init__(self, name: str, device_id: str, temperature: float = 12.5) -> None:
        self.name = name
        self.base = f"homie/{device_id}"
        self.temperature = temperature
        """Degrees Celsius."""
        self.jammed = False

    def announce(self) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        attributes = {
            "$homie": "4.0.0",
            "$name": self.name,
            "$nodes": "weather",
            "$extensions": "",
            "weather/$name": "Weather",
            "weather/$type": "DS18B20",
            "weather/$properties": "temperature",
            "weather/temperature/$name": "Temperature",
            "weather/temperature/$datatype": "float",
            "weather/temperature/$unit": "°C",
        }
        described = (retained(f"{self.base}/{level}", text) for level, text in attributes.items())
        return (retained(f"{self.base}/$state", "init"), *described, self._state(), *self.presence(True))

    def presence(self, available: bool) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return (retained(f"{self.base}/$state", "ready" if available else "lost"),)

    def receive(self, message: Message) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return ()

    def measure(self, temperature: float) -> tuple[Publication, ...]:
        """The weather changes."""
        self.temperature = temperature
        return (self._state(),)

    def _state(self) -> Publication:
        return retained(f"{self.base}/weather/temperature", str(self.temperature))
