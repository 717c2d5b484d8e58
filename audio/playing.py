"""A sound that is being played."""

import threading
from enum import StrEnum


class Ended(StrEnum):
    """Why a sound is no longer playing."""

    PLAYED = "played"
    """To its end."""
    STOPPED = "stopped"
    """By `Playing.stop`, or by the next sound."""
    LOST = "lost"
    """The loudspeaker went away, or whatever makes the sound failed."""


class Playing:
    """A sound on its way. All of it may be used by any thread."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._end: Ended | None = None
        self._complaint = ""
        self._seconds = 0.0

    def stop(self) -> None:
        """Let it fall silent, within 50 ms; does nothing where it has ended."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended, at most so many seconds; whether it has."""
        return self._ended.wait(timeout)

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._ended.is_set()

    @property
    def end(self) -> Ended | None:
        """Why it has ended; None while it has not."""
        return self._end

    @property
    def complaint(self) -> str:
        """What went wrong, for a person; empty where nothing did."""
        return self._complaint

    @property
    def seconds(self) -> float:
        """How much of it was played."""
        return self._seconds


class Course(Playing):
    """A sound on its way, as the speaker sees it."""

    @property
    def stopped(self) -> bool:
        """Whether it is to fall silent."""
        return self._stop.is_set()

    def pause(self, seconds: float) -> bool:
        """Wait so long, or until it is to fall silent; whether it is."""
        return self._stop.wait(seconds)

    def played(self, seconds: float) -> None:
        """So much more of it was played."""
        self._seconds += seconds

    def finish(self, end: Ended, complaint: str = "") -> None:
        """It has ended; the first one who says so is right."""
        if not self._ended.is_set():
            self._end, self._complaint = end, complaint
            self._ended.set()
