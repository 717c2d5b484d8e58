"""Speaks sentences in many voices."""

from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from paige.audio.chunk import RATE
from paige.audio.voices.library import Manner, espeak

_ACCENTS: Final = (
    "en-us", "en-us", "en-us", "en-gb", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan",
    "en-gb-x-gbcwmd", "en-029",
)  # fmt: skip
_LEARNED: Final = (
    "m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f5", "klatt", "klatt2", "klatt3", "klatt4",
    "adam", "anika", "antonio", "aunty", "belinda", "benjamin", "boris", "caleb", "david", "ed", "edward",
    "grandma", "grandpa", "ian", "iven", "john", "marcelo", "max", "michel", "norbert", "pablo", "paul",
    "pedro", "quincy", "rob", "robert", "sandro", "shelby", "steph", "victor", "zac",
)  # fmt: skip
HELD_OUT: Final = ("f4", "linda", "m8", "miguel", "travis")
"""Voices that nothing is learned from."""


@dataclass(frozen=True, slots=True)
class Talker:
    """Who speaks, and how."""

    manner: Manner
    size: float
    """How much larger than the voice's own the talker is: the sound is played slower by this."""

    @classmethod
    def draw(cls, random: Random, *, held_out: bool = False) -> "Talker":
        """Any of those that are learned from, or of the others."""
        variant = random.choice(HELD_OUT if held_out else _LEARNED)
        manner = Manner(
            f"{random.choice(_ACCENTS)}+{variant}",
            speed=random.randint(115, 205),
            pitch=random.randint(20, 80),
        )
        return cls(manner, random.uniform(0.88, 1.12))

    def say(self, text: str) -> NDArray[np.float32]:
        """A sentence at `RATE`, up to 1 [samples]."""
        library = espeak()
        pieces = library.say(text, self.manner, pause=False)
        spoken = np.concatenate([np.zeros(0, np.int16), *pieces]).astype(np.float32) / 32768
        return np.asarray(soxr.resample(spoken, library.rate, RATE * self.size), np.float32)
