"""From whatever a file or device delivers to mono samples at the rate of all audio inside Paige."""

import math
from collections.abc import Iterable, Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples

Frames = NDArray[np.float32]
"""Sound as it was recorded, full scale being -1 to 1. Shape: [frames, channels]."""

_FULL_SCALE = 32768.0
_OFFSET_SECONDS = 0.5


def to_samples(mono: NDArray[np.float32]) -> Samples:
    """Rounds full scale -1 to 1 to 16 bits; what is louder is clipped."""
    samples: Samples = np.clip(np.rint(mono * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
    return samples


def to_floats(samples: Samples) -> NDArray[np.float32]:
    """Full scale -1 to 1."""
    floats: NDArray[np.float32] = samples.astype(np.float32) / np.float32(_FULL_SCALE)
    return floats


class Resampler:
    """One channel of sound from any rate to any other, piece after piece."""

    def __init__(self, rate: int, to: int) -> None:
        self._stream = None if rate == to else soxr.ResampleStream(rate, to, num_channels=1, dtype="float32")

    def resample(self, mono: NDArray[np.float32], *, last: bool = False) -> NDArray[np.float32]:
        """Sound that is ready after this; `last` also gives what was held back."""
        if self._stream is None:
            return mono
        ready: NDArray[np.float32] = self._stream.resample_chunk(mono, last=last)
        return ready


class Converter:
    """Mixes channels to one and resamples to `RATE`, piece after piece."""

    def __init__(self, rate: int) -> None:
        self._resampler = Resampler(rate, RATE)

    def convert(self, frames: Frames, *, last: bool = False) -> Samples:
        """Samples that are ready after these frames; `last` also gives what was held back."""
        mono = frames.mean(axis=1, dtype=np.float32)  # [frames]
        return to_samples(self._resampler.resample(mono, last=last))


class Centring:
    """Takes out a constant offset, as cheap converters add one, piece after piece.

    The offset is the running mean of about the last half second: voices, whose lowest tones repeat seventy
    times a second, are left as they are.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._offset: float | None = None

    def centre(self, mono: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same sound around zero."""
        if not len(mono):
            return mono
        mean = float(mono.mean())
        before = mean if self._offset is None else self._offset
        share = -math.expm1(-len(mono) / (self._rate * _OFFSET_SECONDS))
        self._offset = before + (mean - before) * share
        # From the old offset to the new one step by step: a jump between pieces would be heard.
        return mono - np.linspace(before, self._offset, len(mono), dtype=np.float32)


def rechunk(pieces: Iterable[Samples]) -> Iterator[AudioChunk]:
    """The same sound in chunks of `CHUNK_SAMPLES`; the last one may be shorter."""
    held = np.empty(0, np.int16)  # [samples]
    position = 0
    for piece in pieces:
        held = np.concatenate((held, piece))
        while len(held) >= CHUNK_SAMPLES:
            yield AudioChunk(held[:CHUNK_SAMPLES], start=position / RATE)
            held = held[CHUNK_SAMPLES:]
            position += CHUNK_SAMPLES
    if len(held):
        yield AudioChunk(held, start=position / RATE)
