"""The dialect itself: discovery becomes entities, reports become changes, commands become messages."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

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
from paige.iot.dialects.entity_id import EntityIds
from paige.iot.dialects.homeassistant.availability import Availability, availability
from paige.iot.dialects.homeassistant.component import Component
from paige.iot.dialects.homeassistant.components import BUILDERS, OTHERS
from paige.iot.dialects.homeassistant.discovery import Described, Place, described, place
from paige.iot.dialects.homeassistant.naming import hardware, id_candidates, name
from paige.iot.dialects.homeassistant.settings import Settings
from paige.iot.dialects.homeassistant.template import Payload
from paige.iot.dialects.payload import shown
from paige.iot.dialects.refusal import refusal
from paige.iot.dialects.report import Known
from paige.iot.entity import AttributeValue, Entity
from paige.iot.errors import DiscoveryInvalid, ReportInvalid
from paige.iot.message import Message, Publication
from paige.iot.topic_tree import TopicTree, valid_topic

OWN_PREFIX = "paige_"
"""Object ids that begin so are our own presence, which is nothing to be commanded."""

LONGEST_REMEMBERED = 65_536
"""Bytes of a message that is kept for components that are discovered after it arrived."""


@dataclass(slots=True)
class _Discovered:
    """One component that is an entity."""

    entity: Entity
    component: Component
    availability: Availability
    known: Known = field(default_factory=Known)

    def topics(self) -> frozenset[str]:
        """The topics that it listens to."""
        sources = (source.channel.topic for source in self.availability.sources)
        return frozenset((*(reader.channel.topic for reader in self.component.readers), *sources))


_Key = tuple[str, str]
"""The topic of a discovery message, and which of its components."""


class HomeAssistantDialect:
    """What speaks Home Assistant's MQTT discovery: ESPHome, OpenMQTTGateway, Z-Wave JS, WLED, and many more.

    Entities that their device marks as a part of its configuration, or as not enabled, are left out; of what
    it marks as diagnostic, only what reports is taken. A sensor with `off_delay` says when something begins
    and never that it ended: that is an event, and no state.
    """

    def __init__(self, prefix: str = "homeassistant") -> None:
        """Make a dialect that has discovered nothing yet.

        Args:
            prefix: The discovery prefix.
        """
        self._prefix = prefix
        self._ids = EntityIds()
        self._discovery_filters = frozenset({f"{prefix}/+/+/config", f"{prefix}/+/+/+/config"})
        self.forget()

    @property
    def name(self) -> str:
        """`homeassistant`."""
        return "homeassistant"

    def filters(self) -> frozenset[str]:
        """The topics of discovery, and those on which the discovered components report."""
        # Only now nobody hears the others any more: until here, a component that was withdrawn may come back.
        for topic in self._last.keys() - self._listeners.keys():
            del self._last[topic]
        return frozenset((*self._discovery_filters, *self._listeners))

    def forget(self) -> None:
        """Drop everything learned; what is discovered again gets the same ids."""
        self._discovered: dict[_Key, _Discovered] = {}
        self._by_message: dict[str, set[_Key]] = {}
        self._by_entity: dict[str, _Key] = {}
        self._by_unique_id: dict[tuple[str, str], _Key] = {}
        self._listeners: dict[str, dict[_Key, None]] = {}
        self._wild: TopicTree[str] = TopicTree()
        self._last: dict[str, tuple[int, Message]] = {}
        self._count = 0
        """Of the messages that were kept, so that they are told again in their order."""

    def receive(self, message: Message) -> tuple[Change, ...]:
        """What a message says."""
        try:
            where = place(message.topic, self._prefix)
            if where is not None:
                return self._described(where, message)
        except DiscoveryInvalid as error:
            return (Misunderstood(message.topic, str(error)),)
        wild = self._wild.match(message.topic)
        changes = (self._reported(filter_, message) for filter_ in (message.topic, *wild))
        return tuple(change for some in changes for change in some)

    def introduce(self) -> tuple[Change, ...]:
        """Nothing: here, devices describe themselves."""
        return ()

    def encode(self, command: Command) -> tuple[Publication, ...] | CommandRefused:
        """The messages of a command; never retained, whatever the device's own wish is."""
        key = self._by_entity.get(command.entity_id)
        if key is None:
            return CommandRefused(command, Why(Cause.NOT_DISCOVERED))
        found = self._discovered[key]
        reason = refusal(found.entity, command)
        if reason is not None:
            return CommandRefused(command, reason)
        try:
            encoded = found.component.services[command.service](command, found.known)
        except ReportInvalid as error:
            return CommandRefused(command, Why(Cause.NOT_ENCODED, {"detail": str(error)}))
        return CommandRefused(command, encoded) if isinstance(encoded, Why) else encoded

    def refresh(self, entity_id: str) -> tuple[Publication, ...]:
        """Nothing: this dialect has no way to ask."""
        return ()

    def _described(self, where: Place, message: Message) -> tuple[Change, ...]:
        if where.object_id.startswith(OWN_PREFIX) or (where.node_id or "").startswith(OWN_PREFIX):
            return ()
        description = described(where, message.payload)
        if description.handed_over:
            return ()
        changes: list[Change] = [Misunderstood(message.topic, problem) for problem in description.problems]
        keys = {(message.topic, part.key) for part in description.parts}
        for key in sorted(self._by_message.get(message.topic, set()) - keys):
            changes.append(self._remove(key))
        for part in description.parts:
            changes.extend(self._adopt(where, part, message.topic))
        return tuple(changes)

    def _adopt(self, where: Place, part: Described, topic: str) -> Iterable[Change]:
        """Take one described component in, or leave it out, or drop what it was before."""
        key = (topic, part.key)
        settings = Settings(part.options)
        if part.component not in BUILDERS or self._is_left_out(settings):
            if key in self._discovered:
                yield self._remove(key)
            if part.component not in (*BUILDERS, *OTHERS):
                known = ", ".join(sorted(BUILDERS))
                problem = f"found the component {shown(part.component)}, expected one of {known}"
                yield Misunderstood(topic, problem)
            return
        component = _without_echo(BUILDERS[part.component](settings), settings)
        self._take_over(key, part.component, settings)
        before = self._discovered.get(key)
        found = self._discover(key, where, part, settings, component)
        if before is not None and before.entity.id != found.entity.id:
            yield self._remove(key)
        elif before is not None:
            found.known = before.known
        self._enter(key, found, before)
        yield from (Misunderstood(topic, problem) for problem in settings.problems)
        yield from self._introduced(found, Settings(part.section("device")))

    def _is_left_out(self, settings: Settings) -> bool:
        if not settings.flag("enabled_by_default", True) or "off_delay" in settings:
            return True
        category = settings.name("entity_category")
        return category == "config" or (category == "diagnostic" and "command_topic" in settings)

    def _take_over(self, key: _Key, domain: str, settings: Settings) -> None:
        """Let a component that is described on another topic now, by its unique id, be the one it was."""
        unique_id = settings.name("unique_id")
        if unique_id is None:
            return
        old = self._by_unique_id.get((domain, unique_id), key)
        self._by_unique_id[domain, unique_id] = key
        if old != key and old in self._discovered:
            found = self._discovered[old]
            self._remove(old)
            if key not in self._discovered:
                self._enter(key, found)

    def _discover(
        self, key: _Key, where: Place, part: Described, settings: Settings, component: Component
    ) -> _Discovered:
        full_name = name(part, settings, where)
        identity = (part.component, settings.name("unique_id") or key)
        reachable = availability(settings)
        entity = Entity(
            id=self._ids.assign(identity, part.component, id_candidates(part, settings, where, full_name)),
            name=full_name,
            domain=part.component,
            device_class=settings.name("device_class"),
            attributes=component.attributes,
            available=reachable.available,
            services=frozenset(component.services),
            features=component.features,
            dialect=self.name,
        )
        return _Discovered(entity, component, reachable)

    def _enter(self, key: _Key, found: _Discovered, before: _Discovered | None = None) -> None:
        self._discovered[key] = found
        self._by_message.setdefault(key[0], set()).add(key)
        self._by_entity[found.entity.id] = key
        for topic in found.topics():
            self._listeners.setdefault(topic, {})[key] = None
            if not valid_topic(topic):
                self._wild.add(topic, topic)
        if before is not None:
            self._silence(key, before.topics() - found.topics())

    def _introduced(self, found: _Discovered, device: Settings) -> Iterable[Change]:
        """A new component, and what was said on its topics before it was there: nobody says that again."""
        kept = sorted((*self._last[topic], topic) for topic in found.topics() if topic in self._last)
        heard = [(topic, message) for _, message, topic in kept]
        for topic, message in heard:
            for change in _reachability(found, topic, Payload(message.payload)):
                if isinstance(change, Misunderstood):
                    yield change
        found.entity = replace(found.entity, available=found.availability.available)
        yield EntityAppeared(found.entity, device.name("suggested_area"), hardware(device))
        for topic, message in heard:
            yield from _state(found, topic, message, Payload(message.payload), retained=True)

    def _remove(self, key: _Key) -> EntityRemoved:
        found = self._discovered.pop(key)
        self._silence(key, found.topics())
        self._by_message[key[0]].discard(key)
        self._by_entity.pop(found.entity.id, None)
        return EntityRemoved(found.entity.id)

    def _silence(self, key: _Key, topics: frozenset[str]) -> None:
        for topic in topics:
            listeners = self._listeners.get(topic, {})
            listeners.pop(key, None)
            if not listeners:
                self._listeners.pop(topic, None)
                self._wild.discard(topic, topic)

    def _reported(self, filter_: str, message: Message) -> Iterable[Change]:
        """What a message says to those that listen to one filter, which mostly is the topic itself."""
        keys = tuple(self._listeners.get(filter_, ()))
        if not keys:
            return
        try:
            payload = Payload(message.payload)
        except ReportInvalid as error:
            yield Misunderstood(message.topic, str(error))
            return
        if len(message.payload) <= LONGEST_REMEMBERED:
            self._count += 1
            self._last[filter_] = self._count, message
        for key in keys:
            found = self._discovered[key]
            yield from _reachability(found, filter_, payload)
            yield from _state(found, filter_, message, payload, message.retained)


