"""The dialect of devices that keep the Homie convention, versions 3 to 5."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from paige.iot.cause import Cause, Why
from paige.iot.change import (
    AvailabilityChanged,
    Change,
    EntityAppeared,
    EntityRemoved,
    Misunderstood,
    StateChanged,
)
from paige.iot.command import Command, CommandRefused
from paige.iot.dialects.homie_description import (
    IDENTITY,
    Device,
    Value,
    read_attributes,
    read_description,
)
from paige.iot.dialects.homie_node import NAME, parts_of
from paige.iot.dialects.homie_part import Part
from paige.iot.dialects.payload import json_object, shown, text_of
from paige.iot.dialects.refusal import refusal
from paige.iot.errors import DiscoveryInvalid, ReportInvalid
from paige.iot.message import Message, Publication

_STATES: Final = frozenset({"init", "ready", "disconnected", "sleeping", "lost", "alert"})
_LEGACY_VERSIONS: Final = ("3.", "4.")
_EMPTY: Final = "\0"
"""How the convention writes an empty text, because an empty payload deletes."""


@dataclass(slots=True)
class _Known:
    """What was heard of one device."""

    base: str
    """Its topic."""
    state: str | None = None
    device: Device | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    """By entity."""
    players: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """By topic of a property below the device's: the entity and the role that it plays there."""
    available: dict[str, bool] = field(default_factory=dict)
    """What was last said of each entity."""
    texts: dict[str, str] = field(default_factory=dict)
    """Payloads of properties, by topic below the device's; they may come before the description."""
    targets: dict[str, str] = field(default_factory=dict)
    """Where properties are on their way to, likewise."""
    attributes: dict[str, str] | None = None
    """Versions 3 and 4: what was said, by topic below the device's; None for version 5."""

    def values(self, part: Part, texts: Mapping[str, str]) -> dict[str, Value]:
        """What is known of an entity's roles, of that which can be understood."""
        known: dict[str, Value] = {}
        for role, prop in part.roles.items():
            if part.path(role) in texts:
                with suppress(ReportInvalid):  # it was said when it came
                    known[role] = prop.read(texts[part.path(role)])
        return known


