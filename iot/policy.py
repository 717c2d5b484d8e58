"""Which commands are carried out, which only after a yes, and which never."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from paige.iot.command import SERVICES, Command
from paige.iot.entity import Entity

_RULE = re.compile(
    r"(?P<domain>\*|[a-z][a-z0-9_]*)(?:\.(?P<object_id>\S+)|:(?P<device_class>[a-z0-9_]+))?(?:\s+(?P<service>[a-z_]+))?"
)


class Decision(StrEnum):
    """What becomes of a command."""

    ALLOW = "allow"
    CONFIRM = "confirm"
    """It is carried out when the person says yes."""
    FORBID = "forbid"


@dataclass(frozen=True, slots=True)
class Rule:
    """Matches commands by whom they are for and what they ask; None matches any."""

    domain: str | None = None
    device_class: str | None = None
    entity_id: str | None = None
    service: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Rule":
        """Read a rule as the configuration writes it.

        `lock` (all of a domain), `cover:garage` (of one device class), `lock.front_door` (one entity) or `*`;
        a service may follow: `lock unlock`, `cover:garage open_cover`, `* toggle`.

        Raises:
            ValueError: It is none of these; the text says what is allowed.
        """
        found = _RULE.fullmatch(text.strip())
        if found is None or (found["domain"] == "*" and (found["object_id"] or found["device_class"])):
            raise ValueError(
                f"found '{text}'; allowed: a domain (lock), a device class (cover:garage), an entity "
                "(lock.front_door) or *, and a service after it where only that is meant (lock unlock)"
            )
        domain = None if found["domain"] == "*" else found["domain"]
        # A rule that can match nothing would be a prohibition that prohibits nothing.
        if domain is not None and domain not in SERVICES:
            raise ValueError(f"found '{text}'; allowed domains: {', '.join(sorted(SERVICES))}")
        services = frozenset[str]().union(*SERVICES.values()) if domain is None else SERVICES[domain]
        if found["service"] is not None and found["service"] not in services:
            raise ValueError(f"found '{text}'; allowed after it: {', '.join(sorted(services))}")
        entity_id = f"{domain}.{found['object_id']}" if found["object_id"] else None
        return cls(domain, found["device_class"], entity_id, found["service"])

    def matches(self, command: Command, entity: Entity) -> bool:
        """Whether it speaks of this command to this entity."""
        return (
            self.domain in (None, entity.domain)
            and self.device_class in (None, entity.device_class)
            and self.entity_id in (None, entity.id)
            and self.service in (None, command.service, _meaning(command, entity))
        )


def _rules(*texts: str) -> tuple[Rule, ...]:
    return tuple(Rule.parse(text) for text in texts)


ALWAYS_CONFIRMED = (
    "lock unlock",
    "lock open",
    "valve open_valve",
    "cover:garage open_cover",
    "cover:gate open_cover",
    "cover:door open_cover",
    "alarm_control_panel alarm_disarm",
)
"""What lets someone in, or water or gas out. Closing and locking need no confirmation.

A household adds to these, and makes exceptions by name: a list that replaced them would unlock the door
unasked for whoever wanted to be asked about the garage.
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules in three lists; where several match, a prohibition counts most, then a permission."""

    forbid: tuple[Rule, ...] = ()
    allow: tuple[Rule, ...] = ()
    """Exceptions from `confirm`."""
    confirm: tuple[Rule, ...] = _rules(*ALWAYS_CONFIRMED)

    @classmethod
    def parse(
        cls,
        confirm: Iterable[str] = (),
        forbid: Iterable[str] = (),
        allow: Iterable[str] = (),
    ) -> "Policy":
        """Rules as the configuration writes them; those of `confirm` besides `ALWAYS_CONFIRMED`.

        Raises:
            ValueError: A rule cannot be read; the text says which, and what is allowed.
        """
        return cls(_rules(*forbid), _rules(*allow), _rules(*ALWAYS_CONFIRMED, *confirm))

    def decide(self, command: Command, entity: Entity) -> Decision:
        """What becomes of `command` to `entity` as it is now."""
        for rules, decision in (
            (self.forbid, Decision.FORBID),
            (self.allow, Decision.ALLOW),
            (self.confirm, Decision.CONFIRM),
        ):
            if any(rule.matches(command, entity) for rule in rules):
                return decision
        return Decision.ALLOW

    def unclassified_covers(self, entities: Iterable[Entity]) -> tuple[Entity, ...]:
        """Covers that are opened without a yes because nobody said what they are: each may be a garage door.

        A device class says it, and so does any rule that speaks of opening it.
        """
        rules = (*self.forbid, *self.allow, *self.confirm)
        return tuple(
            entity
            for entity in entities
            if entity.domain == "cover"
            and entity.device_class is None
            and (entity.services or entity.dialect is None)  # what only reports opens nothing
            and not any(rule.matches(Command(entity.id, "open_cover"), entity) for rule in rules)
        )


def _meaning(command: Command, entity: Entity) -> str:
    """What a service comes to: a position other than shut opens, and so does a toggle of what is not open."""
    match entity.domain, command.service:
        case ("cover" | "valve") as domain, "set_cover_position" | "set_valve_position":
            return f"close_{domain}" if command.data.get("position") == 0 else f"open_{domain}"
        case ("cover" | "valve") as domain, "toggle":
            return f"close_{domain}" if entity.state in ("open", "opening") else f"open_{domain}"
        case "lock", "toggle":
            return "lock" if entity.state in ("unlocked", "unlocking", "open") else "unlock"
        case _:
            return command.service
