"""Many synthetic voices, by espeak-ng: its accents and variants at several pitches and speeds."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from paige.audio.chunk import Samples
from paige.audio.voices.espeak import EspeakVoice
from paige.tools.spoken import spoken_by

ACCENTS: Final = ("en-us", "en", "en-gb-x-rp", "en-gb-scotland")
"""American, British, received pronunciation, Scottish; espeak-ng calls British just English."""
VARIANTS: Final = (*(f"m{number}" for number in range(1, 9)), *(f"f{number}" for number in range(1, 6)))
PITCHES: Final = (35, 50, 65)
"""0 to 100; 50 is the voice's own."""
SPEEDS: Final = (140, 175, 210)
"""Words a minute; 175 is espeak-ng's own."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One way to speak."""

    accent: str
    variant: str
    pitch: int
    speed: int

    @property
    def voice(self) -> str:
        """As espeak-ng names it."""
        return f"{self.accent}+{self.variant}"


def speakers() -> Iterator[Speaker]:
    """All of them: 4 accents of 13 voices, each at 3 pitches and 3 speeds."""
    return (Speaker(*how) for how in product(ACCENTS, VARIANTS, PITCHES, SPEEDS))


def say(text: str, speaker: Speaker) -> Samples:
    """A text as one speaker says it, without silence before and after. Shape: [samples].

    Raises:
        VoiceUnusable: There is no espeak-ng.
    """
    voice = EspeakVoice(speaker.voice, speed=speaker.speed, pitch=speaker.pitch)
    spoken = spoken_by(voice, text)  # [samples]
    loud = np.flatnonzero(np.abs(spoken) > np.abs(spoken).max() / 100)
    return spoken[loud[0] : loud[-1] + 1]
