"""Shows `paige install` and `paige uninstall` where systemd runs, which is in a container.

    python -m paige.tools.unit_proof.installing [--suite bookworm]

Needs root, mmdebstrap and systemd-nspawn (Debian's systemd-container), and a Python of the suite's version.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from paige.tools.unit_proof.machine import Machine
from paige.tools.unit_proof.showing import Finding, install_checkout, show

_COMMAND = "/usr/local/bin/paige"
_READY = 120.0
"""Seconds for a service to become ready here."""


def main() -> int:
    """Prove it, and give the exit status: 1 where anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="bookworm", help="which Debian: bookworm or trixie")
    parser.add_argument("--cache", type=Path, default=Path(".cache/unit_proof"))
    options = parser.parse_args()
    return show(options.suite, options.cache, lambda root, _: install_checkout(root), _proof)


def _proof(machine: Machine) -> Iterator[Finding]:
    def state(unit: str) -> str:
        return f"{machine.property(unit, 'ActiveState')}, {machine.ask('systemctl', 'is-enabled', unit)}"

    def paige(*words: str) -> str:
        return machine.ask(_COMMAND, *words, seconds=_READY)

    before = state("paige.service")
    said = paige("install", "--yes")
    yield Finding(
        state("paige.service") == "active, enabled", f"installed: {before} → {state('paige.service')}"
    )
    if state("paige.service") != "active, enabled":
        yield Finding(False, said)
    again = paige("install")
    yield Finding("nothing is to be done" in again, f"once more: {again.splitlines()[-1]}")
    first = machine.property("paige.service", "ExecMainPID")
    machine.ask("touch", "/opt/paige/unfinished")
    paige("install", "--yes")
    other = machine.property("paige.service", "ExecMainPID")
    yield Finding(first != other, f"an installation that was cut off is completed: process {first} → {other}")
    machine.ask("sh", "-c", "systemctl stop paige; systemctl disable paige")
    paige("install", "--yes")
    yield Finding(state("paige.service") == "active, enabled", f"switched on again: {state('paige.service')}")
    paige("install", "--yes", "--satellite")
    both = f"{state('paige.service')}; the satellite {state('paige-satellite.service')}"
    yield Finding(
        both == "inactive, disabled; the satellite active, enabled", f"made a satellite: paige {both}"
    )
    kept = paige("install")
    yield Finding("nothing is to be done" in kept, f"and stays one: {kept.splitlines()[-1]}")
    found = [line.split(maxsplit=1)[1] for line in paige("doctor").splitlines()]
    hub = next((one for one in found if one.startswith("assistant")), "")
    asked = any(one.startswith("broker") for one in found)
    yield Finding("waits for an assistant" in hub and not asked, f"its doctor asks for no broker: {hub}")
    yield _of_user(machine)
    gone = paige("uninstall", "--yes", "--purge")
    left = machine.ask(
        "sh",
        "-c",
        "find / -xdev -name '*paige*' -not -path '/proc/*'; systemctl list-units --all 'paige*' --plain -q",
    )
    yield Finding(left == "", f"uninstalled: {gone.splitlines()[-1]} {left or 'Nothing is left.'}")


def _of_user(machine: Machine) -> Finding:
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
        return Finding(False, f"for one user: {said}\n{active} {left}")
    return Finding(True, f"for one user: {own}, {active}; uninstalled, nothing is left")


if __name__ == "__main__":
    sys.exit(main())
