"""One sound on its way to a loudspeaker, through PortAudio."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE, Samples
from paige.audio.conversion import Resampler, to_floats, to_samples
from paige.audio.errors import AudioError, SpeakerUnusable
from paige.audio.playing import Course, Ended
from paige.audio.portaudio import close_stream, open_stream, portaudio, start_stream

_BLOCK_SECONDS: Final = 0.01
_AHEAD_SECONDS: Final = 0.5
"""Of sound that is made ready before it is played."""
_LOOK_SECONDS: Final = 0.02
"""How often a sound is looked after while it plays."""
STUCK_SECONDS: Final = 2.0
"""A loudspeaker that fetches nothing for so long is gone."""


class Sounding(threading.Thread):
    """One sound: makes it ready in this thread while PortAudio's fetches it."""

    def __init__(
        self,
        sound: Iterator[Samples],
        rate: int,
        device: str | int | None,
        heard: Callable[[Samples], None],
        before: "Sounding | None",
    ) -> None:
        super().__init__(name="loudspeaker", daemon=True)
        self.course = Course()
        self._sound = sound
        self._rate = rate
        self._device = device
        self._heard = heard
        self._before = before
        self._ready: deque[NDArray[np.float32]] = deque()  # each [frames]
        self._added = 0
        """Frames that were made ready so far; only the thread of this sound counts them."""
        self._taken = 0
        """Frames that were played so far; only PortAudio's thread counts them."""
        self._made = False
        """Whether nothing more will be added."""
        self._finished = threading.Event()
        self._fetched = 0.0
        """When PortAudio's thread was last here."""

    def run(self) -> None:
        """Play it, from the end of the one before it; what becomes of it is told by its course."""
        try:
            if self._before is not None:
                self._before.join(STUCK_SECONDS)  # many devices can be opened only once
                self._before = None
            first = next(self._sound, None)  # before the device is opened: it may take a while to make
            if first is not None and not self.course.stopped:
                self._play(first)
            self.course.finish(Ended.STOPPED if self.course.stopped else Ended.PLAYED)
        except AudioError as error:
            self.course.finish(Ended.LOST, str(error))
        except BaseException as error:
            self.course.finish(Ended.LOST, f"The sound could not be made: {error}")
            raise
        finally:
            if (close := getattr(self._sound, "close", None)) is not None:
                close()

    def _play(self, first: Samples) -> None:
        opened = open_stream("output", self._device, self._fetch, self._finished.set, _BLOCK_SECONDS)
        self._device_rate = opened.rate
        self._echo = Resampler(opened.rate, RATE)
        resampler = Resampler(self._rate, opened.rate)
        self._add(resampler.resample(to_floats(first)))
        self._make(resampler)
        self._fetched = time.monotonic()
        start_stream(opened, "output")
        try:
            while not self._finished.is_set() and not self.course.pause(_LOOK_SECONDS):
                self._make(resampler)
                if time.monotonic() - self._fetched > STUCK_SECONDS:
                    raise SpeakerUnusable(f"The loudspeaker {opened.name!r} takes no more sound")
            if not self.course.stopped and (self._ready or not self._made):
                raise SpeakerUnusable(f"The loudspeaker {opened.name!r} was unplugged, or has failed")
        finally:
            close_stream(opened)

    def _make(self, resampler: Resampler) -> None:
        """Make sound ready for the next half second."""
        while not self._made and self._added - self._taken < _AHEAD_SECONDS * self._device_rate:
            piece = next(self._sound, None)
            if piece is not None:
                self._add(resampler.resample(to_floats(piece)))
            else:
                self._add(resampler.resample(np.empty(0, np.float32), last=True))
                self._made = True

    def _add(self, mono: NDArray[np.float32]) -> None:
        if len(mono):
            self._added += len(mono)
            self._ready.append(mono)

    def _fetch(self, out: NDArray[np.float32], frames: int, _: object, status: object) -> None:
        """Fill a block: what PortAudio's thread calls. `out` is [frames, channels]."""
        self._fetched = time.monotonic()
        made = self._made  # before looking at what is ready: what is added later would be missed
        filled = 0
        while filled < frames and self._ready and not self.course.stopped:
            piece = self._ready.popleft()
            taken = piece[: frames - filled]
            out[filled : filled + len(taken)] = taken[:, np.newaxis]
            filled += len(taken)
            if len(taken) < len(piece):
                self._ready.appendleft(piece[len(taken) :])
        out[filled:] = 0
        self._taken += filled
        self.course.played(filled / self._device_rate)
        self._heard(to_samples(self._echo.resample(out[:, 0].copy())))
        if self.course.stopped:
            raise portaudio("output").CallbackAbort
        if filled < frames and made and not self._ready:
            raise portaudio("output").CallbackStop
