"""The machine itself: Python and board, memory, clock, disk."""

import ctypes
import errno
import os
import platform
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from paige.device import house_clock
from paige.device.board.facts import BoardFacts, look
from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, warning, wrong

_MIB = 1 << 20
_BITS_64 = ("x86_64", "aarch64", "arm64")
NEED = 200 * _MIB
"""What the service may take with its default models; docs/measurements.md says what it took."""
NEED_OF_SATELLITE = 110 * _MIB
"""What a satellite may take; docs/satellites.md says what it took."""
_DISK_NEED = 50 * _MIB
"""Free space that keeps state files safe and the log turning; state itself takes kilobytes."""
_TIME_ERROR = 5
"""What adjtimex(2) returns while the clock is not synchronized."""


def board(_: Loaded) -> Finding:
    """Which Python on what machine."""
    facts = look()
    text = f"Python {platform.python_version()} on {_named(facts)}"
    if facts.machine not in _BITS_64:
        return warning(
            f"{text}, a {facts.machine} system", "install a 64-bit system; speech libraries need one"
        )
    return ok(text)


def _named(facts: BoardFacts) -> str:
    release = f", Jetson Linux {facts.l4t}" if facts.l4t else ""
    if facts.model:
        return f"{facts.model} ({facts.machine}{release})"
    return f"{facts.machine} with {facts.cores} processors{release}"


def memory_of_satellite(_: Loaded) -> Finding:
    """Whether a satellite fits beside what already runs."""
    return _memory(NEED_OF_SATELLITE)


def memory(_: Loaded, proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> Finding:
    """Whether the service fits beside what already runs."""
    return _memory(NEED, proc, cgroups)


def _memory(need: int, proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> Finding:
    available = _meminfo(proc)["MemAvailable"]
    limit = _cgroup_room(proc, cgroups)
    text = f"{available // _MIB} MiB available"
    if limit is not None and limit < available:
        available, text = limit, f"{limit // _MIB} MiB available within this service's memory limit"
    if available < need:
        return wrong(f"{text}, and Paige needs about {need // _MIB}", "end other programs or raise the limit")
    return ok(f"{text}, {need // _MIB} needed")


def _meminfo(proc: Path) -> dict[str, int]:
    """Bytes by the names of /proc/meminfo."""
    lines = (line.split() for line in (proc / "meminfo").read_text().splitlines())
    return {name.rstrip(":"): int(kibibytes) * 1024 for name, kibibytes, *_ in lines}


def _cgroup_room(proc: Path, cgroups: Path) -> int | None:
    """Bytes that the control group of this process and those around it leave; None where none limits."""
    rooms = []
    for line in (proc / "self/cgroup").read_text().splitlines():
        _, controllers, name = line.split(":", 2)
        if controllers:
            continue  # version 1; version 2 has an empty list
        group = cgroups / name.lstrip("/")
        while group.is_relative_to(cgroups):
            room = _room(group)
            if room is not None:
                rooms.append(room)
            group = group.parent
    return min(rooms, default=None)


def _room(group: Path) -> int | None:
    try:
        limit = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
    except (OSError, ValueError):
        return None
    return None if limit == "max" else max(0, int(limit) - used)


def clock(_: Loaded) -> Finding:
    """Whether timers and “what time is it” will be right."""
    return time_of_day()


def time_of_day() -> Finding:
    """Whether the machine knows it."""
    now = datetime.now(UTC)
    shown = f"{now.astimezone():%Y-%m-%d %H:%M %Z}"
    remedy = "connect the network and switch time synchronization on: timedatectl set-ntp true"
    battery = "" if house_clock.keeps_time() else ", and no battery keeps it when power fails"
    if now < house_clock.RELEASED:
        return wrong(f"the clock shows {shown}, which is past{battery}", remedy)
    synchronized = _synchronized()
    if synchronized is None:
        return ok(f"{shown}; whether it is synchronized cannot be seen from here")
    if not synchronized:
        return warning(f"the clock shows {shown} and is not synchronized{battery}", remedy)
    return ok(f"{shown}, synchronized")


def _synchronized() -> bool | None:
    """What the kernel says of its clock; adjtimex(2) with no mode set only asks.

    A service is not let to ask, since the same call sets the clock. There, systemd-timesyncd says it with a
    file (systemd-timesyncd.service(8)); None where that does not run either.
    """
    timex = ctypes.create_string_buffer(256)  # struct timex has 208 bytes or fewer; `modes`, its first, is 0
    state: int = ctypes.CDLL(None).adjtimex(timex)
    if state >= 0:
        return state < _TIME_ERROR
    return house_clock.was_set()


def disk(loaded: Loaded) -> Finding:
    """Whether timers and lists can be kept."""
    return room(loaded.state_dir)


def room(folder: Path) -> Finding:
    """Whether timers and lists can be kept in a folder."""
    existing = next(path for path in (folder, *folder.parents) if os.access(path, os.F_OK))
    remedy = "set state_dir to a folder that Paige may write to, or change this one's owner"
    if not existing.is_dir():
        return wrong(f"{existing} is no folder", remedy)
    try:
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as error:
        if error.errno == errno.EROFS:
            remedy = "see why the disk is mounted read-only (dmesg), or set state_dir to another"
        return wrong(f"{folder} cannot be written: {error.strerror}", remedy)
    if free < _DISK_NEED:
        return wrong(f"{folder} has {free // _MIB} MiB left", "make room, or set state_dir to another disk")
    return ok(f"{folder} can be written, {free // _MIB} MiB free")
