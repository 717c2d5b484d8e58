"""What `paige install` and `paige uninstall` have in common: where, what systemd does, and the question."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded only when the command runs: `paige --help` stays fast
    from argparse import _MutuallyExclusiveGroup

    from paige.device.install.place import Places


def options(parser: ArgumentParser) -> "_MutuallyExclusiveGroup":
    """Add the options of both; gives the group of those of which there can be one."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--user", action="store_true", help="for your session alone, without sudo")
    where.add_argument("--root", type=Path, metavar="DIR", help="in DIR in place of /; nothing is started")
    parser.add_argument("--dry-run", action="store_true", help="show the plan and end")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return where


def places_of(arguments: Namespace) -> "Places":
    """Where things belong."""
    from paige.device.install.place import of_machine, of_user

    if arguments.user:
        return of_user(Path.home())
    return of_machine(arguments.root.absolute() if arguments.root else Path("/"))


def services_of(places: "Places") -> tuple[bool, str]:
    """Whether systemd starts things there, and a line that says so where it does not."""
    from paige.device.install.services import session_runs, systemd_runs

    if places.root != Path("/"):
        return False, f"Nothing is started or stopped: {places.root} is not the machine that runs.\n"
    if not systemd_runs():
        return False, "Nothing is started or stopped: systemd does not run here. 'paige run' starts Paige.\n"
    if places.of_user and not session_runs(os.environ):
        return False, "Nothing is started or stopped: this is no session of systemd's; log in anew for one.\n"
    return True, ""


def agreed(arguments: Namespace) -> bool:
    """Whether the plan is to be carried out; the question is asked on a terminal alone."""
    if arguments.dry_run:
        return False
    if arguments.yes:
        return True
    if not sys.stdin.isatty():
        sys.stderr.write("paige: nobody is there to ask; --yes goes on without a question\n")
        return False
    sys.stdout.write("Go on? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def told(text: str) -> None:
    """Say what begins."""
    sys.stdout.write(f"… {text}\n")
    sys.stdout.flush()
