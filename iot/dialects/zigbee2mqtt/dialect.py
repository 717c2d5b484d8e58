"""The dialect itself: the bridge's lists become entities, their messages become changes, commands are set."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

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
from paige.iot.dialects.entity_id import EntityIds, slug
from paige.iot.dialects.payload import json_object, shown, text_of
from paige.iot.dialects.refusal import refusal
from paige.iot.dialects.report import Known
from paige.iot.dialects.zigbee2mqtt.device import Device, device, group
from paige.iot.dialects.zigbee2mqtt.part import Part
from paige.iot.entity import Entity
from paige.iot.errors import DiscoveryInvalid, ReportInvalid
from paige.iot.message import Message, Publication


@dataclass(slots=True)
class _Member:
    """One entity of a device."""

    entity: Entity
    part: Part
    known: Known = field(default_factory=Known)


@dataclass(slots=True)
class _Known:
    """A device or group that the bridge has, with what it said."""

    topic: str
    members: dict[str, _Member]
    """By entity id."""
    online: bool = True
    """As it said itself; one that says nothing is taken as there."""


class Zigbee2MqttDialect:
    """The bridge Zigbee2MQTT.

    Its devices are taken by what they expose. Settings, such as a child lock, and what is about the device
    itself, such as the quality of its link, are left out.
    """

    def __init__(self, base: str = "zigbee2mqtt") -> None:
        """Make a dialect that has discovered nothing yet.

        Args:
            base: The bridge's base topic.
        """
        self._base = base
        self._bridge = f"{base}/bridge"
        self._ids = EntityIds()
        self.forget()

    @property
    def name(self) -> str:
        """`zigbee2mqtt`."""
        return "zigbee2mqtt"

    def filters(self) -> frozenset[str]:
        """The lists of the bridge, its state, and the topics of each device and group."""
        lists = (f"{self._bridge}/{leaf}" for leaf in ("state", "devices", "groups"))
        return frozenset((*lists, *self._topics))

    def forget(self) -> None:
        """Drop everything learned; what is discovered again gets the same ids."""
        self._online = True
        self._devices: dict[str, Device] = {}
        self._groups: list[object] = []
        self._present: dict[str, _Known] = {}
        self._topics: dict[str, str] = {}
        self._by_entity: dict[str, str] = {}

    def receive(self, message: Message) -> tuple[Change, ...]:
        """What a message says."""
        try:
            if message.topic == f"{self._bridge}/state":
                return tuple(self._bridge_said(_online(message.payload)))
            if message.topic == f"{self._bridge}/devices":
                return tuple(self._listed(message))
            if message.topic == f"{self._bridge}/groups":
                self._groups = _list(message.payload)
                return tuple(self._rebuild(message.topic))
            key = self._topics.get(message.topic)
            if key is None:
                return ()
            if message.topic == self._present[key].topic:
                return tuple(self._reported(self._present[key], message))
            return tuple(self._device_said(self._present[key], _online(message.payload)))
        except (DiscoveryInvalid, ReportInvalid) as error:
            return (Misunderstood(message.topic, str(error)),)

    def introduce(self) -> tuple[Change, ...]:
        """Nothing: here, devices describe themselves."""
        return ()

    def encode(self, command: Command) -> tuple[Publication, ...] | CommandRefused:
        """The message that sets what a command asks for."""
        key = self._by_entity.get(command.entity_id)
        if key is None:
            return CommandRefused(command, Why(Cause.NOT_DISCOVERED))
        present = self._present[key]
        member = present.members[command.entity_id]
        reason = refusal(member.entity, command)
        if reason is not None:
            return CommandRefused(command, reason)
        encoded = member.part.services[command.service](command, member.known)
        if isinstance(encoded, Why):
            return CommandRefused(command, encoded)
        return (Publication(f"{present.topic}/set", json.dumps(encoded).encode()),)

    def refresh(self, entity_id: str) -> tuple[Publication, ...]:
        """A message that asks for all that can be asked for; none for a sleeping sensor or a group."""
        key = self._by_entity.get(entity_id)
        if key is None:
            return ()
        present = self._present[key]
        wanted = dict.fromkeys(present.members[entity_id].part.asks, "")
        return (Publication(f"{present.topic}/get", json.dumps(wanted).encode()),) if wanted else ()

    def _listed(self, message: Message) -> Iterable[Change]:
        found: dict[str, Device] = {}
        for item in _list(message.payload):
            try:
                described = device(item)
            except DiscoveryInvalid as error:
                yield Misunderstood(message.topic, str(error))
                continue
            if described is not None:
                found[described.key] = described
        self._devices = found
        yield from self._rebuild(message.topic)

    def _rebuild(self, topic: str) -> Iterable[Change]:
        """Compare the devices and groups there are now with those known; a group is what its members are."""
        wanted = dict(self._devices)
        for item in self._groups:
            try:
                described = group(item, self._devices)
            except DiscoveryInvalid as error:
                yield Misunderstood(topic, str(error))
                continue
            if described is not None:
                wanted[described.key] = described
        for key in self._present.keys() - wanted.keys():
            yield from self._drop(key, self._present.pop(key).members)
        self._topics = {}
        for key, described in wanted.items():
            yield from self._enter(key, described)

    def _enter(self, key: str, described: Device) -> Iterable[Change]:
        topic = f"{self._base}/{described.friendly_name}"
        before = self._present.get(key)
        present = _Known(topic, {}, True if before is None else before.online)
        for part in described.parts:
            member = self._member(described, part, present.online)
            old = None if before is None else before.members.get(member.entity.id)
            if old is not None:
                member.known = old.known
            present.members[member.entity.id] = member
            self._by_entity[member.entity.id] = key
            if old is None or old.entity != member.entity:
                yield EntityAppeared(member.entity, hardware=_hardware(key))
        if before is not None:
            gone = {name: found for name, found in before.members.items() if name not in present.members}
            yield from self._drop(key, gone)
        self._present[key] = present
        self._topics[topic] = self._topics[f"{topic}/availability"] = key

    def _member(self, described: Device, part: Part, online: bool) -> _Member:
        title = described.spoken_name
        readable = described.friendly_name if slug(described.friendly_name) else described.key
        entity_id = self._ids.assign(
            (described.key, part.domain, part.suffix), part.domain, (f"{readable} {part.suffix}",)
        )
        entity = Entity(
            id=entity_id,
            name=f"{title} {part.label}".strip(),
            domain=part.domain,
            device_class=part.device_class,
            attributes=part.attributes,
            available=self._online and online,
            services=frozenset(part.services),
            features=part.features,
            dialect=self.name,
        )
        return _Member(entity, part)

    def _drop(self, key: str, members: dict[str, _Member]) -> Iterable[Change]:
        for entity_id in sorted(members):
            if self._by_entity.get(entity_id) == key:
                del self._by_entity[entity_id]
                yield EntityRemoved(entity_id)

    def _reported(self, present: _Known, message: Message) -> Iterable[Change]:
        if not message.payload:
            return
        values = json_object(message.payload)
        for entity_id, member in present.members.items():
            try:
                report = member.part.read(values, member.known)
            except ReportInvalid as error:
                yield Misunderstood(message.topic, f"{entity_id}: {error}")
                continue
            if report is not None:
                member.known.take(report)
                yield StateChanged(entity_id, report.state, report.attributes, message.retained)

    def _bridge_said(self, online: bool) -> Iterable[Change]:
        """A bridge that goes takes its devices with it, and brings back those that are there themselves."""
        if online == self._online:
            return
        self._online = online
        for present in self._present.values():
            if present.online:
                yield from _reachable(present, online)

    def _device_said(self, present: _Known, online: bool) -> Iterable[Change]:
        if online == present.online:
            return
        present.online = online
        if self._online:
            yield from _reachable(present, online)


def _reachable(present: _Known, available: bool) -> Iterable[Change]:
    for entity_id in present.members:
        yield AvailabilityChanged(entity_id, available)


def _hardware(key: str) -> frozenset[str]:
    address = key.lower().removeprefix("0x")
    return frozenset({address}) if key.lower().startswith("0x") else frozenset()


def _online(payload: bytes) -> bool:
    """Whether it says online; older bridges say it as plain text."""
    said: object = text_of(payload).strip()
    if str(said).startswith("{"):
        said = json_object(payload).get("state")
    if said not in ("online", "offline"):
        raise ReportInvalid(f"found {shown(said)}, expected online or offline")
    return said == "online"


def _list(payload: bytes) -> list[object]:
    """A list of the bridge; an empty message, which clears a retained one, is an empty list."""
    if not payload.strip():
        return []
    try:
        value = json.loads(text_of(payload))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise DiscoveryInvalid(f"found {shown(payload)}, expected a JSON list")
    return value
