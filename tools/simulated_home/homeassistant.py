"""Devices that announce themselves by Home Assistant's MQTT discovery, one component each.

Options have the names and defaults of Home Assistant's MQTT integrations; some are abbreviated, as many
firmwares do it. States and availability are retained.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from paige.iot.dialects.entity_id import slug
from paige.iot.message import Message, Publication
from paige.tools.simulated_home.device import retained, whole

States = Mapping[str, object]
"""What a device says, by the last level of the topic."""


class HomeAssistantDevice(ABC):
    """What all of them have: discovery, availability, and topics under a base of their own."""

    platform: str
    orders: ClassVar[tuple[str, ...]] = ("set",)
    """Last levels of the topics on which it takes commands."""

    def __init__(self, name: str, area: str) -> None:
        self.name = name
        self.area = area
        self.jammed = False

    @abstractmethod
    def options(self) -> dict[str, object]:
        """The options of its component; `~` stands for its base topic."""

    @abstractmethod
    def states(self) -> States:
        """What it would say now."""

    @abstractmethod
    def obey(self, order: str, text: str) -> tuple[States, ...]:
        """Carry out a command; what it says on the way, before it says how it stands in the end."""

    @property
    def base(self) -> str:
        """Its base topic."""
        return f"simulated/{slug(self.name)}"

    @property
    def filters(self) -> frozenset[str]:
        """See `SimulatedDevice`."""
        return frozenset(f"{self.base}/{order}" for order in self.orders)

    def announce(self) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        object_id = slug(self.name)
        device = {"ids": [f"simulated_{object_id}"], "name": self.name, "mf": "Simulated", "sa": self.area}
        common = {"~": self.base, "name": None, "uniq_id": f"simulated_{object_id}", "avty_t": "~/available"}
        config = common | self.options() | {"dev": device}
        return (
            retained(f"homeassistant/{self.platform}/{object_id}/config", config),
            *self.presence(True),
            *self._say(self.states()),
        )

    def presence(self, available: bool) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return (retained(f"{self.base}/available", "online" if available else "offline"),)

    def receive(self, message: Message) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        prefix, _, order = message.topic.rpartition("/")
        if prefix != self.base or order not in self.orders:
            return ()
        if self.jammed:
            return self._say(self.stuck())
        steps = self.obey(order, message.payload.decode(errors="replace"))
        return tuple(publication for step in (*steps, self.states()) for publication in self._say(step))

    def stuck(self) -> States:
        """What it says when it should move and cannot."""
        return self.states()

    def _say(self, states: States) -> tuple[Publication, ...]:
        return tuple(retained(f"{self.base}/{level}", payload) for level, payload in states.items())


class JsonLight(HomeAssistantDevice):
    """A dimmable white light of the JSON schema."""

    platform = "light"

    def __init__(self, name: str, area: str) -> None:
        super().__init__(name, area)
        self.on = False
        self.brightness = 255

    def options(self) -> dict[str, object]:
        """See `HomeAssistantDevice`."""
        topics = {"schema": "json", "cmd_t": "~/set", "stat_t": "~/state"}
        return topics | {"brightness": True, "sup_clrm": ["brightness"]}

    def states(self) -> States:
        """See `HomeAssistantDevice`."""
        state = {"state": "ON" if self.on else "OFF", "brightness": self.brightness}
        return {"state": state | {"color_mode": "brightness"}}

    def obey(self, order: str, text: str) -> tuple[States, ...]:
        """See `HomeAssistantDevice`."""
        try:
            asked = json.loads(text)
        except ValueError:
            return ()
        if not isinstance(asked, dict):
            return ()
        if asked.get("state") in ("ON", "OFF"):
            self.on = asked["state"] == "ON"
        level = whole(str(asked["brightness"]), 0, 255) if "brightness" in asked else None
        if level is not None:
            self.on, self.brightness = level > 0, level or self.brightness
        return ()


class Cover(HomeAssistantDevice):
    """Something that opens and closes, here with positions."""

    platform = "cover"
    orders = ("set", "goto")

    def __init__(self, name: str, area: str, device_class: str, position: int = 100) -> None:
        super().__init__(name, area)
        self.device_class = device_class
        self.position = position

    def options(self) -> dict[str, object]:
        """See `HomeAssistantDevice`."""
        topics: dict[str, object] = {"cmd_t": "~/set", "stat_t": "~/state", "pos_t": "~/position"}
        return topics | {"set_pos_t": "~/goto", "dev_cla": self.device_class}

    def states(self) -> States:
        """See `HomeAssistantDevice`."""
        return {"position": str(self.position), "state": "open" if self.position else "closed"}

    def obey(self, order: str, text: str) -> tuple[States, ...]:
        """See `HomeAssistantDevice`."""
        wanted = whole(text, 0, 100) if order == "goto" else {"OPEN": 100, "CLOSE": 0}.get(text)
        if wanted is None or wanted == self.position:
            return ()
        moving = "opening" if wanted > self.position else "closing"
        self.position = wanted
        return ({"state": moving},)


class Lock(HomeAssistantDevice):
    """A door lock."""

    platform = "lock"

    def __init__(self, name: str, area: str) -> None:
        super().__init__(name, area)
        self.locked = True

    def options(self) -> dict[str, object]:
        """See `HomeAssistantDevice`."""
        return {"cmd_t": "~/set", "stat_t": "~/state"}

    def states(self) -> States:
        """See `HomeAssistantDevice`."""
        return {"state": "LOCKED" if self.locked else "UNLOCKED"}

    def stuck(self) -> States:
        """See `HomeAssistantDevice`."""
        return {"state": "JAMMED"}

    def obey(self, order: str, text: str) -> tuple[States, ...]:
        """See `HomeAssistantDevice`."""
        if text not in ("LOCK", "UNLOCK") or self.locked == (text == "LOCK"):
            return ()
        self.locked = text == "LOCK"
        return ({"state": "LOCKING" if self.locked else "UNLOCKING"},)


class Thermostat(HomeAssistantDevice):
    """A heating thermostat."""

    platform = "climate"
    orders = ("mode_set", "target_set")
    modes: ClassVar[tuple[str, ...]] = ("off", "heat", "auto")

    def __init__(self, name: str, area: str) -> None:
        super().__init__(name, area)
        self.mode = "heat"
        self.target = 20.0
        self.measured = 19.5

    def options(self) -> dict[str, object]:
        """See `HomeAssistantDevice`."""
        return {
            "mode_cmd_t": "~/mode_set",
            "mode_stat_t": "~/mode",
            "temp_cmd_t": "~/target_set",
            "temp_stat_t": "~/target",
            "curr_temp_t": "~/measured",
            "modes": list(self.modes),
            "min_temp": 5,
            "max_temp": 30,
            "temp_step": 0.5,
            "temp_unit": "C",
        }

    def states(self) -> States:
        """See `HomeAssistantDevice`."""
        return {"mode": self.mode, "target": str(self.target), "measured": str(self.measured)}

    def obey(self, order: str, text: str) -> tuple[States, ...]:
        """See `HomeAssistantDevice`."""
        if order == "mode_set" and text in self.modes:
            self.mode = text
        tenths = whole(text + "e1", 50, 300) if order == "target_set" else None
        if tenths is not None:
            self.target = tenths / 10
        return ()


class Vacuum(HomeAssistantDevice):
    """A robot vacuum cleaner."""

    platform = "vacuum"

    def __init__(self, name: str, area: str) -> None:
        super().__init__(name, area)
        self.state = "docked"

    def options(self) -> dict[str, object]:
        """See `HomeAssistantDevice`."""
        topics = {"schema": "state", "cmd_t": "~/set", "stat_t": "~/state"}
        return topics | {"sup_feat": ["start", "pause", "stop", "return_home", "battery", "status"]}

    def states(self) -> States:
        """See `HomeAssistantDevice`."""
        return {"state": {"state": self.state}}

    def obey(self, order: str, text: str) -> tuple[States, ...]:
        """See `HomeAssistantDevice`."""
        match text:
            case "start":
                self.state = "cleaning"
            case "pause" if self.state == "cleaning":
                self.state = "paused"
            case "stop" if self.state != "docked":
                self.state = "idle"
            case "return_to_base" if self.state != "docked":
                self.state = "docked"
                return ({"state": {"state": "returning"}},)
        return ()


class Valve(HomeAssistantDevice):
    """A water valve that is open or closed."""

    platform = "valve"

    def __init__(self, name: str, area: str) -> None:
        super().__init__(name, area)
        self.open = False

    def options(self) -> dict[str, object]:
        """See `HomeAssistantDevice`."""
        return {"cmd_t": "~/set", "stat_t": "~/state", "dev_cla": "water"}

    def states(self) -> States:
        """See `HomeAssistantDevice`."""
        return {"state": "open" if self.open else "closed"}

    def obey(self, order: str, text: str) -> tuple[States, ...]:
        """See `HomeAssistantDevice`."""
        if text not in ("OPEN", "CLOSE") or self.open == (text == "OPEN"):
            return ()
        self.open = text == "OPEN"
        return ({"state": "opening" if self.open else "closing"},)


class Trigger(HomeAssistantDevice):
    """A scene or a button: it can be set off, and has no state."""

    def __init__(self, name: str, area: str, platform: str, word: str) -> None:
        super().__init__(name, area)
        self.platform = platform
        self.word = word
        self.times = 0
        """How often it was set off."""

    def options(self) -> dict[str, object]:
        """See `HomeAssistantDevice`."""
        return {"cmd_t": "~/set", "pl_on" if self.platform == "scene" else "pl_prs": self.word}

    def states(self) -> States:
        """See `HomeAssistantDevice`."""
        return {}

    def obey(self, order: str, text: str) -> tuple[States, ...]:
        """See `HomeAssistantDevice`."""
        if text == self.word:
            self.times += 1
        return ()
