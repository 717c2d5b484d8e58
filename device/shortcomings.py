"""What the board lacks that Paige goes by, for the log: a line for each, once."""

import logging
from pathlib import Path

from paige.device.doctor.finding import Verdict
from paige.device.doctor.kernel import counting
from paige.device.doctor.machine import room, time_of_day

_log = logging.getLogger(__name__)

_LEVELS = {Verdict.WARNING: logging.INFO, Verdict.WRONG: logging.WARNING}


def tell_shortcomings(state: Path) -> None:
    """Say what is missing and what to do about it; Paige goes on without.

    Args:
        state: The folder for timers and lists.
    """
    for finding in (room(state), time_of_day(), counting()):
        if finding.verdict is not Verdict.OK:
            _log.log(_LEVELS[finding.verdict], "%s; %s", finding.text, finding.remedy)
