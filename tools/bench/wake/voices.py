"""Many synthetic voices, by espeak-ng: its accents and variants at several pitches and speeds."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
import soxr

from paige.audio.chunk import RATE, Samples
from paige.tools.bench.errors import BenchFailed

ACCENTS: Final = ("en-us", "en", "en-gb-x-rp", "en-gb-scotland")
"""American, British, received pronunciation, Scottish; espeak-ng calls British just English."""
VARIANTS: Final = (*(f"m{number}" for number in range(1, 9)), *(f"f{number}" for number in range(1, 6)))
PITCHES: Final = (35, 50, 65)
"""0 to 100; 50 is the voice's own."""
SPEEDS: Final = (140, 175, 210)
"""Words a minute; 175 is espeak-ng's own."""

# From speak_lib.h.
_SYNCHRONOUS = 2
_UTF8 = 1
_CHARACTER_POSITION = 1
_RATE_PARAMETER, _PITCH_PARAMETER = 1, 3
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(ctypes.c_char)
)


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


class Synthesizer:
    """espeak-ng; one in a process.

    Raises:
        BenchFailed: it is not there.
    """

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError as error:
            raise BenchFailed(
                "espeakng-loader is missing: it carries the voices that say the phrases"
            ) from error
        self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        self._pieces: list[Samples] = []
        self._rate = self._library.espeak_Initialize(
            _SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0
        )
        if self._rate <= 0:
            raise BenchFailed("espeak-ng does not start")
        self._callback = _CALLBACK(self._take)  # kept: the library holds no reference
        self._library.espeak_SetSynthCallback(self._callback)
        self._voice = ""

    def _take(self, wav: Any, count: int, _: Any) -> int:  # noqa: ANN401  # pointers
        if wav and count > 0:
            self._pieces.append(np.ctypeslib.as_array(wav, (count,)).copy())
        return 0

    def say(self, text: str, speaker: Speaker) -> Samples:
        """A text as one speaker says it, without silence before and after. Shape: [samples]."""
        if speaker.voice != self._voice:
            if self._library.espeak_SetVoiceByName(speaker.voice.encode()) != 0:
                raise BenchFailed(f"espeak-ng has no voice {speaker.voice}")
            self._voice = speaker.voice
        self._library.espeak_SetParameter(_RATE_PARAMETER, speaker.speed, 0)
        self._library.espeak_SetParameter(_PITCH_PARAMETER, speaker.pitch, 0)
        self._pieces.clear()
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, _CHARACTER_POSITION, 0, _UTF8, None, None)
        spoken = np.concatenate(self._pieces)  # [samples]
        loud = np.flatnonzero(np.abs(spoken) > np.abs(spoken).max() / 100)
        whole: Samples = spoken[loud[0] : loud[-1] + 1]
        return np.asarray(soxr.resample(whole, self._rate, RATE), dtype=np.int16)
