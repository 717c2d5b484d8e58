"""An update from its bundle to its end: each step is written down before it is taken, and can be taken back.

1. the bundle is unpacked into the slot that is not in use, and tried there;
2. nobody talks with the service;
3. the journal says that a version is on trial;
4. `current` names its slot, the service is restarted, watched, and the version tried once more;
5. the journal says that it passed. Or that it failed; then `current` names what it did before, the service is
   restarted, and the journal says that the trial is over.

Wherever that is cut off, `recover` goes on: before 4 there was nothing, from 4 on the trial is judged again.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from paige.device.engagement import FILE, undisturbed
from paige.device.errors import UpdateBusy, UpdateFailed
from paige.device.updates.bundle import Bundle
from paige.device.updates.journal import Failure, Journal, Slot, Standing, Trial
from paige.device.updates.judging import Machine, Refusal, Wishes, judge
from paige.device.updates.manifest import Component, Version
from paige.device.updates.slots import WORK, Slots
from paige.device.updates.trying import Tried, Watch
from paige.device.updates.unit import Unit
from paige.models.store.disk import free

PATIENCE_SECONDS: Final = 3600.0
"""For a conversation to end; then the update is for another time."""
_LOCK: Final = "lock"


class End(StrEnum):
    """How an update ended."""

    PASSED = "passed"
    FAILED = "failed"
    POSTPONED = "postponed"


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a version that was tried."""

    component: Component
    version: Version
    end: End
    why: str = ""
    """A clause, where it did not pass."""

    def __str__(self) -> str:
        what = f"{self.component} {self.version}"
        match self.end:
            case End.PASSED:
                return f"{what} is in use"
            case End.FAILED:
                return f"{what} failed, and what ran before runs on: {self.why}"
            case End.POSTPONED:
                return f"{what} is ready, and for another time: {self.why}"


@dataclass(frozen=True, slots=True)
class Place:
    """What a slot of a component holds."""

    slot: Slot
    version: Version
    used: bool
    dated: date | None = None
    """When it was made, where that is said."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a component stands."""

    component: Component
    places: tuple[Place, ...]
    """Slots that are whole."""
    standing: Standing
    trial: Trial | None


