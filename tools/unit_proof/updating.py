"""Shows `paige update` where systemd runs, which is in a container, with whole programs.

    python -m paige.tools.unit_proof.updating [--suite bookworm]

A version comes from a stick; one that does not start, from an address, by the unit of updates as it is
confined; and the same once more, with the updater killed while it looks. Needs root, mmdebstrap and
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
    return show(options.suite, options.cache, _prepare, _proof)


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
    for version, to in (("98", "stick"), ("99", "served")):
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
    log = machine.ask("journalctl", "-u", "paige-update", "--no-pager", "--output=cat")
    told = next((line for line in log.splitlines() if line.startswith("program 99 failed")), log[-2000:])
    now = _runs(machine)
    yield Finding(now == f"active {_SLOTS}/a" and "the service" in told, f"by its unit: {told}; {now}")

    again = "nothing newer is there"
    machine.ask("systemctl", "start", "paige-update.service", seconds=_SECONDS)
    log = machine.ask("journalctl", "-u", "paige-update", "--no-pager", "--output=cat")
    yield Finding(again in log, f"the next night: {again if again in log else log[-2000:]}")
    yield _undone_without_the_updater(machine)


def _undone_without_the_updater(machine: Machine) -> Finding:
    """The updater is killed as soon as the version that does not start is in use."""
    machine.ask("systemctl", "reset-failed")
    served = "/served/" + machine.ask("sh", "-c", "cd /served; echo *.update")
    machine.ask("systemd-run", "--unit=hand", "--setenv=HOME=/root", _COMMAND, "update", served, "--again")
    began = time.monotonic()
    while machine.ask("readlink", f"{_SLOTS}/current") != "b":
        if time.monotonic() - began > _SECONDS:
            return Finding(
                False, "it was never in use:\n" + machine.ask("journalctl", "-u", "hand", "--no-pager")
            )
        time.sleep(0.05)
    machine.ask("systemctl", "kill", "--signal=KILL", "hand")
    began = time.monotonic()
    while _runs(machine) != f"active {_SLOTS}/a":
        if time.monotonic() - began > _SECONDS:
            return Finding(False, f"it was not undone: {_runs(machine)}")
        time.sleep(0.5)
    took = time.monotonic() - began
    status = machine.ask(_COMMAND, "update", "status").splitlines()[1]
    log = machine.ask("journalctl", "-u", "paige-rollback", "--no-pager", "--output=cat")
    return Finding(
        "program 99" in log,
        f"with the updater killed, undone after {took:.0f} s by paige-rollback: {status}",
    )


def _runs(machine: Machine) -> str:
    """How the service is, and the program that it runs."""
    words = machine.ask("sh", "-c", f"tr '\\0' ' ' </proc/{machine.property(_UNIT, 'MainPID')}/cmdline")
    program = next((word for word in words.split() if word.startswith("program=")), "program=none")
    return f"{machine.property(_UNIT, 'ActiveState')} {program.removeprefix('program=')}"


if __name__ == "__main__":
    sys.exit(main())
