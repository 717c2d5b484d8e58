"""What is known of updates, in one file that is written before each step and read after a cut of power."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from paige.device.errors import UpdateFailed
from paige.device.updates.manifest import Component, Version
from paige.models.store.disk import put

JOURNAL: Final = "journal.json"
FORMAT: Final = 1
"""A program that is older may have to read it, to roll back: what is added must be of no account to it."""
_REMEMBERED: Final = 20
"""Failures of each component; an older one is too old to be taken again anyway."""


class Slot(StrEnum):
    """One of the two places of a component."""

    A = "a"
    B = "b"

    @property
    def other(self) -> "Slot":
        """The one that is not this."""
        return Slot.B if self is Slot.A else Slot.A


@dataclass(frozen=True, slots=True)
class Failure:
    """A version that was tried and did not do."""

    version: Version
    why: str
    at: str
    """When; ISO 8601."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one component."""

    highest: Version | None = None
    """The newest that has passed its trial, whatever runs now; None for none yet."""
    failures: tuple[Failure, ...] = ()
    """The latest last."""

    def failure(self, version: Version) -> Failure | None:
        """How a version failed, if it did."""
        return next((one for one in reversed(self.failures) if one.version == version), None)


@dataclass(frozen=True, slots=True)
class Trial:
    """A version that is being tried out: it runs, but nobody has said yet that it may stay."""

    component: Component
    version: Version
    to: Slot
    back: Slot | None
    """What ran before; None for what is installed."""
    began: str
    """When; ISO 8601."""
    serves: bool
    """Whether the service ran before; else nobody is to start it."""
    failed: str | None = None
    """Why it must not stay; None as long as that is not known."""


@dataclass(frozen=True, slots=True)
class Journal:
    """All of it."""

    standings: Mapping[Component, Standing] = field(default_factory=dict)
    trial: Trial | None = None

    def of(self, component: Component) -> Standing:
        """What is known of a component."""
        return self.standings.get(component, Standing())

    def passed(self, trial: Trial) -> "Journal":
        """The trial is over, and its version stays."""
        known = self.of(trial.component)
        highest = max(trial.version, known.highest or trial.version)
        failures = tuple(one for one in known.failures if one.version != trial.version)
        return self._with(trial.component, Standing(highest, failures))

    def failed(self, trial: Trial, at: str) -> "Journal":
        """The trial is over, and its version is not tried again by itself."""
        known = self.with_failure(trial.component, Failure(trial.version, trial.failed or "", at))
        return replace(known, trial=None)

    def with_failure(self, component: Component, failure: Failure) -> "Journal":
        """A version did not do, and is not tried again by itself."""
        known = self.of(component)
        others = tuple(one for one in known.failures if one.version != failure.version)
        changed = replace(known, failures=(*others, failure)[-_REMEMBERED:])
        return replace(self, standings={**self.standings, component: changed})

    def _with(self, component: Component, standing: Standing) -> "Journal":
        return Journal({**self.standings, component: standing})

    def to_json(self) -> str:
        """The text of the file."""
        data: dict[str, Any] = {"format": FORMAT, "components": {}, "trial": None}
        for component, one in sorted(self.standings.items()):
            data["components"][str(component)] = {
                "highest": None if one.highest is None else str(one.highest),
                "failed": [
                    {"version": str(failure.version), "why": failure.why, "at": failure.at}
                    for failure in one.failures
                ],
            }
        if self.trial is not None:
            trial = self.trial
            data["trial"] = {
                "component": str(trial.component),
                "version": str(trial.version),
                "to": str(trial.to),
                "back": None if trial.back is None else str(trial.back),
                "began": trial.began,
                "serves": trial.serves,
                "failed": trial.failed,
            }
        return json.dumps(data, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: bytes) -> "Journal":
        """What a file says.

        Raises:
            ValueError: It is damaged.
        """
        try:
            return _journal(json.loads(text))
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    @classmethod
    def load(cls, root: Path) -> "Journal":
        """What is known; nothing where there were no updates yet.

        Raises:
            UpdateFailed: The file cannot be read.
        """
        file = root / JOURNAL
        try:
            return cls.from_json(file.read_bytes())
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise UpdateFailed(f"{file}: this cannot be read: {error.strerror or error}") from error
        except ValueError as error:
            raise UpdateFailed(
                f"{file}: what is known of updates is damaged ({error}); take the file away: which versions "
                "were tried is forgotten then"
            ) from error

    def save(self, root: Path) -> None:
        """Put it on the disk, in one step."""
        put(self.to_json(), root / JOURNAL, root / "work" / JOURNAL)


def _journal(data: Any) -> Journal:  # noqa: ANN401  # JSON
    if data["format"] != FORMAT:
        raise ValueError(f"format {FORMAT} was expected, found {data['format']}")
    known = {Component(str(one)) for one in Component}
    standings = {Component(name): _standing(one) for name, one in data["components"].items() if name in known}
    return Journal(standings, None if data["trial"] is None else _trial(data["trial"]))


def _standing(data: Mapping[str, Any]) -> Standing:
    highest = data["highest"]
    failures = (
        Failure(Version.parse(one["version"]), str(one["why"]), str(one["at"])) for one in data["failed"]
    )
    return Standing(None if highest is None else Version.parse(highest), tuple(failures))


def _trial(data: Mapping[str, Any]) -> Trial:
    return Trial(
        Component(data["component"]),
        Version.parse(data["version"]),
        Slot(data["to"]),
        None if data["back"] is None else Slot(data["back"]),
        str(data["began"]),
        data["serves"] is True,
        None if data["failed"] is None else str(data["failed"]),
    )
