"""`paige install`: puts Paige onto this machine, as a service that starts with it."""

import os
import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from typing import TYPE_CHECKING

from paige.device.cli.command import Subcommand
from paige.device.cli.placing import agreed, options, places_of, services_of, told

if TYPE_CHECKING:  # loaded only when the command runs: `paige --help` stays fast
    from paige.device.install.place import Places
    from paige.device.install.program import Program

_DESCRIPTION = """\
Puts Paige onto this machine: the program in a folder of its own, the command, systemd's units, and an
example of a configuration where there is none. Then Paige is started, now and with the machine.

The plan is shown first, and what is there already is marked. The same command again completes what was
cut off, and replaces what has changed since.

examples:
  sudo ./paige install
  ./paige install --dry-run
  ./paige install --user         for your session, where sound belongs to PipeWire
  sudo ./paige install --satellite"""


def _run(arguments: Namespace) -> int:
    from paige.device.install.carry import carry_out, to_do
    from paige.device.install.plan import hindrance, installation, is_satellite

    program = _program()
    places = places_of(arguments)
    services, note = services_of(places)
    satellite = arguments.satellite
    if satellite is None:
        satellite = services and not places.of_user and is_satellite()
    plan = installation(places, program, services=services, satellite=satellite)
    missing = to_do(plan)
    for step in plan.steps:
        sys.stdout.write(f"{'to do' if step in missing else 'there':<7}{step.doing}\n")
    sys.stdout.write(note)
    if not missing:
        sys.stdout.write("All of it is there; nothing is to be done.\n")
        return 0
    if refusal := hindrance(places, program):
        sys.stderr.write(f"paige: {refusal.text}\n")
        return 1
    if not agreed(arguments):
        return 0 if arguments.dry_run else 1
    os.umask(0o022)  # the service has a user of its own, who must be able to read all of it
    carry_out(plan, places.unfinished, told)
    sys.stdout.write(_end(places, services=services, satellite=satellite))
    return 0


def _configure(parser: ArgumentParser) -> None:
    options(parser).add_argument(
        "--satellite",
        action=BooleanOptionalAction,
        help="start the ear and mouth of a Paige elsewhere, in place of Paige (default: what it was before)",
    )


def _program() -> "Program":
    """What runs now, as a program."""
    from packaging.markers import default_environment

    from paige.device.install.program import gather

    environment = {name: str(value) for name, value in default_environment().items()}
    return gather(sys.path, f"{sys.version_info.major}.{sys.version_info.minor}", environment)


def _end(places: "Places", *, services: bool, satellite: bool) -> str:
    configuration = places.seen(places.configuration) / "paige.yaml"
    unit = "paige-satellite" if satellite else "paige"
    journal = f"journalctl --user -u {unit} -f" if places.of_user else f"journalctl -u {unit} -f"
    running = f"Paige runs; '{journal}' shows what it does. " if services else "Paige is in place. "
    return f"{running}Its configuration is {configuration}.\n"


COMMAND = Subcommand("install", "put Paige onto this machine as a service", _DESCRIPTION, _configure, _run)
