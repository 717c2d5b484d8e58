"""Why a command was not carried out: a key that each language puts into words, and what it speaks of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Cause(StrEnum):
    """Each is a key of `causes` in a language's `responses.yaml`; in brackets, the fields of its `Why`."""

    NOT_DISCOVERED = "not_discovered"
    """No device has announced the entity."""
    UNAVAILABLE = "unavailable"
    GONE = "gone"
    """It became unavailable after the command."""
    NO_SERVICE = "no_service"
    """It does not accept the service (`service`)."""
    NO_FEATURE = "no_feature"
    """The attribute cannot be adjusted (`feature`)."""
    NO_VALUE = "no_value"
    """The service needs a value that the command lacks (`key`)."""
    WRONG_VALUE = "wrong_value"
    """A value is not of its kind (`key`, `value`)."""
    OUT_OF_RANGE = "out_of_range"
    """(`least`, `most`), in degrees Celsius; either may be None."""
    NO_MODE = "no_mode"
    """(`mode`)"""
    STATE_UNKNOWN = "state_unknown"
    """What it has to do depends on its state, and it has told none."""
    CODE_WANTED = "code_wanted"
    NOT_ENCODED = "not_encoded"
    """How its device describes the command does not work (`detail`, for whoever mends that)."""
    UNREACHED = "unreached"
    """The broker cannot be reached."""
    NOT_SENT = "not_sent"
    PARTLY_SENT = "partly_sent"
    UNACKNOWLEDGED = "unacknowledged"
    """The broker has not acknowledged it."""
    STATELESS = "stateless"
    """No state of it can show whether it was carried out."""
    SUPERSEDED = "superseded"
    """Another command followed."""
    NOT_ANSWERED = "not_answered"
    UNDER_WAY = "under_way"
    """It has begun, and is not done (`state`)."""
    FAULT = "fault"
    """It says that it could not (`state`)."""
    STATE_DIFFERS = "state_differs"
    """It says that it is otherwise (`state`)."""
    VALUE_DIFFERS = "value_differs"
    """Its state is as wanted, and another value is not."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a command was not carried out, or not for sure."""

    cause: Cause
    fields: Mapping[str, str | float | None] = field(default_factory=dict)

    def __str__(self) -> str:
        """For a trace, in no language."""
        return " ".join((self.cause, *(f"{key}={value}" for key, value in self.fields.items())))