@dataclass(frozen=True, slots=True)
class Updater:
    """Updates one machine; one at a time."""

    root: Path
    machine: Machine
    unit: Unit
    try_out: Tried
    watch: Watch = field(default_factory=Watch)
    told: Callable[[str], None] = lambda _: None
    """Told of each step, as a sentence."""
    patience: float = PATIENCE_SECONDS
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def take(self, bundle: Bundle, wishes: Wishes) -> Ended | Refusal:
        """Bring a version into use, if it is to be taken and does what it should.

        Raises:
            UpdateFailed: Another update is under way, or there is no room.
            BundleInvalid: A file of it is damaged.
            OSError: The disk does not take it.
        """
        with self._alone():
            self._recover(None)
            manifest, journal = bundle.manifest, Journal.load(self.root)
            refusal = judge(manifest, journal, self.machine, wishes)
            if refusal is not None:
                return refusal
            slots = Slots(self.root, manifest.component)
            to = (slots.current or Slot.B).other
            if slots.manifest(to) != manifest or slots.has_failed(to) or any(slots.faults(to)):
                self._room(manifest.size)
                self.told(f"{manifest.component} {manifest.version}: unpacking {manifest.size:,} bytes")
                slots.fill(to, bundle)
            self.told(f"{manifest.component} {manifest.version}: self-test")
            why = self.try_out(manifest.component, slots.path(to))
            if why is not None:
                failure = Failure(manifest.version, why, self._moment())
                journal.with_failure(manifest.component, failure).save(self.root)
                return Ended(manifest.component, manifest.version, End.FAILED, why)
            return self._begin(slots, to, manifest.version)

    def recover(self, failed: str | None = None) -> Ended | None:
        """Bring a trial to its end that was cut off; None where there is none.

        Args:
            failed: Why what is on trial must not stay, where that is known.

        Raises:
            UpdateFailed: An update is under way, which sees to it.
        """
        with self._alone():
            return self._recover(failed)

    def roll_back(self, component: Component) -> Place | None:
        """Use what was in use before; once more, and it is the newer again. None for what is installed.

        Raises:
            UpdateFailed: There is nothing to go back to, or it is damaged, or somebody talks.
        """
        with self._alone():
            self._recover(None)
            slots = Slots(self.root, component)
            now = slots.current
            other = (now or Slot.B).other
            found = slots.manifest(other)
            if now is None and found is None:
                raise UpdateFailed(f"{component}: nothing but what is installed was ever in use here")
            if found is not None:
                for fault in slots.faults(other):
                    raise UpdateFailed(f"{component} {found.version} cannot be used again: {fault}")
            with self._quiet() as quiet:
                if not quiet:
                    raise UpdateFailed("somebody talks with Paige; try again later")
                slots.use(None if found is None else other)
                self._restart(self.unit.state().wanted)
            return None if found is None else Place(other, found.version, used=True)

    def reports(self) -> tuple[Report, ...]:
        """How each component stands."""
        journal = Journal.load(self.root)
        return tuple(self._report(component, journal) for component in Component)

    def _report(self, component: Component, journal: Journal) -> Report:
        slots, places = Slots(self.root, component), []
        for slot in Slot:
            manifest = slots.manifest(slot)
            if manifest is not None:
                places.append(Place(slot, manifest.version, slots.current is slot, manifest.dated))
        trial = journal.trial if journal.trial and journal.trial.component is component else None
        return Report(component, tuple(places), journal.of(component), trial)

    def _begin(self, slots: Slots, to: Slot, version: Version) -> Ended:
        with self._quiet() as quiet:
            if not quiet:
                return Ended(slots.component, version, End.POSTPONED, "somebody talks with Paige")
            serves = self.unit.state().wanted
            trial = Trial(slots.component, version, to, slots.current, self._moment(), serves)
            replace(Journal.load(self.root), trial=trial).save(self.root)
            slots.use(to)
            self._restart(serves)
        return self._judge(trial)

    def _judge(self, trial: Trial) -> Ended:
        """See whether what runs now may stay."""
        slots = Slots(self.root, trial.component)
        why = None
        if trial.serves:
            self.told(f"{trial.component} {trial.version}: the service was restarted, and is watched")
            program = slots.path(trial.to) if trial.component is Component.PROGRAM else None
            why = self.watch(self.unit, program)
        if why is None:
            self.told(f"{trial.component} {trial.version}: self-test, in use")
            why = self.try_out(trial.component, slots.path(trial.to))
        if why is not None:
            return self._back(trial, why)
        Journal.load(self.root).passed(trial).save(self.root)
        return Ended(trial.component, trial.version, End.PASSED)

    def _back(self, trial: Trial, why: str) -> Ended:
        """Use what ran before."""
        self.told(f"{trial.component} {trial.version}: {why}; going back")
        trial, slots = replace(trial, failed=why), Slots(self.root, trial.component)
        journal = replace(Journal.load(self.root), trial=trial)
        journal.save(self.root)
        slots.mark_failed(trial.to)
        whole = trial.back is not None and slots.manifest(trial.back) is not None
        slots.use(trial.back if whole else None)
        self._restart(trial.serves)
        journal.failed(trial, self._moment()).save(self.root)
        return Ended(trial.component, trial.version, End.FAILED, why)

    def _recover(self, failed: str | None) -> Ended | None:
        self._sweep()
        journal = Journal.load(self.root)
        trial = journal.trial
        if trial is None:
            return None
        why = failed or trial.failed
        slots = Slots(self.root, trial.component)
        if (
            trial.failed is None and slots.linked is not trial.to
        ):  # it was cut off before anything was changed
            replace(journal, trial=None).save(self.root)
            return None
        if why is None and slots.current is not trial.to:
            why = "what was unpacked of it is damaged"
        if why is not None:
            return self._back(trial, why)
        with self._quiet() as quiet:
            if not quiet:
                return Ended(trial.component, trial.version, End.POSTPONED, "somebody talks with Paige")
            self._restart(trial.serves)
        return self._judge(trial)

    def _sweep(self) -> None:
        """Take away what is not whole and nobody uses."""
        shutil.rmtree(self.root / WORK)
        (self.root / WORK).mkdir()
        for component in Component:
            slots = Slots(self.root, component)
            for slot in Slot:
                if slots.linked is not slot and slots.path(slot).exists() and slots.manifest(slot) is None:
                    slots.empty(slot)

    def _restart(self, serves: bool) -> None:
        if serves:
            self.unit.restart()

    def _room(self, needed: int) -> None:
        there = free(self.root)
        if needed > there:
            raise UpdateFailed(
                f"{self.root}: {needed:,} bytes are needed there, and {there:,} are free; nothing was changed"
            )

    @contextmanager
    def _quiet(self) -> Iterator[bool]:
        def waiting() -> None:
            self.told("somebody talks with Paige; waiting until that is over")

        with undisturbed(self.root / FILE, self.patience, waiting) as quiet:
            yield quiet

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other update is under way; the kernel ends that with the process."""
        try:
            (self.root / WORK).mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError as error:
            raise UpdateFailed(f"{self.root}: only root may change this: sudo paige update …") from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UpdateBusy("another update is under way, and sees to itself") from None
            yield
        finally:
            os.close(descriptor)

    def _moment(self) -> str:
        return self.now().isoformat(timespec="seconds")
