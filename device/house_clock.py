"""What the machine itself knows of its clock: many boards have no battery that keeps it going."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

RELEASED: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""Before this code was written; a clock that shows less is wrong."""
_TIMESYNCD: Final = Path("/run/systemd/timesync")
"""Where systemd-timesyncd says, with a file, that it has set the clock (systemd-timesyncd.service(8))."""
_RTC: Final = Path("/sys/class/rtc")


def keeps_time(rtc: Path = _RTC) -> bool:
    """Whether the board has a clock of its own, which goes on without power as long as its battery does."""
    return any(rtc.glob("rtc*"))


def was_set(timesyncd: Path = _TIMESYNCD) -> bool | None:
    """Whether systemd-timesyncd has set the clock since the start; None where that does not run."""
    return (timesyncd / "synchronized").exists() if timesyncd.is_dir() else None


def is_wrong(now: datetime | None = None, rtc: Path = _RTC, timesyncd: Path = _TIMESYNCD) -> bool:
    """Whether the clock is known to be wrong.

    It shows a time before Paige was made. Or nothing kept it going without power, and who is to set it has
    not done so since: then it went on from when the power failed.
    """
    if (datetime.now(UTC) if now is None else now) < RELEASED:
        return True
    return not keeps_time(rtc) and was_set(timesyncd) is False
