"""Discovery messages: which components a topic and its payload describe, with every abbreviation expanded."""

import json
import re
from dataclasses import dataclass

from paige.iot.dialects.homeassistant import abbreviations
from paige.iot.dialects.payload import shown, text_of
from paige.iot.errors import DiscoveryInvalid, ReportInvalid

_IDENTIFIER = r"[a-zA-Z0-9_-]+"
_TOPIC = re.compile(rf"(\w+)/(?:({_IDENTIFIER})/)?({_IDENTIFIER})/config", re.ASCII)

# What a device description says once for all its components.
_SHARED = (
    "availability",
    "availability_mode",
    "availability_template",
    "availability_topic",
    "command_topic",
    "device",
    "origin",
    "payload_available",
    "payload_not_available",
    "state_topic",
)


@dataclass(frozen=True, slots=True)
class Place:
    """What the topic of a discovery message says."""

    component: str
    """A domain, or `device` for a description of several components."""
    node_id: str | None
    object_id: str


@dataclass(frozen=True, slots=True)
class Described:
    """One component, as its device describes it."""

    key: str
    """Which of its message it is; empty where the message describes only one."""
    component: str
    options: dict[str, object]

    def section(self, name: str) -> dict[str, object]:
        """An option that is an object; empty where it is none."""
        value = self.options.get(name)
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Description:
    """What one message describes."""

    parts: tuple[Described, ...] = ()
    """None where the message withdraws what it described before."""
    problems: tuple[str, ...] = ()
    """What is wrong with components that are left out therefore."""
    handed_over: bool = False
    """The device is about to describe itself on another topic, and nothing changes yet."""


def place(topic: str, prefix: str) -> Place | None:
    """What a topic says; None where it is no discovery topic.

    Raises:
        DiscoveryInvalid: It is one, with characters that are not allowed there.
    """
    start = f"{prefix}/"
    if not (topic.startswith(start) and topic.endswith("/config")):
        return None
    match = _TOPIC.fullmatch(topic, len(start))
    if match is None:
        raise DiscoveryInvalid(
            f"found the topic {shown(topic)}, expected {prefix}/<component>/[<node>/]<id>/config"
        )
    return Place(match[1], match[2], match[3])


def described(where: Place, payload: bytes) -> Description:
    """What a message describes.

    Raises:
        DiscoveryInvalid: It is not what such a message has to be.
    """
    if not payload.strip():
        return Description()
    options = _options(payload)
    if options.get("migrate_discovery") is True:
        return Description(handed_over=True)
    if where.component != "device":
        return Description((Described("", where.component, _with_base(options, options.get("~"))),))
    components = options.get("components")
    if not isinstance(components, dict) or not components:
        raise DiscoveryInvalid(
            f"found {shown(components)} for components, expected an object that names some"
        )
    shared = {key: options[key] for key in _SHARED if key in options}
    found, problems = [], []
    for key, value in components.items():
        try:
            found.append(_component(key, value, shared, options.get("~")))
        except DiscoveryInvalid as error:
            problems.append(str(error))
    return Description(tuple(part for part in found if part is not None), tuple(problems))


def _options(payload: bytes) -> dict[str, object]:
    try:
        options = json.loads(text_of(payload))
    except (ReportInvalid, ValueError, RecursionError):
        raise DiscoveryInvalid(f"found {shown(payload)}, expected a JSON object") from None
    if not isinstance(options, dict):
        raise DiscoveryInvalid(f"found {shown(options)}, expected a JSON object")
    return _expanded(options)


def _component(key: str, value: object, shared: dict[str, object], base: object) -> Described | None:
    """A component; None where it is withdrawn, which is written as nothing but its platform."""
    if not isinstance(value, dict):
        raise DiscoveryInvalid(f"found {shown(value)} for component '{key}', expected an object")
    options = _expanded(value)
    platform = options.get("platform")
    if not isinstance(platform, str):
        raise DiscoveryInvalid(f"found {shown(platform)} as platform of component '{key}', expected a word")
    if value.keys() <= {"p", "platform"}:
        return None
    return Described(key, platform, _with_base(shared | options, options.get("~", base)))


def _expanded(options: dict[str, object]) -> dict[str, object]:
    full = abbreviations.expanded(options, abbreviations.OPTIONS)
    for name, table in (("device", abbreviations.DEVICE), ("origin", abbreviations.ORIGIN)):
        section = full.get(name)
        if isinstance(section, dict):
            full[name] = abbreviations.expanded(section, table)
    if "availability" in full:
        full["availability"] = [
            abbreviations.expanded(entry, abbreviations.OPTIONS) if isinstance(entry, dict) else entry
            for entry in _listed(full["availability"])
        ]
    return full


def _with_base(options: dict[str, object], base: object) -> dict[str, object]:
    """The options with `~` at either end of a topic replaced by the base topic."""
    if not isinstance(base, str):
        return options
    full = {key: _based(value, base) if key.endswith("topic") else value for key, value in options.items()}
    if "availability" in full:
        full["availability"] = [
            entry | {"topic": _based(entry.get("topic"), base)} if isinstance(entry, dict) else entry
            for entry in _listed(full["availability"])
        ]
    return full


def _based(topic: object, base: str) -> object:
    if not isinstance(topic, str) or "~" not in topic:
        return topic
    if topic.startswith("~"):
        topic = base + topic[1:]
    return topic[:-1] + base if topic.endswith("~") else topic


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
