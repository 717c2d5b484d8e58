"""Rooms, microphones and noise, for utterances that are spoken by a machine."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE, Samples

Sound = NDArray[np.float64]

_BANDS: Final = 8
_COLOUR: Final = 4.0
"""Decibels by which a microphone may favour or suppress a band, as a standard deviation."""
_ECHO: Final = (0.05, 0.25)
"""Seconds in which a room's echo falls to a thousandth."""


def disturb(speech: Samples, other: Samples, random: np.random.Generator) -> NDArray[np.float32]:
    """An utterance as some microphone in some room may hear it, in units of 16 bits [samples].

    Args:
        speech: Without noise.
        other: Another utterance, for noise of people who talk.
        random: Draws what is done.
    """
    size = len(speech)
    length = 1 << (size + RATE // 2).bit_length()
    spectrum = np.fft.rfft(speech, length) * _microphone(length, random)
    if random.random() < 0.3:
        spectrum *= np.fft.rfft(_room(random), length)
    sound = np.fft.irfft(spectrum, length)[:size]
    loudness = math.sqrt(float((sound**2).mean())) + 1.0
    noise = _noise(size, other, random)
    noise *= loudness / (math.sqrt(float((noise**2).mean())) + 1e-9)
    sound = sound + noise * 10 ** (-random.uniform(10, 50) / 20)
    sound *= 10 ** (random.uniform(-20, 5) / 20)
    if random.random() < 0.8:  # otherwise its silence may be none at all
        sound = sound + random.normal(0, 10 ** random.uniform(-0.5, 1.5), size)
    return np.clip(np.rint(sound), -32768, 32767).astype(np.float32)


def _microphone(length: int, random: np.random.Generator) -> Sound:
    """What it does to each frequency [length // 2 + 1]."""
    gains = random.normal(0, _COLOUR * random.random(), _BANDS)  # decibels
    places = np.linspace(0, _BANDS - 1, length // 2 + 1)
    return np.asarray(10 ** (np.interp(places, np.arange(_BANDS), gains) / 20), np.float64)


def _room(random: np.random.Generator) -> Sound:
    """Its response to a click [samples]: the click, and an echo that fades."""
    fade = random.uniform(*_ECHO)
    time = np.arange(int(fade * RATE)) / RATE
    echo = random.normal(0, 1, len(time)) * 10 ** (-3 * time / fade)
    echo *= random.uniform(0.1, 0.5) / math.sqrt(float((echo**2).sum()))
    echo[0] = 1.0
    return np.asarray(echo, np.float64)


def _noise(size: int, other: Samples, random: np.random.Generator) -> Sound:
    """White to brown noise, or somebody who talks [size]."""
    if random.random() < 0.2:
        return np.resize(np.roll(other.astype(np.float64), int(random.integers(len(other)))), size)
    length = 1 << size.bit_length()
    spectrum = np.fft.rfft(random.normal(0, 1, length))
    spectrum /= np.maximum(1, np.arange(len(spectrum))) ** random.uniform(0, 1)
    return np.asarray(np.fft.irfft(spectrum, length)[:size], np.float64)