class HomieDialect:
    """Homie devices under one domain topic."""

    def __init__(self, domain: str = "homie") -> None:
        self._domain = domain
        self._devices: dict[str, _Known] = {}
        """By the device's topic."""
        self._owners: dict[str, str] = {}
        """The topic of each entity's device."""
        self._children: dict[str, set[str]] = {}
        """The devices that have a device as their root; all by topic."""
        self._filters: frozenset[str] | None = None
        """Kept while no device comes or goes."""

    @property
    def name(self) -> str:
        """See `Dialect`."""
        return NAME

    def filters(self) -> frozenset[str]:
        """See `Dialect`."""
        if self._filters is None:
            found = {f"{self._domain}/+/$homie"}
            found |= {f"{self._domain}/5/+/$state", f"{self._domain}/5/+/$description"}
            for base, known in self._devices.items():
                if known.attributes is not None:
                    found.add(f"{base}/#")
                elif known.device is not None:
                    found |= {f"{base}/+/+", f"{base}/+/+/$target"}
            self._filters = frozenset(found)
        return self._filters

    def receive(self, message: Message) -> tuple[Change, ...]:
        """See `Dialect`."""
        domain, _, rest = message.topic.partition(self._domain + "/")
        if domain or not rest:
            return ()
        levels = rest.split("/")
        try:
            if levels[0] == "5":
                return self._receive_5(levels[1:], message)
            return self._receive_4(levels, message)
        except (DiscoveryInvalid, ReportInvalid) as error:
            return (Misunderstood(message.topic, str(error)),)

    def introduce(self) -> tuple[Change, ...]:
        """Nothing: here, devices describe themselves."""
        return ()

    def encode(self, command: Command) -> tuple[Publication, ...] | CommandRefused:
        """See `Dialect`."""
        known = self._devices.get(self._owners.get(command.entity_id, ""))
        if known is None:
            return CommandRefused(command, Why(Cause.NOT_DISCOVERED))
        part = known.parts[command.entity_id]
        reason = refusal(part.entity, command)
        if reason is not None:
            return CommandRefused(command, reason)
        orders = part.write(command, known.values(part, known.texts))
        if isinstance(orders, Why):
            return CommandRefused(command, orders)
        return tuple(_setting(known, part, role, value) for role, value in orders)

    def refresh(self, entity_id: str) -> tuple[Publication, ...]:
        """Nothing: a Homie value is retained, so the broker tells it at once."""
        return ()

    def forget(self) -> None:
        """See `Dialect`."""
        self._devices.clear()
        self._owners.clear()
        self._children.clear()
        self._filters = None

    def _receive_5(self, levels: list[str], message: Message) -> tuple[Change, ...]:
        if len(levels) < 2 or not IDENTITY.fullmatch(levels[0]):
            return ()
        base = f"{self._domain}/5/{levels[0]}"
        if levels[1:] == ["$state"]:
            return self._state(base, text_of(message.payload))
        if levels[1:] == ["$description"]:
            known = self._devices.setdefault(base, _Known(base))
            if not message.payload:
                return self._describe(known, None)
            return self._describe(known, read_description(levels[0], json_object(message.payload)))
        return self._value(base, levels[1:], message)

    def _receive_4(self, levels: list[str], message: Message) -> tuple[Change, ...]:
        base = f"{self._domain}/{levels[0]}"
        if levels[1:] == ["$homie"]:
            return self._greet(base, levels[0], text_of(message.payload))
        known = self._devices.get(base)
        if known is None or known.attributes is None or levels[-1] == "set":
            return ()
        if not any(level.startswith("$") for level in levels[1:]):
            return self._value(base, levels[1:], message)
        key, text = "/".join(levels[1:]), text_of(message.payload)
        changes = self._state(base, text) if key == "$state" else ()
        if text:
            known.attributes[key] = text
        else:
            known.attributes.pop(key, None)
        device = read_attributes(levels[0], known.attributes, assume=self._is_settled(known))
        if device == known.device or base not in self._devices:
            return changes
        return (*changes, *self._describe(known, device))

    @staticmethod
    def _is_settled(known: _Known) -> bool:
        """Whether a device of version 3, where a property needs no datatype, has said all it will say."""
        version = (known.attributes or {}).get("$homie", "")
        return version.startswith("3.") and (known.device is not None or known.state not in (None, "init"))

    def _greet(self, base: str, device_id: str, version: str) -> tuple[Change, ...]:
        if not version:
            return self._drop(base)
        if not version.startswith(_LEGACY_VERSIONS):
            raise DiscoveryInvalid(f"found the version {shown(version)}, expected 3 or 4 here")
        if not IDENTITY.fullmatch(device_id):
            raise DiscoveryInvalid(
                f"found the device {shown(device_id)}, expected letters, digits and hyphens"
            )
        known = self._devices.setdefault(base, _Known(base))
        if known.attributes is None:
            known.attributes = {}
            self._filters = None
        known.attributes["$homie"] = version
        return ()

    def _state(self, base: str, word: str) -> tuple[Change, ...]:
        if not word:
            return self._drop(base)
        if word not in _STATES:
            raise ReportInvalid(f"found {shown(word)}, expected one of {', '.join(sorted(_STATES))}")
        self._devices.setdefault(base, _Known(base)).state = word
        return self._availability(base)

    def _availability(self, base: str) -> tuple[Change, ...]:
        """What became reachable or unreachable, here and in the devices that have this one as their root."""
        changes: list[Change] = []
        for name in (base, *sorted(self._children.get(base, ()))):
            known = self._devices[name]
            for entity_id, part in known.parts.items():
                available = self._reachable(known, part)
                if known.available.get(entity_id) != available:
                    known.available[entity_id] = available
                    changes.append(AvailabilityChanged(entity_id, available))
        return tuple(changes)

    def _reachable(self, known: _Known, part: Part) -> bool:
        """A sleeping device's last values still hold, but it would not hear a command."""
        root = self._devices.get(self._root(known) or "")
        if root is not None and root.state in ("lost", "disconnected"):
            return False
        return known.state in ("ready", "alert") or (known.state == "sleeping" and not part.entity.services)

    @staticmethod
    def _root(known: _Known) -> str | None:
        if known.device is None or known.device.root is None:
            return None
        return f"{known.base.rpartition('/')[0]}/{known.device.root}"

    def _drop(self, base: str) -> tuple[Change, ...]:
        known = self._devices.get(base)
        if known is None:
            return ()
        changes = self._describe(known, None)
        del self._devices[base]
        self._filters = None
        return changes

    def _describe(self, known: _Known, device: Device | None) -> tuple[Change, ...]:
        """Take a device as it is now described, or None for one whose description is gone or incomplete."""
        self._children.get(self._root(known) or "", set()).discard(known.base)
        known.device = device
        self._filters = None
        root = self._root(known)
        if root is not None:
            self._children.setdefault(root, set()).add(known.base)
        before = known.parts
        known.parts = {part.entity.id: part for part in parts_of(device)} if device else {}
        known.players = {}
        known.available = {name: self._reachable(known, part) for name, part in known.parts.items()}
        problems = device.problems if device else ()
        changes: list[Change] = [Misunderstood(known.base, problem) for problem in problems]
        for entity_id in (name for name in before if name not in known.parts):
            del self._owners[entity_id]
            changes.append(EntityRemoved(entity_id))
        for entity_id, part in known.parts.items():
            self._owners[entity_id] = known.base
            for role in part.roles:
                known.players.setdefault(part.path(role), []).append((entity_id, role))
            if before.get(entity_id) != part:
                changes.append(EntityAppeared(replace(part.entity, available=known.available[entity_id])))
        for path in (path for path in known.players if path in known.texts):
            with suppress(ReportInvalid):  # it was said when it came
                changes.extend(self._tell(known, path, retained=True))
        return tuple(changes)

    def _value(self, base: str, levels: list[str], message: Message) -> tuple[Change, ...]:
        known = self._devices.get(base)
        if known is None or len(levels) not in (2, 3) or levels[2:] not in ([], ["$target"]):
            return ()
        path = "/".join(levels[:2])
        texts = known.targets if levels[2:] else known.texts
        if not message.payload:
            texts.pop(path, None)
            return ()
        text = text_of(message.payload)
        texts[path] = "" if text == _EMPTY else text
        if levels[2:]:
            return self._tell(known, path, message.retained, only="position")
        return self._tell(known, path, message.retained)

    def _tell(self, known: _Known, path: str, retained: bool, only: str | None = None) -> tuple[Change, ...]:
        """What a property's value says of the entities in which it plays a role."""
        changes: list[Change] = []
        for entity_id, role in known.players.get(path, ()):
            if path not in known.texts or (only is not None and role != only):
                continue
            part = known.parts[entity_id]
            part.roles[role].read(known.texts[path])  # what cannot be read is said, not passed over
            said = part.read(role, known.values(part, known.texts), known.values(part, known.targets))
            changes.append(StateChanged(entity_id, said.state, said.attributes, retained=retained))
        return tuple(changes)


def _setting(known: _Known, part: Part, role: str, value: Value) -> Publication:
    prop = part.roles[role]
    # What is not retained is an event, which must come neither twice nor late; version 5 has it sent once.
    qos = 0 if known.attributes is None and not prop.retained else 1
    return Publication(f"{known.base}/{part.path(role)}/set", prop.write(value).encode(), qos)
