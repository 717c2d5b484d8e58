"""The options of one discovered component, read with suspicion."""

from collections.abc import Mapping
from dataclasses import dataclass

from paige.iot.dialects.homeassistant.template import Payload, Template
from paige.iot.dialects.payload import number, shown
from paige.iot.errors import DiscoveryInvalid, ReportInvalid
from paige.iot.message import Publication
from paige.iot.topic_tree import valid_filter, valid_topic


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a device reports one thing, and how to take it from the message."""

    topic: str
    """It may have wildcards."""
    template: Template | None = None

    def read(self, payload: Payload) -> str | None:
        """What the message says; None where it does not mention it.

        Raises:
            ReportInvalid: Template and message do not fit each other.
        """
        said = payload.text if self.template is None else self.template.read(payload)
        return said or None


@dataclass(frozen=True, slots=True)
class Order:
    """Where a device takes commands of one kind, and how to write them."""

    topic: str
    template: Template | None = None

    def write(self, value: object, **variables: object) -> Publication:
        """The message for a value. It is never retained, whatever the device wishes.

        Raises:
            ReportInvalid: The template fails on the value.
        """
        text = str(value) if self.template is None else self.template.write(value, **variables)
        return Publication(self.topic, text.encode())


class Settings:
    """Options under their full names. What is wrong with one is noted, and it counts as left out."""

    def __init__(self, options: Mapping[str, object]) -> None:
        self._options = options
        self.problems: list[str] = []
        """What was wrong, as clauses for the log."""
        self.ordered: set[str] = set()
        """The topics to which commands go, of those orders that were asked for."""

    def __contains__(self, key: str) -> bool:
        return self._options.get(key) is not None

    def is_null(self, key: str) -> bool:
        """Whether an option is there and null, which some options take for "none of it"."""
        return key in self._options and self._options[key] is None

    def text(self, key: str, default: str) -> str:
        """An option that is text; numbers and booleans are taken as Python writes them, as templates do."""
        value = self._options.get(key)
        if value is None:
            return default
        if isinstance(value, (str, int, float)):
            return str(value)
        self._note(key, value, "text")
        return default

    def payload(self, key: str, default: str) -> str | None:
        """The payload of a command: None where the device says with null that it has no such command."""
        return None if self.is_null(key) else self.text(key, default)

    def name(self, key: str) -> str | None:
        """An option that is text and not empty, or None."""
        return self.text(key, "").strip() or None

    def number(self, key: str, default: float) -> float:
        """An option that is a number."""
        value = self._options.get(key)
        if value is None:
            return default
        try:
            return number(value)
        except ReportInvalid:
            self._note(key, value, "a number")
            return default

    def flag(self, key: str, default: bool = False) -> bool:
        """An option that is true or false."""
        value = self._options.get(key)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "yes", "on", "1"):
            return True
        if str(value).lower() in ("false", "no", "off", "0"):
            return False
        self._note(key, value, "true or false")
        return default

    def names(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """An option that is a list of texts, or a single one."""
        value = self._options.get(key)
        if value is None:
            return default
        listed = value if isinstance(value, list) else [value]
        names = tuple(str(item) for item in listed if isinstance(item, (str, int, float)))
        if len(names) != len(listed):
            self._note(key, value, "a list of texts")
        return names

    def connections(self) -> tuple[str, ...]:
        """The addresses of a device's `connections`, which is a list of pairs of kind and address."""
        value = self._options.get("connections")
        pairs = value if isinstance(value, list) else []
        return tuple(str(pair[1]) for pair in pairs if isinstance(pair, list) and len(pair) == 2)

    def entries(self, key: str) -> tuple["Settings", ...]:
        """An option that is a list of objects, or a single one."""
        value = self._options.get(key)
        if value is None:
            return ()
        listed = value if isinstance(value, list) else [value]
        entries = tuple(Settings(item) for item in listed if isinstance(item, dict))
        if len(entries) != len(listed):
            self._note(key, value, "a list of objects")
        return entries

    def channel(self, topic_key: str, *template_keys: str) -> Channel | None:
        """Where the device reports something: the topic, and the first of the templates that is there."""
        topic = self._filter(topic_key)
        key = next((key for key in template_keys if key in self), None)
        if topic is None or key is None:
            return None if topic is None else Channel(topic)
        template = self.template(key)
        return None if template is None else Channel(topic, template)

    def order(self, topic_key: str, template_key: str = "", *variables: str) -> Order | None:
        """Where the device takes a command, and the template it is written with."""
        topic = self._topic(topic_key)
        if topic is None or template_key not in self:
            return None if topic is None else Order(topic)
        template = self.template(template_key, *variables)
        return None if template is None else Order(topic, template)

    def template(self, key: str, *variables: str) -> Template | None:
        """An option that is a template; None where there is none or it cannot be used."""
        value = self._options.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self._note(key, value, "a template")
            return None
        try:
            return Template.of(value, frozenset(variables))
        except DiscoveryInvalid as error:
            self.problems.append(f"{key}: {error}")
            return None

    def _topic(self, key: str) -> str | None:
        """A topic to send to."""
        value = self._options.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str) and valid_topic(value):
            self.ordered.add(value)
            return value
        self._note(key, value, "a topic")
        return None

    def _filter(self, key: str) -> str | None:
        """A topic to listen to; it may have wildcards, but must name something."""
        value = self._options.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str) and valid_filter(value) and set(value.split("/")) - {"+", "#"}:
            return value
        self._note(key, value, "a topic, or a filter that names some of its levels")
        return None

    def _note(self, key: str, value: object, expected: str) -> None:
        self.problems.append(f"{key}: found {shown(value)}, expected {expected}")
