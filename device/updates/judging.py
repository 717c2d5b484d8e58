"""Whether an update is to be taken: pure."""

import os
import re
import sys
from dataclasses import dataclass
from enum import StrEnum

from paige.device.updates.journal import Journal
from paige.device.updates.manifest import Component, Made, Manifest, Version


class Why(StrEnum):
    """Why one is not."""

    OTHER_MACHINE = "other machine"
    NEEDS_NEWER = "needs a newer Paige"
    NOT_NEWER = "not newer"
    FAILED_BEFORE = "failed before"


@dataclass(frozen=True, slots=True)
class Refusal:
    """It is not taken."""

    why: Why
    text: str
    """For people: what was found, and what to do."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What an update must be for."""

    made: Made
    """Of the programs that run here."""
    paige: Version
    """The Paige that runs."""

    @classmethod
    def here(cls, paige: str) -> "Machine":
        """This one.

        Args:
            paige: The version of the Paige that runs, as the package has it.
        """
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        return cls(Made(python, os.uname().machine.lower()), version_of_package(paige))


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an owner wants in spite of all."""

    older: bool = False
    """Take one that is no newer than what ran before."""
    again: bool = False
    """Take one that has failed its trial."""


def version_of_package(text: str) -> Version:
    """The numbers that a package's version begins with; 0 where it begins with none."""
    found = re.match(r"[0-9]+(\.[0-9]+){0,3}", text)
    return Version((0,) if found is None else tuple(map(int, found[0].split("."))))


def judge(manifest: Manifest, journal: Journal, machine: Machine, wishes: Wishes) -> Refusal | None:
    """Why a bundle is not to be taken; None where it is.

    What has passed once is not taken again either, though something older runs now: who rolled it back had a
    reason, and whoever replays an old bundle has another.
    """
    name = f"{manifest.component} {manifest.version}"
    if manifest.made is not None and manifest.made != machine.made:
        its, ours = manifest.made, machine.made
        return Refusal(
            Why.OTHER_MACHINE,
            f"{name} is for Python {its.python} on {its.processor}, and this is {ours.python} on "
            f"{ours.processor}",
        )
    if manifest.needs > machine.paige:
        return Refusal(
            Why.NEEDS_NEWER,
            f"{name} needs Paige {manifest.needs} or newer, and this is {machine.paige}: update the program "
            "first",
        )
    failure = journal.of(manifest.component).failure(manifest.version)
    if failure is not None and not wishes.again:
        return Refusal(
            Why.FAILED_BEFORE,
            f"{name} was tried here on {failure.at[:10]} and failed: {failure.why}; --again tries it anew",
        )
    floor = _floor(manifest.component, journal, machine)
    if floor is not None and manifest.version <= floor and not wishes.older:
        return Refusal(
            Why.NOT_NEWER,
            f"{name} is not newer than {floor}, which is here or was; --allow-older takes it all the same",
        )
    return None


def _floor(component: Component, journal: Journal, machine: Machine) -> Version | None:
    """What an update must be newer than."""
    highest = journal.of(component).highest
    if component is not Component.PROGRAM:
        return highest
    return machine.paige if highest is None else max(highest, machine.paige)
