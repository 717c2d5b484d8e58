"""What the hub has said, on its way to the loudspeaker."""

import logging
import queue
from collections.abc import Iterator
from typing import Final

from paige.audio.chunk import Samples
from paige.audio.conversion import to_samples
from paige.device.satellites.sound import SoundFormat

_log = logging.getLogger(__name__)

MOST_SECONDS: Final = 120.0
"""Of sound that may wait to be played: Home Assistant sends all of a reply at once. The rest is dropped."""
STALLED_SECONDS: Final = 5.0
"""Without more of a sound whose end was not told: it has ended."""


class HubSound:
    """One sound. The event loop fills it, the loudspeaker's thread takes `pieces`.

    Args:
        rate: Samples a second (hertz).
    """

    def __init__(self, rate: int) -> None:
        self.rate: Final = rate
        self._pieces: queue.SimpleQueue[Samples | None] = queue.SimpleQueue()
        """None at its end."""
        self._seconds = 0.0
        self._full = self._ended = False

    def put(self, sound_format: SoundFormat, pcm: bytes) -> None:
        """Take more of it; what comes after its end is dropped.

        Raises:
            PeerInvalid: The bytes are no whole number of frames.
        """
        frames = sound_format.frames(pcm)
        if self._ended or not len(frames):
            return
        self._seconds += len(frames) / self.rate
        if self._seconds > MOST_SECONDS:
            if not self._full:
                _log.warning("a sound of more than %g seconds is cut off", MOST_SECONDS)
            self._full = True
            return
        self._pieces.put(to_samples(frames.mean(axis=1)))

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._pieces.put(None)

    def pieces(self) -> Iterator[Samples]:
        """Piece after piece; waits for those that are still to come."""
        while True:
            try:
                piece = self._pieces.get(timeout=STALLED_SECONDS)
            except queue.Empty:
                return
            if piece is None:
                return
            yield piece
