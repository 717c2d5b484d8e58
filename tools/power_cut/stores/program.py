"""What `paige install` puts on a machine: a program, the command, units, a configuration to begin with."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from paige.device.install.carry import carry_out, take_back
from paige.device.install.folder import Copy
from paige.device.install.place import Places, of_machine
from paige.device.install.plan import installation, removal
from paige.device.install.program import Member, Program
from paige.device.install.step import Plan
from paige.device.install.text import Text
from paige.tools.power_cut.prove import Promise
from paige.tools.power_cut.stores.house import Unexpected

_UNFINISHED: Final = "unfinished, and says so"
_OLDER: Final = "# as an earlier version had it\n"


class InstallStore:
    """A small program is installed, a newer one takes its place, and it is removed.

    An installation that was cut off is not ended by itself: its owner gives the same command again. Until
    then a file says that it is not finished, and each file is as before or as wanted.
    """

    name = "install"
    megabytes = 32
    between = frozenset({_UNFINISHED})

    def write(self, card: Path, promised: Promise) -> None:
        """See `Store`."""
        places = of_machine(card)
        for version in self._plans(places):
            carry_out(version, places.unfinished, lambda _: None)
            promised("installed")
        take_back(removal(places, services=False, purge=False), lambda _: None)
        promised("removed")

    def look(self, card: Path) -> str:
        """See `Store`."""
        places = of_machine(card)
        old, new = self._plans(places)
        for step, other in zip(old.steps, new.steps, strict=True):
            if isinstance(step, Text) and isinstance(other, Text):
                if step.path.exists() and not (step.done() or other.done()):
                    raise Unexpected(f"{step.path.relative_to(card)} is torn")
            elif isinstance(step, Copy) and step.path.exists():
                _check(step.path, self._programs)
        if places.unfinished.exists():
            return _UNFINISHED
        done = [name for name, plan in (("old", old), ("new", new)) if all(one.done() for one in plan.steps)]
        if done:
            return done[0]
        nothing = removal(places, services=False, purge=False)
        return "nothing" if all(one.undone() for one in nothing.steps) else "a part, and says nothing of it"

    def _plans(self, places: Places) -> tuple[Plan, Plan]:
        old, new = (installation(places, program, services=False) for program in self._programs)
        texts = [replace(one, text=one.text + _OLDER) if isinstance(one, Text) else one for one in old.steps]
        return Plan(tuple(texts)), new

    @cached_property
    def _programs(self) -> tuple[Program, Program]:
        self._work = TemporaryDirectory()
        return _program(Path(self._work.name), "1", 40), _program(Path(self._work.name), "2", 60)


def _program(work: Path, version: str, lines: int) -> Program:
    members = [Member(PurePosixPath("PYTHON"), b"3.11\n")]
    for number in range(5):
        file = work / version / f"module_{number}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"VALUE = {version!r}\n" * lines * (number + 1))
        members.append(Member(PurePosixPath("paige", file.name), file))
    return Program(version, "3.11", tuple(members), {})


def _check(folder: Path, programs: tuple[Program, ...]) -> None:
    """See that a program is one of these, in all of its bytes."""
    found = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    if found not in [
        {
            str(one.path): one.source if isinstance(one.source, bytes) else one.source.read_bytes()
            for one in members
        }
        for members in (program.members for program in programs)
    ]:
        raise Unexpected(f"{folder.name} is torn")
