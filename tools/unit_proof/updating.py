"""Shows `paige update` where systemd runs, which is in a container, with whole programs.

    python -m paige.tools.unit_proof.updating [--suite bookworm]

A version comes from a stick; one that does not start, from an address, by the units of updates as they are
confined; and the same once more, with the updater killed while it looks. Then the power is cut while a
version is on trial: one that does what it should, and one that does not. Needs root, mmdebstrap and
systemd-nspawn (Debian's systemd-container), and a Python of the suite's version.
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from minisign import KeyPair

from paige.device.updates.manifest import Component, Made, Version
from paige.tools.unit_proof.machine import Machine
from paige.tools.unit_proof.showing import Finding, install_checkout, show
from paige.tools.update_bundle.making import Wanted, write

_COMMAND: Final = "/usr/local/bin/paige"
_UNIT: Final = "paige.service"
_INSTALLED: Final = "opt/paige/program"
_SLOTS: Final = "/var/lib/paige-updates/program"
_SECONDS: Final = 900.0
_BROKEN: Final = 'raise SystemExit("this version does not start")\n'
"""In the place of `paige run`; the self-test does not need that."""


def main() -> int:
    """Prove it, and give the exit status: 1 where anything is not as it must be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suite", default="bookworm", help="which Debian: bookworm or trixie")
    parser.add_argument("--cache", type=Path, default=Path(".cache/unit_proof"))
    options = parser.parse_args()
    return show(options.suite, options.cache, _prepare, _proof, _after_a_cut, _after_another)


def _prepare(root: Path, work: Path) -> None:
    install_checkout(root)
    _make_bundles(root, work)


def _make_bundles(root: Path, work: Path) -> None:
    """The installed program as a newer version, and one that does not start."""
    pair = KeyPair.generate()
    keys = root / "etc/paige/update-keys"
    keys.mkdir(parents=True)
    (keys / "proof.pub").write_bytes(bytes(pair.public_key) + b"\n")
    installed = root / _INSTALLED
    (note,) = installed.glob("paige-*.dist-info")
    made = Made((installed / "PYTHON").read_text().strip(), os.uname().machine)
    for version, to in (("98", "stick"), ("99", "served"), ("100", "later")):
        program = work / version
        shutil.copytree(installed, program)
        (program / note.name).rename(program / f"paige-{version}.dist-info")
        metadata = program / f"paige-{version}.dist-info" / "METADATA"
        was = note.name.removeprefix("paige-").removesuffix(".dist-info")
        metadata.write_text(metadata.read_text().replace(f"\nVersion: {was}\n", f"\nVersion: {version}\n"))
        if to == "served":
            (program / "paige/device/cli/run.py").write_text(_BROKEN)
        wanted = Wanted(program, Component.PROGRAM, Version.parse(version), Version((0,)), made)
        write(wanted, pair.secret_key, root / to)
        shutil.rmtree(program)


def _proof(machine: Machine) -> Iterator[Finding]:
    def paige(*words: str) -> str:
        return machine.ask(_COMMAND, *words, seconds=_SECONDS)

    paige("install", "--yes")
    was = _runs(machine)
    yield Finding(was == f"active /{_INSTALLED}", f"installed: {was}")

    began = time.monotonic()
    said = paige("update", "/stick")
    told = next((line for line in said.splitlines() if line.endswith("is in use")), said)
    now = _runs(machine)
    yield Finding(
        now == f"active {_SLOTS}/a", f"from a stick in {time.monotonic() - began:.0f} s: {told}; {now}"
    )

    machine.ask("sh", "-c", "echo 'updates: {url: http://localhost:8000/served}' >>/etc/paige/paige.yaml")
    machine.ask("systemd-run", "--unit=server", "python3", "-m", "http.server", "--directory=/", "8000")
    machine.ask("systemctl", "start", "paige-update.service", seconds=_SECONDS)
    fetched = _said(machine, "paige-fetch", "program 99 was fetched")
    owners = machine.ask("sh", "-c", "stat -c '%u %A' /var/cache/paige-fetch/*.update").split()
    yield Finding(
        "was fetched" in fetched and owners[:1] not in ([], ["0"]),
        f"by its unit: {fetched}, as user {' '.join(owners)}",
    )
    told = _said(machine, "paige-update", "program 99 failed")
    now = _runs(machine)
    yield Finding(now == f"active {_SLOTS}/a" and "the service" in told, f"by its unit: {told}; {now}")

    machine.ask("systemctl", "start", "paige-update.service", seconds=_SECONDS)
    again = _said(machine, "paige-fetch", "nothing newer is there")
    left = machine.ask("find", "/var/cache/paige-fetch/", "-name", "*.update")
    yield Finding("nothing newer" in again and not left, f"the next night: {again} {left}")
    yield _undone_without_the_updater(machine)
    yield _put_on_trial(machine, "100", "/later/*.update")


