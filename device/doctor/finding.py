"""What an examination finds."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from paige.device.config.load import Loaded


class Verdict(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARNING = "warning"
    """Paige works, though not with all it could do."""
    WRONG = "wrong"
    """Something that was asked for does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    text: str
    """What is so."""
    remedy: str = ""
    """What to do about it; empty where there is nothing to do."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at, and how long that may take."""

    name: str
    """Such as `microphone`."""
    seconds: float
    """Time limit in seconds; on a slow board a model takes several to load."""
    run: Callable[[Loaded], Finding]


def ok(text: str) -> Finding:
    """All is well."""
    return Finding(Verdict.OK, text)


def warning(text: str, remedy: str) -> Finding:
    """It could be better."""
    return Finding(Verdict.WARNING, text, remedy)


def wrong(text: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(Verdict.WRONG, text, remedy)
