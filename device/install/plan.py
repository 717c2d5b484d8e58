"""What an installation consists of, and what stands in its way."""

import os
import re
import shutil
from pathlib import Path
from typing import Final

from paige.device.install.folder import Copy
from paige.device.install.place import Places
from paige.device.install.program import Program
from paige.device.install.services import Service, is_enabled
from paige.device.install.step import Plan, Refusal, Step
from paige.device.install.text import Example, Kept, Text

FIRMWARE: Final = Path(__file__).parents[2] / "firmware_configs"
"""The files of firmware-configs, in a checkout and in what is installed."""
PAIGE: Final = "paige.service"
SATELLITE: Final = "paige-satellite.service"
"""One of the two is switched on. Timers trim and update the machine, which its owner decides."""
_PACKAGED_COMMAND: Final = re.compile(r"(?m)^(Exec\w+=[-+!@:|]*)/usr/bin/paige(?=\s|$)")
_PACKAGED_PROGRAM: Final = "/usr/lib/paige/program"
"""Where Debian's package has the program; the command in firmware-configs names it."""
_COMPILED: Final = 1.3
"""What Python compiles takes less than 0.1 of a program, and some room should be left."""


def is_satellite() -> bool:
    """Whether this machine is the ear and mouth of a Paige elsewhere: systemd starts that by itself."""
    return shutil.which("systemctl") is not None and is_enabled(SATELLITE, of_user=False)


def installation(places: Places, program: Program | None, *, services: bool, satellite: bool = False) -> Plan:
    """All steps, in the order in which they are done.

    Args:
        places: Where things belong.
        program: What is to be there; None for steps that are only undone.
        services: Whether systemd is to start Paige.
        satellite: Whether that is the satellite of a Paige elsewhere.
    """
    units = unit_texts(places)
    steps: list[Step] = [
        Copy(places.program, places.seen(places.program), program),
        Text("the command", places.launcher, launcher_text(places), 0o755),
        *(Text("the unit", places.units / name, text) for name, text in units.items()),
        Example(places.configuration / "paige.yaml", (FIRMWARE / "paige.yaml").read_text()),
    ]
    if services:
        started, stopped = (SATELLITE, PAIGE) if satellite else (PAIGE, SATELLITE)
        other = stopped if stopped in units else None
        steps.append(Service(tuple(units), started, other, places.units, places.unfinished, places.of_user))
    return Plan(tuple(steps))


def removal(places: Places, *, services: bool, purge: bool) -> Plan:
    """What is undone, last first.

    Args:
        places: Where things were put.
        services: Whether systemd may be running Paige.
        purge: Whether configuration and state go as well.
    """
    units = unit_texts(places)
    stamps = tuple(places.stamps / f"stamp-{name}" for name in units)
    written: tuple[Step, ...] = (Kept("when timers ran", stamps),)
    if purge:
        drop_ins = tuple(places.units / f"{name}.d" for name in units)
        written += (
            Kept("what Paige has written", places.kept),
            Kept("the configuration", (places.configuration, *drop_ins)),
        )
    steps = installation(places, None, services=services).steps
    return Plan((*written, *(step for step in steps if not isinstance(step, Example))))


def unit_texts(places: Places) -> dict[str, str]:
    """The units for systemd by name, with the command where it is."""
    folder = FIRMWARE / "systemd" / ("user" if places.of_user else "")
    return {
        path.name: _PACKAGED_COMMAND.sub(rf"\g<1>{places.seen(places.launcher)}", path.read_text())
        for path in sorted(folder.glob("*.*"))
        if path.suffix in (".service", ".timer")
    }


def launcher_text(places: Places) -> str:
    """The command that starts the program, or the newer one that an update brought."""
    text = (FIRMWARE / "launcher" / "paige").read_text()
    return text.replace(_PACKAGED_PROGRAM, str(places.seen(places.program)))


def hindrance(places: Places, program: Program | None) -> Refusal | None:
    """What stands in the way of changing anything there; without a program, of removing it."""
    packaged = places.root / _PACKAGED_PROGRAM.lstrip("/")
    if packaged.exists() and not places.of_user:
        return Refusal(
            f"Paige is installed here as a Debian package (it is in {packaged}); "
            "that one is removed with: sudo apt-get remove paige"
        )
    if places.of_user and os.geteuid() == 0:
        return Refusal("--user is for the session of the user who runs it; run it without sudo")
    if not places.of_user and os.geteuid() != 0 and not _may_write(existing(places.home)):
        return Refusal(f"{places.home} can only be written by root; put sudo before the command")
    for path in (places.home, places.launcher, places.units, places.configuration):
        if os.statvfs(existing(path)).f_flag & os.ST_RDONLY:
            return Refusal(
                f"{existing(path)} is read-only; make it writable first, with 'mount -o remount,rw /' or by "
                "switching the overlay file system off in raspi-config"
            )
    return None if program is None else _lacking(places, program)


def _lacking(places: Places, program: Program) -> Refusal | None:
    """What a program needs that is not there."""
    needed, free = program.size * _COMPILED, shutil.disk_usage(existing(places.home)).free
    if free < needed:
        return Refusal(
            f"{existing(places.home)} has {free / 1e6:.0f} MB of room, and {needed / 1e6:.0f} MB are needed; "
            "remove something, such as what 'apt-get clean' removes"
        )
    pythons = [places.root / folder / f"python{program.python}" for folder in ("usr/local/bin", "usr/bin")]
    if not any(python.exists() for python in pythons) and places.root == Path("/"):
        return Refusal(
            f"this environment is for Python {program.python}, and there is none in /usr/bin, where services "
            f"find it; install python{program.python}, or set Paige up with PAIGE_PYTHON=/usr/bin/python3"
        )
    return None


def existing(path: Path) -> Path:
    """The nearest folder above a path, or itself, that is there."""
    while not path.exists():
        path = path.parent
    return path


def _may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
