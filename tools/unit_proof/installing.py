"""Shows `paige install` and `paige uninstall` where systemd runs, which is in a container.

    python -m paige.tools.unit_proof.installing [--suite bookworm]

Needs root, mmdebstrap and systemd-nspawn (Debian's systemd-container), and a Python of the suite's version.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from paige.tools.unit_proof.machine import Machine, booted, unpack_debian

_COMMAND = "/usr/local/bin/paige"
_READY = 120.0
"""Seconds for a service to become ready here."""


def main() -> int:
    """Prove it, and give the exit status: 1 where anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="bookworm", help="which Debian: bookworm or trixie")
    parser.add_argument("--cache", type=Path, default=Path(".cache/unit_proof"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="paige-installing-") as folder:
        root, console = Path(folder, "root"), Path(folder, "console")
        root.mkdir()
        unpack_debian(options.suite, options.cache, root)
        command = [sys.executable, "-m", "paige.device.cli", "install", "--root", str(root), "--yes"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 # our own words
        wrong = 0
        with booted(root, console) as machine:
            for good, text in _proof(machine):
                wrong += not good
                sys.stdout.write(f"{'ok   ' if good else 'WRONG'} {text}\n")
                sys.stdout.flush()
    return 1 if wrong else 0


def _proof(machine: Machine) -> Iterator[tuple[bool, str]]:
    def state(unit: str) -> str:
        return f"{machine.property(unit, 'ActiveState')}, {machine.ask('systemctl', 'is-enabled', unit)}"

    def paige(*words: str) -> str:
        return machine.ask(_COMMAND, *words, seconds=_READY)

    before = state("paige.service")
    said = paige("install", "--yes")
    yield state("paige.service") == "active, enabled", f"installed: {before} → {state('paige.service')}"
    if state("paige.service") != "active, enabled":
        yield False, said
    again = paige("install")
    yield "nothing is to be done" in again, f"once more: {again.splitlines()[-1]}"
    first = machine.property("paige.service", "ExecMainPID")
    machine.ask("touch", "/opt/paige/unfinished")
    paige("install", "--yes")
    other = machine.property("paige.service", "ExecMainPID")
    yield first != other, f"an installation that was cut off is completed: process {first} → {other}"
    machine.ask("sh", "-c", "systemctl stop paige; systemctl disable paige")
    paige("install", "--yes")
    yield state("paige.service") == "active, enabled", f"switched on again: {state('paige.service')}"
    paige("install", "--yes", "--satellite")
    both = f"{state('paige.service')}; the satellite {state('paige-satellite.service')}"
    yield both == "inactive, disabled; the satellite active, enabled", f"made a satellite: paige {both}"
    kept = paige("install")
    yield "nothing is to be done" in kept, f"and stays one: {kept.splitlines()[-1]}"
    yield _of_user(machine)
    gone = paige("uninstall", "--yes", "--purge")
    left = machine.ask(
        "sh",
        "-c",
        "find / -xdev -name '*paige*' -not -path '/proc/*'; systemctl list-units --all 'paige*' --plain -q",
    )
    yield left == "", f"uninstalled: {gone.splitlines()[-1]} {left or 'Nothing is left.'}"


def _of_user(machine: Machine) -> tuple[bool, str]:
    """The same for one user's session; the user is made for it, and removed."""
    machine.ask("useradd", "--create-home", "someone")
    number = machine.ask("id", "-u", "someone")
    # What logging in does, without logging in.
    machine.ask("install", "--directory", "--owner=someone", "--group=someone", f"/run/user/{number}")
    session = f"HOME=/home/someone XDG_RUNTIME_DIR=/run/user/{number}"
    manager = f"env {session} /usr/lib/systemd/systemd --user"
    machine.ask(
        "systemd-run", "--unit=session", f"--uid={number}", f"--gid={number}", "--property=Delegate=yes",
        "--property=Type=notify", "sh", "-c", f"exec {manager}",
    )  # fmt: skip

    def do(words: str) -> str:
        who = f"setpriv --reuid {number} --regid {number} --clear-groups env {session}"
        return machine.ask("sh", "-c", f"cd /home/someone; exec {who} {words}", seconds=_READY)

    said = do(f"{_COMMAND} install --user --yes")
    active = do("systemctl --user is-active paige.service")
    own = do("/home/someone/.local/bin/paige --version")
    do("/home/someone/.local/bin/paige uninstall --user --yes --purge")
    left = do("find /home/someone -not -type d -iname '*paige*'")
    machine.ask("systemctl", "stop", "session")
    machine.ask("userdel", "--remove", "someone")
    if active != "active" or left:
        return False, f"for one user: {said}\n{active} {left}"
    return True, f"for one user: {own}, {active}; uninstalled, nothing is left"


if __name__ == "__main__":
    sys.exit(main())
