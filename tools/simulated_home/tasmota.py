"""Devices that run a simulated Tasmota: a plug, a dimmer and a fan controller.

Messages are laid out as Tasmota 14 sends them; as there, states are not retained and have to be asked for.
"""

from dataclasses import dataclass
from typing import ClassVar

from paige.iot.message import Message, Publication
from paige.tools.simulated_home.device import encoded, retained, whole

_RELAYS = 28


@dataclass
class TasmotaPlug:
    """One relay, and the frame of every Tasmota device."""

    name: str
    mac: str
    """Twelve hexadecimal digits."""
    on: bool = False
    jammed: bool = False

    relay_kind: ClassVar[int] = 1
    fan: ClassVar[int] = 0
    light_subtype: ClassVar[int] = 0

    @property
    def topic(self) -> str:
        """`%topic%`, as it is after flashing."""
        return f"tasmota_{self.mac[-6:]}"

    @property
    def filters(self) -> frozenset[str]:
        """See `SimulatedDevice`."""
        return frozenset({f"cmnd/{self.topic}/+"})

    def announce(self) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return (
            retained(f"tasmota/discovery/{self.mac}/config", self._config()),
            retained(
                f"tasmota/discovery/{self.mac}/sensors", {"sn": {"Time": "2026-01-01T00:00:00"}, "ver": 1}
            ),
            *self.presence(True),
            Publication(f"tele/{self.topic}/STATE", encoded(self.state())),
        )

    def presence(self, available: bool) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        return (retained(f"tele/{self.topic}/LWT", "Online" if available else "Offline"),)

    def receive(self, message: Message) -> tuple[Publication, ...]:
        """See `SimulatedDevice`."""
        prefix, _, word = message.topic.rpartition("/")
        if prefix != f"cmnd/{self.topic}":
            return ()
        word, argument = word.upper(), message.payload.decode(errors="replace").strip()
        if word == "STATUS" and argument == "10":
            status = {"StatusSNS": {"Time": "2026-01-01T00:00:00"}}
            return (Publication(f"stat/{self.topic}/STATUS10", encoded(status)),)
        if word == "STATUS" and argument == "11":
            return (Publication(f"stat/{self.topic}/STATUS11", encoded({"StatusSTS": self.state()})),)
        told = tuple(self.state()) if word == "STATE" else self.obey(word, argument)
        answer = {key: self.state()[key] for key in told} if told else {"Command": "Unknown"}
        publications = [Publication(f"stat/{self.topic}/RESULT", encoded(answer))]
        if "POWER" in answer:
            publications.append(Publication(f"stat/{self.topic}/POWER", encoded(str(answer["POWER"]))))
        return tuple(publications)

    def obey(self, word: str, argument: str) -> tuple[str, ...]:
        """Carry out a command word, unless jammed; the keys of the answer, none for a word not known."""
        if word not in ("POWER", "POWER1"):
            return ()
        if not self.jammed:
            words = {"ON": True, "1": True, "OFF": False, "0": False, "TOGGLE": not self.on, "2": not self.on}
            self.on = words.get(argument.upper(), self.on)
        return ("POWER",)

    def state(self) -> dict[str, object]:
        """The report on `STATE`, of that which matters here."""
        return {"POWER": "ON" if self.on else "OFF"}

    def _config(self) -> dict[str, object]:
        relays = [self.relay_kind] + [0] * (_RELAYS - 1)
        options = dict.fromkeys(("4", "11", "13", "17", "20", "30", "68", "73", "82", "114", "117"), 0)
        return {
            "ip": "192.0.2.10",
            "dn": self.name,
            "fn": [self.name, *[None] * 7],
            "hn": self.topic.replace("_", "-"),
            "mac": self.mac,
            "md": type(self).__name__,
            "ty": 0,
            "if": self.fan,
            "ofln": "Offline",
            "onln": "Online",
            "state": ["OFF", "ON", "TOGGLE", "HOLD"],
            "sw": "14.2.0",
            "t": self.topic,
            "ft": "%prefix%/%topic%/",
            "tp": ["cmnd", "stat", "tele"],
            "rl": relays,
            "swc": [-1] * _RELAYS,
            "swn": [None] * _RELAYS,
            "btn": [0] * _RELAYS,
            "so": options,
            "lk": 1,
            "lt_st": self.light_subtype,
            "sho": [0, 0, 0, 0],
            "ver": 1,
        }


@dataclass
class TasmotaDimmer(TasmotaPlug):
    """A dimmable lamp."""

    dimmer: int = 100
    """Percent."""

    relay_kind: ClassVar[int] = 2
    light_subtype: ClassVar[int] = 1

    def obey(self, word: str, argument: str) -> tuple[str, ...]:
        """See `TasmotaPlug`."""
        if word not in ("DIMMER", "DIMMER1"):
            return super().obey(word, argument)
        level = whole(argument, 0, 100)
        if level is not None and not self.jammed:
            self.on, self.dimmer = level > 0, level or self.dimmer
        return ("POWER", "Dimmer")

    def state(self) -> dict[str, object]:
        """See `TasmotaPlug`."""
        return super().state() | {"Dimmer": self.dimmer, "Fade": "OFF", "Speed": 1}


@dataclass
class TasmotaFan(TasmotaPlug):
    """A Sonoff iFan without its lamp: off and three speeds."""

    speed: int = 0

    relay_kind: ClassVar[int] = 0
    fan: ClassVar[int] = 1

    def obey(self, word: str, argument: str) -> tuple[str, ...]:
        """See `TasmotaPlug`."""
        if word != "FANSPEED":
            return ()
        speed = whole(argument, 0, 3)
        if speed is not None and not self.jammed:
            self.speed = speed
        return ("FanSpeed",)

    def state(self) -> dict[str, object]:
        """See `TasmotaPlug`."""
        return {"FanSpeed": self.speed}
