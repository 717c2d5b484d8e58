"""What a microphone hears of the loudspeaker beside it, taken out.

Two cancellers hear the same. WebRTC's AEC3 leaves next to nothing of the echo, whatever clocks and
loudspeakers do to it, but little more of who speaks over it. A Kalman filter leaves who speaks over it
nearly as he was, and now and then some echo. So the first decides whether anybody speaks, and while
somebody does, the second is heard.
"""

import threading
from collections import deque
from typing import Final

import numpy as np

from paige.audio.chunk import RATE, AudioChunk, Samples
from paige.audio.conversion import to_floats, to_samples
from paige.audio.echo_filter import HOP, EchoFilter
from paige.audio.near_speech import NearSpeech

_TAIL: Final = RATE
"""Samples for which both go on after the last one was played: rooms and devices' buffers ring on. They cost
nothing after that."""
_MOST_WAITING: Final = RATE
"""Samples played that may wait for the microphone: for one that is gone, not all of them are kept."""
_MOST_AHEAD: Final = RATE * 80 // 1_000
_AHEAD: Final = RATE * 30 // 1_000
_LOOKED: Final = RATE // 5
"""Devices fetch what is played ahead of time, and deliver late, so some of it waits. Where it was never
less than 80 ms in a fifth of a second, the microphone may have begun late or left something out, and an
echo could come before its cause: then all but 30 ms are skipped, and what was played is earlier than its
echo for sure."""
DOUBTED_CHUNKS: Final = 8
"""Chunks that are mended when somebody turns out to speak: of 150 to 250 ms AEC3 leaves little."""


class EchoCanceller:
    """Takes out of what is heard what was played.

    `play` is given the samples as the loudspeaker is, `hear` the chunks of the microphone; each from a
    thread of its own. An echo up to 300 ms after its sample is found, and learned anew with each sound,
    within a second. A chunk comes out 10 ms late while anything plays, and as it is where nothing does.
    """

    def __init__(self) -> None:
        from pywebrtc_audio import EchoCanceller as Canceller  # only who has a loudspeaker needs it

        self._aec3 = Canceller(sample_rate=RATE, num_channels=1)
        self._filter = EchoFilter()
        self._near = NearSpeech()
        self._lock = threading.Lock()
        self._played: deque[Samples] = deque()
        self._waiting = 0
        """Samples in `_played`."""
        self._left = 0
        """Samples that are still to be heard until nothing of what was played can be in them."""
        self._least = _MOST_WAITING
        """The fewest samples that waited lately."""
        self._looked = 0
        """Samples that were heard since `_least` was begun."""
        self._anew = False
        """Whether a sound has begun since the last chunk; each has another delay."""
        self._doubted: deque[AudioChunk] = deque(maxlen=DOUBTED_CHUNKS)
        """What the filter left of the last chunks, where AEC3's was given."""
        self._mended: tuple[AudioChunk, ...] = ()

    @property
    def mended(self) -> tuple[AudioChunk, ...]:
        """The chunks before the last one as somebody spoke them, where that has turned out with the last one.

        They have the same times as those that were given instead, in which AEC3 left little of him.
        """
        return self._mended

    @property
    def active(self) -> bool:
        """Whether anything that was played may still be heard."""
        return self._left > 0

    def play(self, samples: Samples) -> None:
        """Samples at `RATE` that the loudspeaker is given now."""
        with self._lock:
            self._anew = self._anew or self._left <= 0
            self._played.append(samples)
            self._waiting += len(samples)
            while self._waiting > _MOST_WAITING:
                self._waiting -= len(self._played.popleft())
            self._left = _TAIL + self._waiting

    def hear(self, chunk: AudioChunk) -> AudioChunk:
        """The chunk without what was played; one that is no multiple of 10 ms is left as it is."""
        count, self._mended = len(chunk.samples), ()
        with self._lock:
            if self._left <= 0 or count % HOP:
                self._near.rest(chunk.samples)
                return chunk
            self._left -= count
            played = self._next_played(count)
            self._keep_together(count)
            anew, self._anew = self._anew, False
        if anew:
            self._aec3.reset()
            self._filter = EchoFilter()
            self._near.begin()
            self._doubted.clear()
        return self._cancel(np.ascontiguousarray(chunk.samples), played, chunk.start)

    def _cancel(self, heard: Samples, played: Samples, start: float) -> AudioChunk:
        without: Samples = self._aec3.process(heard, played)
        here, there = to_floats(heard).astype(np.float64), to_floats(played).astype(np.float64)
        clear = np.concatenate(
            [
                self._filter.hear(here[hop : hop + HOP], there[hop : hop + HOP])
                for hop in range(0, len(here), HOP)
            ]
        )
        spoken = AudioChunk(to_samples(clear.astype(np.float32)), start)
        if self._near.speaks(here, to_floats(without), clear):
            self._mended = tuple(self._doubted)
            self._doubted.clear()
            return spoken
        self._doubted.append(spoken)
        if self._near.filter_adds:  # it took a wrong room for the right one, and adds what it should take out
            self._filter = EchoFilter()
        return AudioChunk(without, start)

    def _keep_together(self, heard: int) -> None:
        self._least = min(self._least, self._waiting)
        self._looked += heard
        if self._looked < _LOOKED:
            return
        if self._least > _MOST_AHEAD:
            self._next_played(self._least - _AHEAD)
            self._anew = True
        self._least, self._looked = _MOST_WAITING, 0

    def _next_played(self, count: int) -> Samples:
        """As many samples as are heard; zeros after the last that was played."""
        far = np.zeros(count, np.int16)  # [samples]
        filled = 0
        while filled < count and self._played:
            piece = self._played.popleft()
            taken = piece[: count - filled]
            far[filled : filled + len(taken)] = taken
            filled += len(taken)
            if len(taken) < len(piece):
                self._played.appendleft(piece[len(taken) :])
        self._waiting -= filled
        return far
