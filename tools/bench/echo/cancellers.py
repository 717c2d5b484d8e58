"""What is left of an echo, by Paige's canceller and by each of the two that it is made of."""

from collections.abc import Callable
from typing import Final

import numpy as np

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.conversion import to_floats, to_samples
from paige.audio.echo import EchoCanceller
from paige.audio.echo_filter import HOP, EchoFilter
from paige.tools.bench.echo.room import Sound

Cancel = Callable[[Sound, Sound], Sound]
"""Takes what was played and what was heard; gives what is left, as late as `DELAYS` says."""


def cancelled(played: Sound, heard: Sound) -> Sound:
    """By Paige's, which is given both as devices would: 10 ms of one, 30 ms of the other.

    As who listens gets it in the end: where somebody turned out to speak, with what was mended.
    """
    canceller = EchoCanceller()
    loudspeaker, microphone = to_samples(played), to_samples(heard)
    left: dict[float, Samples] = {}
    for begin in range(0, len(microphone) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        for block in range(begin, begin + CHUNK_SAMPLES, HOP):
            canceller.play(loudspeaker[block : block + HOP])
        chunk = AudioChunk(microphone[begin : begin + CHUNK_SAMPLES], begin / RATE)
        left[chunk.start] = canceller.hear(chunk).samples
        left |= {mended.start: mended.samples for mended in canceller.mended}
    return to_floats(np.concatenate(list(left.values())))


def by_aec3(played: Sound, heard: Sound) -> Sound:
    """By WebRTC's alone."""
    from pywebrtc_audio import EchoCanceller as Canceller

    canceller = Canceller(sample_rate=RATE, num_channels=1)
    loudspeaker, microphone = to_samples(played), to_samples(heard)
    left = [
        canceller.process(
            microphone[begin : begin + CHUNK_SAMPLES], loudspeaker[begin : begin + CHUNK_SAMPLES]
        )
        for begin in range(0, len(microphone) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES)
    ]
    return to_floats(np.concatenate(left))


def by_filter(played: Sound, heard: Sound) -> Sound:
    """By the Kalman filter alone."""
    one = EchoFilter()
    there, here = played.astype(np.float64), heard.astype(np.float64)
    left = [
        one.hear(here[begin : begin + HOP], there[begin : begin + HOP])
        for begin in range(0, len(here) - HOP + 1, HOP)
    ]
    return np.concatenate(left).astype(np.float32)


CANCELLERS: Final[dict[str, tuple[Cancel, int]]] = {
    "both": (cancelled, HOP),
    "AEC3 alone": (by_aec3, 120),
    "filter alone": (by_filter, HOP),
}
"""With the samples that each holds back; AEC3's were measured with noise."""
