"""Where sound goes: a loudspeaker, a file, nowhere."""

import os
import threading
import wave
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE, Samples
from paige.audio.conversion import Resampler, to_floats, to_samples
from paige.audio.errors import AudioError, SpeakerUnusable
from paige.audio.playing import Course, Ended, Playing
from paige.audio.sounding import STUCK_SECONDS, Sounding

__all__ = ["DeviceSpeaker", "Ended", "NullSpeaker", "Playing", "Speaker", "WavSpeaker"]

_LONGEST_SECONDS = 60.0
"""Of a sound in a file: a tone that rings until it is stopped would fill the disk."""


class Speaker(Protocol):
    """Plays one sound at a time."""

    def play(self, sound: Iterable[Samples], rate: int) -> Playing:
        """Play a sound from now on; what was playing is stopped. Returns at once, and raises nothing.

        Args:
            sound: Mono, piece after piece; asked for a little ahead of time, by another thread.
            rate: Samples a second (hertz) of it.
        """
        ...

    def close(self) -> None:
        """Stop what is playing."""
        ...


class NullSpeaker:
    """No loudspeaker: every sound is over at once, and nothing of it is made."""

    def play(self, sound: Iterable[Samples], rate: int) -> Playing:
        """A sound that has ended."""
        course = Course()
        course.finish(Ended.PLAYED)
        return course

    def close(self) -> None:
        """Nothing to do."""


class WavSpeaker:
    """A WAV file, in which one sound stands after the other; it is whole at any time.

    Its rate is that of the first sound. One that does not end is cut after a minute.

    Raises:
        SpeakerUnusable: The file cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        try:
            self._bytes = self._path.open("wb", buffering=0)
        except OSError as error:
            raise SpeakerUnusable(f"{self._path}: cannot be written: {error.strerror}") from error
        self._file = wave.open(self._bytes, "wb")  # noqa: SIM115  # `close` closes it
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._rate: int | None = None

    def play(self, sound: Iterable[Samples], rate: int) -> Playing:
        """Write a sound. It is over when this returns."""
        course = Course()
        if self._rate is None:
            self._rate = rate
            self._file.setframerate(rate)
        resampler = Resampler(rate, self._rate)
        try:
            for piece in sound:
                self._write(course, resampler.resample(to_floats(piece)))
                if course.seconds >= _LONGEST_SECONDS:
                    break
            self._write(course, resampler.resample(np.empty(0, np.float32), last=True))
        except AudioError as error:
            course.finish(Ended.LOST, str(error))
        except OSError as error:
            course.finish(Ended.LOST, f"{self._path}: cannot be written: {error.strerror}")
        course.finish(Ended.PLAYED)
        return course

    def _write(self, course: Course, mono: NDArray[np.float32]) -> None:
        assert self._rate is not None
        self._file.writeframes(to_samples(mono).astype("<i2").tobytes())
        course.played(len(mono) / self._rate)

    def close(self) -> None:
        """Close the file; one without any sound holds none."""
        if self._rate is None:
            self._file.setframerate(RATE)
        self._file.close()
        self._bytes.close()


class DeviceSpeaker:
    """A loudspeaker at whatever rate it has; one that was plugged in since is found, too.

    It is opened for each sound: one that is unplugged costs that sound alone, and PortAudio may look for a
    new microphone while nothing plays.

    Args:
        device: Part of the loudspeaker's name, or its number in PortAudio's list; by default the system's.
        heard: Given what the loudspeaker is given, at the same time, at `RATE`: what an echo canceller needs.
    """

    def __init__(
        self, device: str | int | None = None, heard: Callable[[Samples], None] = lambda _: None
    ) -> None:
        self._device = device
        self._heard = heard
        self._current: Sounding | None = None
        self._lock = threading.Lock()

    def play(self, sound: Iterable[Samples], rate: int) -> Playing:
        """Play a sound from now on; what was playing is stopped. See `Speaker.play`."""
        with self._lock:
            before = self._current
            if before is not None:
                before.course.stop()
            self._current = Sounding(iter(sound), rate, self._device, self._heard, before)
            self._current.start()
            return self._current.course

    def close(self) -> None:
        """Stop what is playing, and wait for it."""
        with self._lock:
            current, self._current = self._current, None
        if current is not None:
            current.course.stop()
            current.join(STUCK_SECONDS)
