"""Whether a moment of sound is speech: Silero's neural detector, run by ONNX Runtime."""

from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np

from paige.audio.chunk import Samples

IsSpeech = Callable[[Samples], bool]
"""Whether one chunk of `CHUNK_SAMPLES` sounds like speech."""

_FRAME: Final = 512
"""Samples that the network judges at a time, 32 ms."""
_CONTEXT: Final = 64
"""Samples before them that it also sees."""
_UNITS: Final = 128
_FULL_SCALE: Final = 32768.0
_BEGINS: Final = 0.5
_ENDS: Final = 0.35
"""Probabilities from which speech begins, and under which it ends: those of Silero's own `VADIterator`."""


class VoiceDetector:
    """Says of chunk after chunk of one stream whether somebody speaks.

    The network remembers what it heard, so each stream needs one of its own. What is said of a chunk is what
    was found of the last frame that is complete.
    """

    def __init__(self) -> None:
        self._network = _session()
        self._hidden = self._cell = np.zeros((1, 1, _UNITS), np.float32)  # [layers, batch, units]
        self._seen = np.zeros(_CONTEXT, np.int16)  # [samples]: the context, then what is no whole frame yet
        self._speech = False
        self.probability = 0.0
        """That there was speech in the last complete frame."""

    def __call__(self, samples: Samples) -> bool:
        """Take the next chunk, of any length; say whether there is speech."""
        self._seen = np.concatenate((self._seen, samples))
        while len(self._seen) >= _CONTEXT + _FRAME:
            self._judge(self._seen[: _CONTEXT + _FRAME])
            self._seen = self._seen[_FRAME:]
        return self._speech

    def _judge(self, frame: Samples) -> None:
        sound = frame.astype(np.float32)[np.newaxis] / _FULL_SCALE  # [batch, samples]
        given = {"sound": sound, "hidden": self._hidden, "cell": self._cell}
        probability, self._hidden, self._cell = self._network.run(None, given)
        self.probability = float(probability.item())
        self._speech = self.probability >= (_ENDS if self._speech else _BEGINS)


def open_voice_detector() -> IsSpeech:
    """A detector for one stream."""
    return VoiceDetector()


@cache
def _session() -> Any:  # noqa: ANN401  # it publishes no types
    import onnxruntime  # noqa: TID251  # `paige.audio` has switched its telemetry off; only who listens needs it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    network = (resources.files("paige.audio") / "silero" / "silero.onnx").read_bytes()
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
