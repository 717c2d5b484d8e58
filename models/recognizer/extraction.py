"""From an utterance to the cepstra of its speech alone: without pauses, noise and channel."""

from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from paige.audio.chunk import RATE, Samples, Utterance
from paige.audio.conditioning import STEP, condition
from paige.audio.voice_activity import VoiceDetector
from paige.models.recognizer.features import FRAME, Array, FrontEnd
from paige.models.recognizer.noise import Cleaner, Sounds

_HISS: Final = 10.0
"""Standard deviation, of 16 bits, of white noise whose energy is added to all: models are made of rooms,
which are never silent, and logarithms of digital silence are without meaning."""
_QUIET: Final = 0.2
"""A frame that is speech with a lower probability tells the noise."""
_QUIET_FRAMES: Final = 20
"""At least so many of the quietest tell it."""
_HALF_WINDOW: Final = 205


@dataclass(frozen=True)
class Features:
    """What was heard of an utterance."""

    cepstra: Array  # [frames, coefficients]
    begin: float
    """Seconds of the utterance before the first frame."""


class Extractor:
    """Hears as an acoustic model needs it.

    Args:
        acoustic: The model's folder.

    Raises:
        ModelUnusable: when it has other files than PocketSphinx's models of today.
    """

    def __init__(self, acoustic: Path) -> None:
        self._front_end = FrontEnd.of(acoustic / "feat.params")
        self._cleaner = Cleaner(self._front_end, Sounds.of(acoustic))
        self._detector = VoiceDetector()  # never heard anything: what hears is a copy

    def extract(self, utterance: Utterance) -> Features | None:
        """What is spoken in an utterance; None where nothing is."""
        found = condition(utterance.samples, self._probabilities)
        if found is None:
            return None
        front = self._front_end
        energies = front.energies(found.sound) + front.of_white_noise(_HISS)  # [frames, bands]
        speech = found.speech_at(np.arange(len(energies)) * FRAME + _HALF_WINDOW)  # [frames]
        few = np.partition(speech, min(_QUIET_FRAMES, len(speech)) - 1)[min(_QUIET_FRAMES, len(speech)) - 1]
        noise = energies[speech <= max(_QUIET, few)].mean(axis=0)  # [bands]
        first, last = (sample // FRAME for sample in found.speech)
        cepstra = self._cleaner.clean(energies, noise)[first:last]
        return Features(cepstra, found.begin + first * FRAME / RATE)

    def _probabilities(self, samples: Samples) -> Array:
        """How probable speech is in each whole step of an utterance. Shape: [samples] to [steps]."""
        detector = copy(self._detector)
        found = np.empty(len(samples) // STEP)
        for step in range(len(found)):
            detector(samples[step * STEP : (step + 1) * STEP])
            found[step] = detector.probability
        return found
