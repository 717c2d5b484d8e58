"""`paige uninstall`: takes away what `paige install` put onto this machine."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from paige.device.cli.command import Subcommand
from paige.device.cli.placing import agreed, options, places_of, services_of, told

_DESCRIPTION = """\
Takes away what 'paige install' put onto this machine. The configuration and what Paige has written
(timers, lists, models) stay, unless --purge is given.

examples:
  sudo paige uninstall
  sudo paige uninstall --purge
  paige uninstall --user"""


def _configure(parser: ArgumentParser) -> None:
    options(parser)
    parser.add_argument("--purge", action="store_true", help="remove configuration and state as well")


def _run(arguments: Namespace) -> int:
    from paige.device.install.carry import take_back, to_undo
    from paige.device.install.plan import hindrance, removal
    from paige.device.install.services import forget

    places = places_of(arguments)
    services, note = services_of(places)
    plan = removal(places, services=services, purge=arguments.purge)
    present = to_undo(plan)
    for step in present:
        sys.stdout.write(f"to do  {step.undoing}\n")
    sys.stdout.write(note)
    left = [path for path in (places.configuration, *places.kept) if _is_there(path)]
    if left and not arguments.purge:
        sys.stdout.write(f"kept   {', '.join(map(str, left))} (--purge removes them)\n")
    if not present:
        sys.stdout.write("Nothing else is there; nothing is to be done.\n" if left else "Nothing is there.\n")
        return 0
    if refusal := hindrance(places, None):
        sys.stderr.write(f"paige: {refusal.text}\n")
        return 1
    if not agreed(arguments):
        return 0 if arguments.dry_run else 1
    take_back(plan, told)
    if services:
        forget(of_user=places.of_user)
    sys.stdout.write("Paige is gone from here.\n")
    return 0


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


COMMAND = Subcommand("uninstall", "take Paige off this machine again", _DESCRIPTION, _configure, _run)
