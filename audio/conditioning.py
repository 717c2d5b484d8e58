"""What an utterance needs before a recognizer hears it well: where in it there is speech, and where noise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE, Samples

SpeechProbabilities = Callable[[Samples], NDArray[np.float64]]
"""How probable speech is in each of an utterance's steps of `STEP` samples. Shape: [samples] to [steps]."""

STEP: Final = 512
"""Samples of which a detector says whether they are speech."""
_PEAK: Final = 16_384
_SPEECH: Final = 0.5
_SHORTEST_BURST: Final = 0.25
"""Share of the longest stretch of speech; a shorter one that stands apart was a noise."""
_APART: Final = 0.8
"""Seconds without speech between stretches that stand apart."""
_MARGIN: Final = 0.3
"""Seconds kept around speech: a detector hears words later than they begin."""
_NOISE_MARGIN: Final = 0.5
"""Seconds around speech in which noise is listened for; further away it may be another."""


@dataclass(frozen=True)
class Conditioned:
    """An utterance, centred and at half of full scale, with some of the noise around its speech."""

    sound: NDArray[np.float64]  # [samples]
    begin: float
    """Seconds of the utterance before `sound`."""
    speech: tuple[int, int]
    """First sample of `sound` that is to be searched for words, and one past the last."""
    probabilities: NDArray[np.float64]
    """Of speech, in each `STEP` samples of `sound`. Shape: [steps]."""

    def speech_at(self, samples: NDArray[np.int64]) -> NDArray[np.float64]:
        """How probable speech is at some samples of `sound`. Shape: [n] to [n]."""
        middles = (np.arange(len(self.probabilities)) + 0.5) * STEP
        return np.interp(samples, middles, self.probabilities) if len(middles) else np.zeros(len(samples))


def condition(samples: Samples, speech_probabilities: SpeechProbabilities) -> Conditioned | None:
    """The part of an utterance in which somebody speaks; None where nobody does."""
    probabilities = speech_probabilities(samples)  # [steps]
    steps = _speech_steps(probabilities >= _SPEECH)
    if steps is None:
        return None
    first, last = steps
    noise, margin = int(_NOISE_MARGIN * RATE), int(_MARGIN * RATE)
    # Cut between steps, so that each step's probability stays with its samples.
    begin = max(0, first * STEP - noise) // STEP * STEP
    end = min(len(samples), last * STEP + noise)
    sound = samples[begin:end] - samples[begin:end].mean()
    loudest = float(np.abs(sound).max())
    if loudest > 0:
        sound = sound * (_PEAK / loudest)
    speech = max(0, first * STEP - margin) - begin, min(len(samples), last * STEP + margin) - begin
    return Conditioned(sound, begin / RATE, speech, probabilities[begin // STEP : -(-end // STEP)])


def _speech_steps(speech: NDArray[np.bool_]) -> tuple[int, int] | None:
    """First and one past the last step of speech, without noises that stand apart from it."""
    steps = np.flatnonzero(speech)
    if len(steps) == 0:
        return None
    gaps = np.flatnonzero(np.diff(steps) > _APART * RATE / STEP) + 1
    stretches = np.split(steps, gaps)
    longest = max(map(len, stretches))
    kept = [stretch for stretch in stretches if len(stretch) >= _SHORTEST_BURST * longest]
    return int(kept[0][0]), int(kept[-1][-1]) + 1
