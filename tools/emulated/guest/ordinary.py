"""What must hold on a board where nothing fails."""

import re
import time
from pathlib import Path

from paige.tools.emulated.guest import unit
from paige.tools.emulated.guest.console import CheckFailed, until
from paige.tools.emulated.guest.house import House
from paige.tools.emulated.guest.unit import run


def ready(house: House) -> str:
    """The service becomes ready, within its memory."""
    unit.wait_ready()
    limit = int(unit.show("MemoryMax")) / unit.MIB
    current, peak = unit.memory("current"), unit.memory("peak")
    figures = f"memory {current:.0f} MB, at most {peak:.0f} until then, of {limit:.0f}"
    if unit.restarts():
        raise CheckFailed(f"it was started {unit.restarts() + 1} times; {figures}")
    return figures


def power_to_listening(house: House) -> str:
    """How long each step took from power-on until it listens."""
    until(
        "the boot has ended",
        unit.PATIENCE,
        lambda: unit.show("FinishTimestampMonotonic", "") != "0",
        pause=1.0,
    )
    kernel = unit.since_boot("UserspaceTimestampMonotonic", "")
    started = unit.since_boot("ExecMainStartTimestampMonotonic")
    listening = unit.since_boot("ActiveEnterTimestampMonotonic")
    log = run("journalctl", "--boot", "--unit", unit.UNIT, "--output=cat")
    own = re.findall(r"ready after ([0-9.]+) s", log)
    return (
        f"kernel {kernel:.1f} s, until the unit is started {started - kernel:.1f}, "
        f"until it is ready {listening - started:.1f} (by its own clock {own[-1] if own else '?'}), "
        f"in all {listening:.1f}; emulated seconds are no board's"
    )


def spoken_command(house: House) -> str:
    """Speech becomes a command to a device."""
    return f"{house.speak_until_on()}; memory at most {unit.memory('peak'):.0f} MB"


def idle_writes(house: House, *, seconds: float = 180.0) -> str:
    """How much is written to flash while nobody speaks."""
    run("sync")
    before, ours = _sectors(), _written()
    time.sleep(seconds)
    run("sync")
    megabytes = (_sectors() - before) * 512 / 1e6 * 3600 / seconds
    own = (_written() - ours) / 1e6 * 3600 / seconds
    figures = f"{megabytes:.2f} MB an hour by the whole board, {own:.2f} by Paige, in {seconds:.0f} s"
    if megabytes >= 1.0:
        raise CheckFailed(f"{figures}; less than 1 is wanted")
    return figures


def _sectors() -> int:
    """Sectors of 512 bytes written to the disk: the tenth column of /proc/diskstats."""
    for line in Path("/proc/diskstats").read_text().splitlines():
        columns = line.split()
        if columns[2] == "vda":
            return int(columns[9])
    raise CheckFailed("there is no vda in /proc/diskstats")


def _written() -> int:
    """Bytes that the service's processes have had written."""
    written = re.search(r"^write_bytes: (\d+)$", Path(f"/proc/{unit.pid()}/io").read_text(), re.MULTILINE)
    assert written is not None, "the kernel counts them"
    return int(written[1])
