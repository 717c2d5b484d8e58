"""What a microphone in a room hears of speech among noise, and what it would hear of the speech alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE, Samples
from paige.tools.training.denoiser.filters import Sound, in_room, level, room
from paige.tools.training.denoiser.speech import Spoken

Batch = NDArray[np.float32]
"""Sounds, full scale 1 [batch, samples]."""
Random = np.random.Generator

_BLOCK: Final = 2048
"""Samples, 128 ms, of which the loudest count: pauses make nobody quieter."""
_RATIOS: Final = (-1.0, 30.0)
"""Decibels of speech above noise, from and to."""
_CLEAN: Final = 0.1
"""Of mixtures, so many have no noise that is worth it, for then nothing should be taken out."""
_CLEAN_RATIO: Final = 60.0
_BABBLE: Final = 0.18
"""Of noises, so many are people who talk elsewhere."""
_SIZES: Final = (0.84, 1.2)
"""By how much faster, and so higher, somebody speaks than the voice did."""
_PEAK: Final = 0.5


@dataclass(frozen=True, slots=True)
class Mixer:
    """Mixes speech with noise; a batch follows from the seed and its number alone."""

    speech: Sequence[Spoken]
    noises: Samples
    """Shape: [noises, samples]."""
    seed: int
    size: int = 24
    """Mixtures of a batch."""
    seconds: float = 4.0
    """Of a mixture, no more than a noise lasts."""

    def batch(self, number: int) -> tuple[Batch, Batch]:
        """Mixtures, and the speech in each alone. Shape of both: [size, samples]."""
        pairs = [self._pair(np.random.default_rng([self.seed, number, one])) for one in range(self.size)]
        mixed, alone = (np.stack(side).astype(np.float32) for side in zip(*pairs, strict=True))
        return mixed, alone

    @property
    def _length(self) -> int:
        return int(self.seconds * RATE)

    def _pair(self, random: Random) -> tuple[Sound, Sound]:
        """Shape of both: [samples]."""
        speech = _through_microphone(self._speech(random), random)
        if random.random() < 0.7:
            speech = in_room(speech, _small_room(random))
        noise = self._noise(random)
        if random.random() < _BABBLE:
            noise = level(self._babble(random)) + 10 ** (random.uniform(-15, 5) / 20) * level(noise)
        ratio = _CLEAN_RATIO if random.random() < _CLEAN else random.uniform(*_RATIOS)
        mixed = speech + at_ratio(speech, _through_microphone(noise, random), ratio)
        gain = _PEAK / (np.abs(mixed).max() + 1e-9)
        hiss = random.normal(size=len(mixed)) * 10 ** random.uniform(-5, -3.3)  # the microphone's own
        return mixed * gain + hiss, speech * gain + hiss

    def _speech(self, random: Random) -> Sound:
        """One utterance or several, each by any voice, with pauses. Shape: [samples]."""
        sound = np.zeros(self._length)
        at = int(random.uniform(0, 0.3) * self._length)
        while at < len(sound):
            said = self._utterance(random)[: len(sound) - at]
            sound[at : at + len(said)] = said
            at += len(said) + int(random.uniform(0.05, 1) * RATE)
            if random.random() < 0.5:
                break
        return sound

    def _utterance(self, random: Random) -> Sound:
        """Shape: [samples]."""
        weights = np.array([spoken.weight for spoken in self.speech])  # [voices]
        spoken = self.speech[int(random.choice(len(weights), p=weights / weights.sum()))]
        samples = spoken.utterances[int(random.integers(len(spoken.utterances)))]
        places = np.arange(0, len(samples) - 1, random.uniform(*_SIZES))
        return np.asarray(np.interp(places, np.arange(len(samples)), samples / 32768), np.float64)

    def _noise(self, random: Random) -> Sound:
        """A piece of a noise. Shape: [samples]."""
        whole = self.noises[random.integers(len(self.noises))]
        at = random.integers(len(whole) - self._length + 1)
        return np.asarray(whole[at : at + self._length], np.float64)

    def _babble(self, random: Random) -> Sound:
        """One to four who talk, in a room. Shape: [samples]."""
        talking = np.zeros(self._length)
        for _ in range(random.integers(1, 5)):
            talking += self._speech(random) * 10 ** (random.normal(0, 4) / 20)
        return in_room(talking, _small_room(random))


def at_ratio(speech: Sound, noise: Sound, decibels: float) -> Sound:
    """The noise, with its loudest 128 ms so much below the loudest of the speech. Shapes: [samples]."""
    return noise * math.sqrt(loudest(speech) / loudest(noise) / 10 ** (decibels / 10))


def loudest(sound: Sound) -> float:
    """The energy of the loudest 128 ms."""
    blocks = sound[: len(sound) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    return float((blocks**2).sum(axis=1).max()) + 1e-9


def _small_room(random: Random) -> Sound:
    """Where somebody speaks to a microphone: an echo 8 to 28 dB below the voice. Shape: [samples]."""
    return room(random, fade=(0.1, 0.6), loudness=(-28, -8), gap=(0.001, 0.01))


def _through_microphone(sound: Sound, random: Random) -> Sound:
    """With some frequencies favoured, and often without the lowest or the highest. Shape: [samples]."""
    spectrum = np.fft.rfft(sound)
    frequencies = np.arange(len(spectrum)) / len(spectrum) * (RATE / 2)  # [bins]
    points = np.linspace(np.log(50), np.log(8050), 6)
    favour = random.normal(0, 1, 6) * random.uniform(0, 5)  # decibels
    spectrum *= 10 ** (np.interp(np.log(frequencies + 50), points, favour) / 20)
    if random.random() < 0.5:
        spectrum /= np.sqrt(1 + (random.uniform(30, 250) / (frequencies + 1)) ** 4)
    if random.random() < 0.4:
        spectrum /= np.sqrt(1 + (frequencies / random.uniform(3300, 7500)) ** 12)
    return np.fft.irfft(spectrum, len(sound))
