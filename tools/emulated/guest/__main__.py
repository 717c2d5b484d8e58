"""Runs the checks in their order, until time is up."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from paige.tools.emulated.guest import failures, ordinary, power
from paige.tools.emulated.guest.console import CheckFailed, tell
from paige.tools.emulated.guest.house import House

Check = Callable[[House], str]


@dataclass(frozen=True, slots=True)
class Step:
    """One check and the minutes of the emulator's machine that it takes at most, where that is not busy."""

    check: Check
    minutes: float


def steps(what: str, kept: int) -> tuple[Step, ...]:
    """What is to be checked.

    Args:
        what: The word on the kernel's command line.
        kept: After a power cut, how many writes had been answered for.
    """
    match what:
        case "failures":
            return (
                Step(ordinary.ready, 1),
                Step(ordinary.power_to_listening, 0.1),
                Step(ordinary.spoken_command, 1),
                Step(failures.killed, 1),
                Step(failures.hung, 1),
                Step(failures.broker_lost, 1),
                Step(failures.other_networks, 0.2),
                Step(failures.memory_limit, 1),
                Step(failures.memory_pressure, 1),
                Step(ordinary.spoken_command, 1),
                Step(ordinary.idle_writes, 2),
            )
        case "power-cut":
            return (Step(power.power_cut, 1),)
        case "after-power-cut":
            return (
                Step(partial(power.after_power_cut, kept=kept), 1),
                Step(ordinary.power_to_listening, 0.1),
                Step(ordinary.spoken_command, 1),
            )
    return ()


def main() -> int:
    """Run the checks that the kernel's command line asks for, until the time that it gives."""
    options = dict(
        word.removeprefix("selftest.").split("=", 1)
        for word in Path("/proc/cmdline").read_text().split()
        if word.startswith("selftest.")
    )
    wanted = steps(options["what"], int(options.get("kept", 0)))
    with House() as house:
        for step in wanted:
            name = _name(step.check)
            if _emulators_clock() + step.minutes * 60 > float(options["end"]):
                tell("LEFT-OUT", f"{name}: takes {step.minutes:g} minutes")
                continue
            try:
                tell("PASS", f"{name}: {step.check(house)}")
            except CheckFailed as failed:
                tell("FAIL", f"{name}: {failed}")
            except Exception as error:  # noqa: BLE001 # the others are to run as well
                tell("FAIL", f"{name}: {type(error).__name__}: {error}")
    tell("END")
    return 0


def _name(check: Check) -> str:
    function = check.func if isinstance(check, partial) else check
    return str(function.__name__).replace("_", "-")


def _emulators_clock() -> float:
    """Unix time of the machine that runs the emulator: the board's own clock counts instructions."""
    return float(Path("/sys/class/rtc/rtc0/since_epoch").read_text())


if __name__ == "__main__":
    sys.exit(main())