def _after_a_cut(machine: Machine) -> Iterator[Finding]:
    """The power was cut while a version that does what it should was on trial."""
    yield _ended_at_boot(machine, f"active {_SLOTS}/b", "program 100 is in use")
    yield _put_on_trial(machine, "99", "/served/*.update", "--again", "--allow-older")


def _after_another(machine: Machine) -> Iterator[Finding]:
    """It was cut while one was on trial that does not start."""
    yield _ended_at_boot(machine, f"active {_SLOTS}/b", "program 99 failed")
    machine.ask("systemctl", "restart", _UNIT, seconds=_SECONDS)
    skipped = machine.until("paige-recover.service", "Result", "exec-condition", 30)
    yield Finding(skipped is not None, "where nothing is on trial, paige-recover ends by its condition")


def _ended_at_boot(machine: Machine, expected: str, said: str) -> Finding:
    """Nobody asks for it."""
    began = time.monotonic()
    busy = ("activating", "deactivating")
    while _trial(machine) or machine.property("paige-recover.service", "ActiveState") in busy:
        if time.monotonic() - began > _SECONDS:
            return Finding(False, f"after a cut of power the trial was not ended: {_runs(machine)}")
        time.sleep(0.5)
    took = time.monotonic() - began
    machine.until(_UNIT, "ActiveState", "active", _SECONDS)
    told = machine.ask("journalctl", "-b", "-u", "paige-recover", "-u", "paige-rollback", "--output=cat")
    line = next((line for line in told.splitlines() if line.startswith(said)), told[-2000:])
    now = _runs(machine)
    return Finding(
        now == expected and line.startswith(said),
        f"after a cut of power, {took:.0f} s after boot: {line}; {now}",
    )


def _said(machine: Machine, unit: str, begin: str) -> str:
    """The line of a unit's log that begins so; the end of the log where there is none."""
    log = machine.ask("journalctl", "-u", unit, "--no-pager", "--output=cat")
    return next((line for line in log.splitlines() if line.startswith(begin)), log[-2000:])


def _put_on_trial(machine: Machine, version: str, bundle: str, *words: str) -> Finding:
    """An update by hand, until the service was started anew for it, and nobody has judged it yet."""
    machine.ask("systemctl", "reset-failed")
    file = machine.ask("sh", "-c", f"echo {bundle}")
    before = machine.property(_UNIT, "MainPID")
    machine.ask("systemd-run", "--unit=hand", "--setenv=HOME=/root", _COMMAND, "update", file, *words)
    began = time.monotonic()
    while f'"version": "{version}"' not in _trial(machine) or machine.property(_UNIT, "MainPID") == before:
        if time.monotonic() - began > _SECONDS:
            log = machine.ask("journalctl", "-u", "hand", "--no-pager")
            return Finding(False, f"it was never in use:\n{log[-2000:]}")
        time.sleep(0.05)
    return Finding(True, f"program {version} is on trial")


def _trial(machine: Machine) -> str:
    """What the journal says of a trial; nothing where there is none."""
    return machine.ask("sed", "-n", '/"trial": {/,/}/p', "/var/lib/paige-updates/journal.json")


def _undone_without_the_updater(machine: Machine) -> Finding:
    """The updater is killed as soon as the version that does not start is in use."""
    on_trial = _put_on_trial(machine, "99", "/served/*.update", "--again")
    if not on_trial.good:
        return on_trial
    machine.ask("systemctl", "kill", "--signal=KILL", "hand")
    began = time.monotonic()
    while _runs(machine) != f"active {_SLOTS}/a":
        if time.monotonic() - began > _SECONDS:
            return Finding(False, f"it was not undone: {_runs(machine)}")
        time.sleep(0.5)
    took = time.monotonic() - began
    status = machine.ask(_COMMAND, "update", "status").splitlines()[1]
    units = ("paige-recover", "paige-rollback")
    by = [unit for unit in units if "program 99 failed" in _said(machine, unit, "program 99 failed")]
    return Finding(
        bool(by), f"with the updater killed, undone after {took:.0f} s by {' and '.join(by)}: {status}"
    )


def _runs(machine: Machine) -> str:
    """How the service is, and the program that it runs."""
    words = machine.ask("sh", "-c", f"tr '\\0' ' ' </proc/{machine.property(_UNIT, 'MainPID')}/cmdline")
    program = next((word for word in words.split() if word.startswith("program=")), "program=none")
    return f"{machine.property(_UNIT, 'ActiveState')} {program.removeprefix('program=')}"


if __name__ == "__main__":
    sys.exit(main())