def _without_echo(component: Component, settings: Settings) -> Component:
    """The component, deaf to topics on which it takes commands: it would take ours for what it did."""
    heard = {reader.channel.topic for reader in component.readers}
    for topic in sorted(heard & settings.ordered):
        settings.problems.append(
            f"it takes commands on {shown(topic)} and reports there, which tells nothing"
        )
    readers = tuple(reader for reader in component.readers if reader.channel.topic not in settings.ordered)
    return replace(component, readers=readers)


def _reachability(found: _Discovered, topic: str, payload: Payload) -> Iterable[Change]:
    if all(source.channel.topic != topic for source in found.availability.sources):
        return
    before = found.availability.available
    try:
        found.availability.take(topic, payload)
    except ReportInvalid as error:
        yield Misunderstood(topic, f"availability of {found.entity.id}: {error}")
    if found.availability.available != before:
        yield AvailabilityChanged(found.entity.id, found.availability.available)


def _state(
    found: _Discovered, topic: str, message: Message, payload: Payload, retained: bool
) -> Iterable[Change]:
    """One change for all that a message says of a component, however many of its readers take from it."""
    problems: dict[str, None] = {}
    state: str | None = None
    attributes: dict[str, AttributeValue] = {}
    heard = False
    for reader in found.component.readers:
        if reader.channel.topic != topic:
            continue
        try:
            report = reader.read(payload, found.known)
        except ReportInvalid as error:
            problems[str(error)] = None
            continue
        if report is not None:
            found.known.take(report)
            state = report.state if report.state is not None else state
            attributes.update(report.attributes)
            heard = True
    yield from (Misunderstood(message.topic, f"{found.entity.id}: {problem}") for problem in problems)
    if heard:
        yield StateChanged(found.entity.id, state, attributes, retained)
