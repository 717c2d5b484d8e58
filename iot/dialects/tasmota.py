"""The dialect of devices that run Tasmota, found by their native discovery."""

import re
from collections.abc import Mapping
from dataclasses import replace
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
from paige.iot.dialects.payload import json_object, shown, text_of
from paige.iot.dialects.refusal import refusal
from paige.iot.dialects.report import Known
from paige.iot.dialects.tasmota_component import Component
from paige.iot.dialects.tasmota_discovery import NAME, Device, read_config, read_skeleton, sensors_of
from paige.iot.errors import DiscoveryInvalid, ReportInvalid
from paige.iot.message import Message, Publication

_IDENTITY = re.compile(r"[A-Za-z0-9_-]+")
_POLLED: Final = {"STATUS8": "StatusSNS", "STATUS10": "StatusSNS", "STATUS11": "StatusSTS"}
"""Answers to polls, and the key under which the report stands in them."""


class TasmotaDialect:
    """Tasmota's native discovery, states, telemetry and commands."""

    def __init__(self, discovery_topic: str = "tasmota/discovery") -> None:
        self._discovery_topic = discovery_topic
        self._devices: dict[str, Device] = {}
        self._skeletons: dict[str, Mapping[str, object]] = {}
        self._components: dict[str, dict[str, Component]] = {}
        """By device, then by entity."""
        self._known: dict[str, Known] = {}
        """By entity: what it last reported."""
        self._owners: dict[str, str] = {}
        """The device of each entity."""
        self._prefixes: dict[str, set[str]] = {}
        """The devices that speak under a topic prefix; more than one where an owner gave two the same."""
        self._online: dict[str, bool] = {}
        self._filters: frozenset[str] | None = None
        """Kept while no device comes, goes or moves."""

    @property
    def name(self) -> str:
        """See `Dialect`."""
        return NAME

    def filters(self) -> frozenset[str]:
        """See `Dialect`."""
        if self._filters is None:
            found = {f"{self._discovery_topic}/+/config", f"{self._discovery_topic}/+/sensors"}
            for device in self._devices.values():
                status, telemetry = device.topics.status, device.topics.telemetry
                found.update(telemetry + last for last in ("LWT", "STATE", "SENSOR"))
                if device.answers_by_command:
                    found.add(status + "+")
                else:
                    found.update(status + last for last in ("RESULT", *_POLLED))
            self._filters = frozenset(found)
        return self._filters

    def receive(self, message: Message) -> tuple[Change, ...]:
        """See `Dialect`."""
        try:
            prefix, _, last = message.topic.rpartition("/")
            if prefix.startswith(self._discovery_topic + "/") and last in ("config", "sensors"):
                return self._discover(prefix.removeprefix(self._discovery_topic + "/"), last, message.payload)
            devices = self._prefixes.get(prefix + "/", ())
            return tuple(
                change
                for mac in sorted(devices)
                for change in self._report(self._devices[mac], prefix + "/", last, message)
            )
        except (DiscoveryInvalid, ReportInvalid) as error:
            return (Misunderstood(message.topic, str(error)),)

    def introduce(self) -> tuple[Change, ...]:
        """Nothing: here, devices describe themselves."""
        return ()

    def encode(self, command: Command) -> tuple[Publication, ...] | CommandRefused:
        """See `Dialect`."""
        component = self._component(command.entity_id)
        if component is None:
            return CommandRefused(command, Why(Cause.NOT_DISCOVERED))
        reason = refusal(component.entity, command)
        if reason is not None:
            return CommandRefused(command, reason)
        orders = component.write(command, self._known.get(command.entity_id, Known()))
        if isinstance(orders, Why):
            return CommandRefused(command, orders)
        topic = self._devices[self._owners[command.entity_id]].topics.command
        return tuple(Publication(topic + word, value.encode()) for word, value in orders)

    def refresh(self, entity_id: str) -> tuple[Publication, ...]:
        """See `Dialect`."""
        component = self._component(entity_id)
        if component is None:
            return ()
        word, value = component.poll
        topic = self._devices[self._owners[entity_id]].topics.command
        return (Publication(topic + word, value.encode()),)

    def forget(self) -> None:
        """See `Dialect`."""
        for learned in (
            self._devices,
            self._skeletons,
            self._components,
            self._known,
            self._owners,
            self._prefixes,
            self._online,
        ):
            learned.clear()
        self._filters = None

    def _component(self, entity_id: str) -> Component | None:
        return self._components.get(self._owners.get(entity_id, ""), {}).get(entity_id)

    def _discover(self, mac: str, kind: str, payload: bytes) -> tuple[Change, ...]:
        if not _IDENTITY.fullmatch(mac):
            raise DiscoveryInvalid(f"found the device {shown(mac)}, expected its MAC address")
        if kind == "config":
            if not payload:
                return self._install(mac, None)
            return self._install(mac, read_config(mac, json_object(payload)))
        if payload:
            self._skeletons[mac] = read_skeleton(json_object(payload))
        else:
            self._skeletons.pop(mac, None)
        return self._install(mac, self._devices.get(mac))

    def _install(self, mac: str, device: Device | None) -> tuple[Change, ...]:
        """Take a device as it is now described, or None for one that is gone; sensors come with it."""
        self._filters = None
        before = self._components.pop(mac, {})
        self._leave(mac)
        after: dict[str, Component] = {}
        if device is not None:
            sensors = sensors_of(device, self._skeletons.get(mac, {}))
            after = {part.entity.id: part for part in (*device.components, *sensors)}
            self._devices[mac] = device
            self._components[mac] = after
            for prefix in (device.topics.status, device.topics.telemetry):
                self._prefixes.setdefault(prefix, set()).add(mac)
        self._owners.update(dict.fromkeys(after, mac))
        removed = [entity_id for entity_id in before if entity_id not in after]
        for entity_id in removed:
            del self._owners[entity_id]
            self._known.pop(entity_id, None)
        online = self._online.get(mac, False)
        return (
            *(EntityRemoved(entity_id) for entity_id in removed),
            *(
                EntityAppeared(replace(part.entity, available=online), hardware=frozenset({mac.lower()}))
                for part in after.values()
            ),
        )

    def _leave(self, mac: str) -> None:
        device = self._devices.pop(mac, None)
        if device is None:
            return
        for prefix in (device.topics.status, device.topics.telemetry):
            listeners = self._prefixes[prefix]
            listeners.discard(mac)
            if not listeners:
                del self._prefixes[prefix]

    def _report(self, device: Device, prefix: str, last: str, message: Message) -> tuple[Change, ...]:
        if prefix == device.topics.telemetry:
            if last == "LWT":
                return self._presence(device, message)
            if last not in ("STATE", "SENSOR"):
                return ()
        elif last not in ("RESULT", *_POLLED) and not (
            # With SetOption4 the last level is any command's word, and some answers are bare text.
            device.answers_by_command and message.payload.startswith(b"{")
        ):
            return ()
        report: object = json_object(message.payload)
        if last in _POLLED and isinstance(report, Mapping):
            report = report.get(_POLLED[last])
        if not isinstance(report, Mapping):
            raise ReportInvalid(f"found {shown(report)}, expected an object under {_POLLED[last]}")
        changes: list[Change] = []
        for entity_id, part in self._components[device.mac].items():
            try:
                said = part.read(report)
            except ReportInvalid as error:
                changes.append(Misunderstood(message.topic, str(error)))
                continue
            if said is not None:
                self._known.setdefault(entity_id, Known()).take(said)
                changes.append(
                    StateChanged(entity_id, said.state, said.attributes, retained=message.retained)
                )
        return tuple(changes)

    def _presence(self, device: Device, message: Message) -> tuple[Change, ...]:
        word = text_of(message.payload)
        if word not in (device.online, device.offline):
            if not word:
                return ()
            raise ReportInvalid(f"found {shown(word)}, expected {device.online} or {device.offline}")
        online = word == device.online
        self._online[device.mac] = online
        return tuple(AvailabilityChanged(entity_id, online) for entity_id in self._components[device.mac])
