"""The two shapes of sound that flow: a chunk as it arrives, an utterance as it was spoken."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Samples a second (hertz) of all audio inside Paige; sources convert to it."""

CHUNK_SAMPLES = 480
"""Samples in a chunk of sound, 30 ms: the frame that WebRTC's voice activity detector judges."""

Samples = NDArray[np.int16]
"""Mono PCM, 16 bits signed. Shape: [samples]."""


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A short stretch of sound as a source delivered it, mono at `RATE`."""

    samples: Samples  # [samples]
    start: float
    """Position of the first sample, in seconds since the source was opened."""
    behind: float = 0.0
    """Seconds of sound that had come after it when it was taken, where that is known: it is heard so late."""

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / RATE


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech, from a little before its first word to a little after its last."""

    samples: Samples  # [samples]
    start: float
    """Position of the first sample, in seconds since the source was opened."""
    speech_end: float
    """Position of the last sample that was speech, in seconds since the source was opened."""

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / RATE
