"""What becomes of an intent in a home: commands, a question back, an answer, or a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from paige.iot.command import Command
from paige.iot.entity import Entity
from paige.models.intent import Intent


class Reason(StrEnum):
    """Why nothing is done; each is a key of `errors` in a language's `responses.yaml`."""

    NOT_SUPPORTED = "not_supported"
    """The intent is none that can be carried out."""
    UNAVAILABLE = "unavailable"
    FORBIDDEN = "forbidden"
    NO_AREA = "no_area"
    NO_FLOOR = "no_floor"
    NO_DOMAIN = "no_domain"
    NO_DOMAIN_IN_AREA = "no_domain_in_area"
    NO_DOMAIN_IN_FLOOR = "no_domain_in_floor"
    NO_DEVICE_CLASS = "no_device_class"
    NO_DEVICE_CLASS_IN_AREA = "no_device_class_in_area"
    NO_DEVICE_CLASS_IN_FLOOR = "no_device_class_in_floor"
    NO_ENTITY = "no_entity"
    NO_ENTITY_NEAREST = "no_entity_nearest"
    NO_ENTITY_IN_AREA = "no_entity_in_area"
    NO_ENTITY_IN_FLOOR = "no_entity_in_floor"
    WRONG_STATE = "entity_wrong_state"
    """Nothing is in the state that the intent is about, such as `playing`."""
    FEATURE_NOT_SUPPORTED = "feature_not_supported"
    NOTHING_LEFT = "nothing_left"
    """All that is meant is left out again."""
    UNKNOWN_STATE = "unknown_state"
    """What is to be changed relative to its state has not reported one."""
    AT_ITS_END = "at_its_end"
    """What is to go further is as far as it goes."""
    IS_OFF = "is_off"
    """What is off cannot become less."""
    TIMER_NOT_FOUND = "timer_not_found"
    TIMER_TOO_LONG = "timer_too_long"
    TIMER_PASSED = "timer_passed"
    """The time of day that was said is over, or there is none such."""
    TIMER_REPEATED = "timer_repeated"
    """It is to ring again and again; ours ring once."""
    CLOCK_WRONG = "clock_wrong"
    """A time of day was said, and the machine does not know what time it is."""
    LIST_NOT_FOUND = "list_not_found"
    ITEM_NOT_FOUND = "item_not_found"
    ITEM_ALREADY_THERE = "item_already_there"
    NOBODY_KEEPS_IT = "no_service"
    """Timers and lists want somebody who stays."""
    NOT_KEPT = "handle_error"
    """It could not be written down."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is done."""

    reason: Reason
    fields: Mapping[str, str] = field(default_factory=dict)
    """What the text speaks of: `entity`, `area`, `floor`, `domain`, `device_class`, `state`, `nearest`,
    `reason`."""
    entities: tuple[Entity, ...] = ()
    """Those it is about, where it is about known ones; the field `entity` names it where it is one."""

    @property
    def entity(self) -> Entity | None:
        """The first one it is about."""
        return self.entities[0] if self.entities else None


@dataclass(frozen=True, slots=True)
class Commands:
    """To be carried out now, all at the same time."""

    commands: tuple[Command, ...]
    refused: tuple[Refused, ...] = ()
    """Of a group, those that are not commanded although they were meant, and why."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """To be carried out when the person says yes."""

    commands: tuple[Command, ...]
    entities: tuple[Entity, ...]
    """Those for which the policy wants a yes."""
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question."""

    label: str
    """As a person would say it: a name of the home, no sentence."""
    entity_ids: frozenset[str] = frozenset()
    area: str | None = None
    timer_ids: frozenset[int] = frozenset()
    names: tuple[str, ...] = ()
    """What it is called besides, where the home has no such name."""


class Asks(StrEnum):
    """What a question asks for."""

    WHICH = "which"
    """Which entity or timer, where several fit what was said."""
    AREA = "area"
    """In which area, where none was said and that of the speaker is not known."""


@dataclass(frozen=True, slots=True)
class Question:
    """It is not clear what is meant. See `paige.iot.choice` for what becomes of an answer."""

    asks: Asks
    intent: Intent
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked, from what entities have said."""

    matched: tuple[Entity, ...] = ()
    """Those that are as was asked; where no state was asked for, those whose state is known."""
    unmatched: tuple[Entity, ...] = ()
    unknown: tuple[Entity, ...] = ()
    """Those that have not told their state, or cannot be reached."""


class Keeper(StrEnum):
    """Who answers what is not about entities."""

    TIMERS = "timers"
    """See `paige.iot.timers`."""
    LISTS = "lists"
    """See `paige.iot.lists`."""
    CLOCK = "clock"
    TALK = "talk"
    """A greeting, a `never mind`."""


@dataclass(frozen=True, slots=True)
class Local:
    """It is not about entities."""

    keeper: Keeper


Resolution = Commands | Confirmation | Question | Answer | Refused | Local
