"""What no device announces, and its owner described with its topics: scripts, bridges, what is home-made."""

from collections.abc import Iterable

from paige.iot.binding import Binding, Source, is_template
from paige.iot.cause import Cause, Why
from paige.iot.change import Change, EntityAppeared, Misunderstood, StateChanged
from paige.iot.command import REQUIRED_DATA, Command, CommandRefused
from paige.iot.dialects.homeassistant.component import NOTHING
from paige.iot.dialects.homeassistant.template import Payload, Template
from paige.iot.dialects.payload import number, percent, shown
from paige.iot.dialects.refusal import refusal
from paige.iot.dialects.report import UNKNOWN
from paige.iot.entity import AttributeValue
from paige.iot.errors import ReportInvalid
from paige.iot.message import Message, Publication

_PERCENTS = frozenset({"brightness_pct", "percentage", "current_position", "volume_pct"})
_NUMBERS = frozenset({"color_temp_kelvin", "temperature", "current_temperature"})
_FLAGS = frozenset({"is_volume_muted"})


class DescribedDialect:
    """The entities of a home description that have topics of their own.

    They count as available: nothing says whether whoever listens there does.
    """

    def __init__(self, bindings: Iterable[Binding]) -> None:
        """Take what is described.

        Args:
            bindings: One for each entity.
        """
        self._bindings = {binding.entity.id: binding for binding in bindings}
        self._listeners: dict[str, dict[str, None]] = {}
        for entity_id, binding in self._bindings.items():
            for _, source in binding.sources:
                self._listeners.setdefault(source.topic, {})[entity_id] = None
        self._filters = frozenset(self._listeners)

    @property
    def name(self) -> str:
        """`described`."""
        return "described"

    def filters(self) -> frozenset[str]:
        """The topics on which states and attributes are told."""
        return self._filters

    def receive(self, message: Message) -> tuple[Change, ...]:
        """What a message says of the entities that are told of on its topic."""
        entity_ids = self._listeners.get(message.topic, ())
        return tuple(
            change for entity_id in entity_ids for change in _reported(self._bindings[entity_id], message)
        )

    def introduce(self) -> tuple[Change, ...]:
        """All of its entities: nobody announces them."""
        return tuple(EntityAppeared(binding.entity) for binding in self._bindings.values())

    def encode(self, command: Command) -> tuple[Publication, ...] | CommandRefused:
        """The message of a command; never retained."""
        binding = self._bindings.get(command.entity_id)
        if binding is None:
            return CommandRefused(command, Why(Cause.NOT_DISCOVERED))
        reason = refusal(binding.entity, command)
        if reason is not None:
            return CommandRefused(command, reason)
        order = binding.orders[command.service]
        payload = order.payload
        if is_template(payload):
            try:
                payload = Template.of(payload).write(command.data[REQUIRED_DATA[command.service]])
            except ReportInvalid as error:
                return CommandRefused(command, Why(Cause.NOT_ENCODED, {"detail": str(error)}))
        return (Publication(order.topic, payload.encode()),)

    def refresh(self, entity_id: str) -> tuple[Publication, ...]:
        """Nothing: no way to ask is described."""
        return ()

    def forget(self) -> None:
        """Nothing: what is described stays so."""


def _reported(binding: Binding, message: Message) -> Iterable[Change]:
    """One change for all that a message says of an entity."""
    state: str | None = None
    attributes: dict[str, AttributeValue] = {}
    problems: dict[str, None] = {}
    for attribute, source in binding.sources:
        if source.topic != message.topic:
            continue
        try:
            said = _said(source, message)
            if said is None:
                continue
            if attribute is None:
                state = _state(source, said)
            else:
                attributes[attribute] = _value(attribute, said)
        except ReportInvalid as error:
            problems[str(error)] = None
    yield from (Misunderstood(message.topic, f"{binding.entity.id}: {problem}") for problem in problems)
    if state is not None or attributes:
        yield StateChanged(binding.entity.id, state, attributes, message.retained)


def _said(source: Source, message: Message) -> str | None:
    """What a message says on a topic; None where it does not mention it."""
    payload = Payload(message.payload)
    said = payload.text if source.template is None else Template.of(source.template).read(payload)
    return (said or "").strip() or None


def _state(source: Source, said: str) -> str:
    if said == NOTHING:
        return UNKNOWN
    if not source.words:
        return said
    if said not in source.words:
        raise ReportInvalid(f"found {shown(said)}, expected one of {', '.join(sorted(source.words))}")
    return source.words[said]


def _value(attribute: str, said: str) -> AttributeValue:
    if said == NOTHING:
        return None
    if attribute in _PERCENTS:
        return percent(said)
    if attribute in _NUMBERS:
        return number(said)
    if attribute in _FLAGS:
        flag = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}
        if said.lower() not in flag:
            raise ReportInvalid(f"found {shown(said)}, expected true or false")
        return flag[said.lower()]
    return said
