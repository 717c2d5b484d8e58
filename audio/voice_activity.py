"""Whether a moment of sound is speech: Silero's neural detector, run by ONNX Runtime."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np

from paige.audio.chunk import AudioChunk, Samples

IsSpeech = Callable[[AudioChunk], bool]
"""Whether a chunk of a stream sounds like speech."""

KEPT_SECONDS: Final = 1.5
"""Of a stream, of which may be asked later whether there was speech in it."""

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


@dataclass(slots=True)
class _Heard:
    chunk: AudioChunk
    speech: bool | None = None
    """Whether there is any; None where nobody has asked."""


class VoiceActivity:
    """Where in one stream there is speech, for all who listen to that stream.

    The network runs once for each chunk, however many ask, and not at all where nobody asks within
    `KEPT_SECONDS`. For one thread.
    """

    def __init__(self) -> None:
        self._detector = VoiceDetector()
        self._kept: deque[_Heard] = deque()
        self._missed = False
        """Whether something was forgotten of which nobody had asked, so that the network has not heard it."""

    def __call__(self, chunk: AudioChunk) -> bool:
        """Whether there is speech in the next chunk, or in one of the last."""
        one = self._take(chunk)
        self._judge(one)
        assert one.speech is not None
        return one.speech

    def hear(self, chunk: AudioChunk) -> None:
        """Take the next chunk, of which nobody asks yet; one that was taken before is left."""
        self._take(chunk)

    def spoken(self, since: float) -> float:
        """Seconds with speech of what is kept, from a second of the source on."""
        if self._kept:
            self._judge(self._kept[-1])
        return sum(one.chunk.seconds for one in self._kept if one.speech and one.chunk.start >= since)

    def begin(self, at: float) -> None:
        """Hear from this second of the source on as if nothing had been before.

        What follows a wake word is judged without it: else its last sound would go on to count as speech.
        """
        for one in self._kept:
            if one.chunk.start >= at:
                one.speech = None
        self._missed = True

    def _take(self, chunk: AudioChunk) -> _Heard:
        for known in reversed(self._kept):
            if known.chunk is chunk:
                return known
        if self._kept:
            last = self._kept[-1].chunk
            if abs(chunk.start - last.start - last.seconds) > last.seconds:  # nobody took what was between
                self._kept.clear()
                self._missed = True
        one = _Heard(chunk)
        self._kept.append(one)
        while chunk.start + chunk.seconds - self._kept[0].chunk.start > KEPT_SECONDS:
            self._missed |= self._kept.popleft().speech is None
        return one

    def _judge(self, wanted: _Heard) -> None:
        """Have the network hear what it has not heard yet, up to one chunk."""
        if wanted.speech is not None:
            return
        if self._missed:
            self._detector, self._missed = VoiceDetector(), False
        for one in self._kept:
            if one.speech is None:
                one.speech = self._detector(one.chunk.samples)
            if one is wanted:
                return


def open_voice_detector() -> VoiceActivity:
    """A detector for one stream."""
    return VoiceActivity()


@cache
def _session() -> Any:  # noqa: ANN401  # it publishes no types
    import onnxruntime  # noqa: TID251  # `paige.audio` has switched its telemetry off; only who listens needs it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    network = (resources.files("paige.audio") / "silero" / "silero.onnx").read_bytes()
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
