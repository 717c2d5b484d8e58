"""Runs the checks in their order, until time is up."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from paige.tools.emulated.guest import ordinary
from paige.tools.emulated.guest.console import CheckFailed, tell
from paige.tools.emulated.guest.house import House

Check = Callable[[House], str]

CHECKS: dict[str, tuple[tuple[Check, float], ...]] = {
    "all": (
        (ordinary.ready, 60),
        (ordinary.power_to_listening, 10),
        (ordinary.spoken_command, 60),
        (ordinary.idle_writes, 200),
    ),
}
"""What is checked, by the word on the kernel's command line, each with the seconds that it takes about."""


def main() -> int:
    """Run the checks that the kernel's command line asks for, within the seconds that it gives."""
    options = dict(
        word.removeprefix("selftest.").split("=", 1)
        for word in Path("/proc/cmdline").read_text().split()
        if word.startswith("selftest.")
    )
    end = float(options.get("seconds", "inf"))  # after the kernel began, as this clock counts
    with House() as house:
        for check, needed in CHECKS[options.get("what", "all")]:
            name = check.__name__.replace("_", "-")
            if time.monotonic() + needed > end:
                tell("LEFT-OUT", f"{name}: takes {needed:.0f} s")
                continue
            try:
                tell("PASS", f"{name}: {check(house)}")
            except CheckFailed as failed:
                tell("FAIL", f"{name}: {failed}")
            except Exception as error:  # noqa: BLE001 # the others are to run as well
                tell("FAIL", f"{name}: {type(error).__name__}: {error}")
    tell("END")
    return 0


if __name__ == "__main__":
    sys.exit(main())
