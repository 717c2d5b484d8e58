"""Versions of a program: one that does, one that fails after the switch, and one more."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from minisign import KeyPair

from paige.device.install.plan import FIRMWARE
from paige.device.updates.bundle import Bundle
from paige.device.updates.journal import Journal
from paige.device.updates.judging import Machine, Wishes
from paige.device.updates.manifest import Component, Version
from paige.device.updates.slots import Slots
from paige.device.updates.trust import TrustedKeys
from paige.device.updates.unit import State, Unit
from paige.device.updates.updating import Updater
from paige.tools.power_cut.prove import Promise
from paige.tools.power_cut.stores.house import Unexpected
from paige.tools.update_bundle.making import Wanted, write

_INSTALLED, _BROKEN = "0.1.0", "0.3.0"
_VERSIONS: Final = ("0.2.0", _BROKEN, "0.4.0", "0.5.0")
_HERE: Final = Machine.here(_INSTALLED)
_FILES: Final = 12
"""Of a version; some are larger than what a card writes at once."""


class UpdatesStore:
    """The real updater, without a service: what a trial says is known by the version."""

    name = "updates"
    megabytes = 32
    between: frozenset[str] = frozenset()

    def write(self, card: Path, promised: Promise) -> None:
        """See `Store`."""
        for bundle in self._bundles:
            version = bundle.manifest.version
            ended = self._updater(card).take(bundle, Wishes())
            promised(f"{version}: {ended}")
        self._updater(card).roll_back(Component.PROGRAM)
        promised("rolled back")

    def look(self, card: Path) -> str:
        """See `Store`."""
        begins = self._boots(card)
        ended = self._updater(card).recover()
        slots, journal = Slots(self._root(card), Component.PROGRAM), Journal.load(self._root(card))
        if journal.trial is not None or (ended is not None and self._updater(card).recover() is not None):
            raise Unexpected("a trial is not over")
        used = slots.current
        if faults := [] if used is None else [*slots.faults(used)]:
            raise Unexpected(faults[0])
        if begins not in (_INSTALLED, *_VERSIONS):
            raise Unexpected(f"{begins} is started")
        known = journal.of(Component.PROGRAM)
        failed = [str(one.version) for one in known.failures]
        return f"{self._boots(card)} runs, {known.highest} passed, {failed} failed"

    @cached_property
    def _bundles(self) -> list[Bundle]:
        pair = KeyPair.generate()
        self._work = TemporaryDirectory()
        work = Path(self._work.name)
        (work / "keys").mkdir()
        (work / "keys/own.pub").write_bytes(bytes(pair.public_key) + b"\n")
        keys = TrustedKeys.load(work / "keys")
        bundles = []
        for version in _VERSIONS:
            wanted = Wanted(
                _program(work / version, version),
                Component.PROGRAM,
                Version.parse(version),
                Version.parse("0"),
                _HERE.made,
            )
            bundles.append(Bundle(write(wanted, pair.secret_key, work / f"{version}-made"), keys))
        return bundles

    def _root(self, card: Path) -> Path:
        return card / "var/lib/paige-updates"

    def _updater(self, card: Path) -> Updater:
        unit: Unit = _Service()
        return Updater(
            self._root(card),
            _HERE,
            unit,
            lambda component, slot: None,
            lambda unit, program: _verdict(program),  # type: ignore[arg-type]  # called alike
            patience=0.0,
            now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        )

    def _boots(self, card: Path) -> str:
        """The version that the launcher starts."""
        installed, names = _program(card.with_name("installed"), _INSTALLED), card.with_name("names")
        names.mkdir(exist_ok=True)
        python = names / f"python{_HERE.made.python}"
        python.write_text('#!/bin/sh\necho "$PYTHONPATH"\n')
        python.chmod(0o755)
        text = (FIRMWARE / "launcher/paige").read_text().replace("/usr/lib/paige/program", str(installed))
        said = subprocess.run(  # noqa: S603 # our own launcher
            ["/bin/sh", "-c", text.replace("/var/lib/paige-updates", str(self._root(card)))],
            env={"PATH": f"{names}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        return _version(Path(said))


class _Service:
    """Runs what the launcher starts, as far as the updater can see."""

    def state(self) -> State:
        """See `Unit`."""
        return State(running=True)

    def restart(self) -> None:
        """See `Unit`."""


def _verdict(program: Path | None) -> str | None:
    return "it does not do" if program is not None and _version(program) == _BROKEN else None


def _version(program: Path) -> str:
    (note,) = program.glob("paige-*.dist-info")
    return note.name.removeprefix("paige-").removesuffix(".dist-info")


def _program(folder: Path, version: str) -> Path:
    """A program, as far as launcher and updater are concerned."""
    if folder.exists():
        shutil.rmtree(folder)
    (folder / f"paige-{version}.dist-info").mkdir(parents=True)
    (folder / f"paige-{version}.dist-info/METADATA").write_text(f"Name: paige\nVersion: {version}\n")
    (folder / "PYTHON").write_text(f"{_HERE.made.python}\n")
    for number in range(_FILES):
        text = f"VALUE = {version!r}\n" * (1 + 100 * number)
        (folder / f"module_{number}.py").write_text(text)
    return folder
