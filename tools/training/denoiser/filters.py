"""Filters and rooms, by Fourier's transform: what a sound goes through before it is heard."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE

Sound = NDArray[np.float64]

_SILENCE: Final = 1e-9


def level(sound: Sound) -> Sound:
    """The same at a standard deviation of 1. Shape: [samples] to [samples]."""
    return np.asarray(sound / (sound.std() + _SILENCE), np.float64)


def filtered(sound: Sound, above: tuple[float, ...], below: tuple[float, ...] = (1.0,)) -> Sound:
    """Through a digital filter, as if the sound went round in a circle. Shape: [samples] to [samples].

    Args:
        sound: What goes in.
        above: Coefficients of the numerator in powers of z⁻¹.
        below: Those of the denominator.
    """
    spectrum = np.fft.rfft(sound)
    back = np.exp(-2j * np.pi * np.arange(len(spectrum)) / len(sound))  # z⁻¹ [bins]
    response = np.polyval(above[::-1], back) / np.polyval(below[::-1], back)
    return np.fft.irfft(spectrum * response, len(sound))


def peaking(sound: Sound, frequency: float, quality: float, decibels: float) -> Sound:
    """With the frequencies around one louder, or quieter.

    R. Bristow-Johnson, "Audio EQ cookbook": the peaking filter. Shape: [samples] to [samples].
    """
    turn = 2 * np.pi * frequency / RATE
    width, gain = np.sin(turn) / 2 / quality, 10 ** (decibels / 40)
    middle = -2 * np.cos(turn)
    above = (1 + width * gain, middle, 1 - width * gain)
    return filtered(sound, above, (1 + width / gain, middle, 1 - width / gain))


def band(sound: Sound, frequency: float, quality: float) -> Sound:
    """The frequencies around one, by the same book's band-pass filter. Shape: [samples] to [samples]."""
    turn = 2 * np.pi * frequency / RATE
    width = np.sin(turn) / 2 / quality
    return filtered(sound, (width, 0, -width), (1 + width, -2 * np.cos(turn), 1 - width))


def high_pass(sound: Sound, frequency: float) -> Sound:
    """Less of what is below a frequency: Butterworth's first order. Shape: [samples] to [samples]."""
    edge = float(np.tan(np.pi * frequency / RATE))
    return filtered(sound, (1 / (1 + edge), -1 / (1 + edge)), (1, (edge - 1) / (edge + 1)))


def room(
    random: np.random.Generator,
    *,
    fade: tuple[float, float],
    loudness: tuple[float, float],
    gap: tuple[float, float] = (0, 0),
) -> Sound:
    """A room's response to a click: the click, and an echo of noise that fades. Shape: [samples].

    Args:
        random: Draws.
        fade: Seconds in which the echo falls to a thousandth, from and to.
        loudness: Of the echo against the click, decibels.
        gap: Seconds before the echo begins.
    """
    seconds = random.uniform(*fade)
    count = int(seconds * RATE)
    echo = random.normal(size=count) * 10 ** (-3 * np.arange(count) / count)
    echo[: int(random.uniform(*gap) * RATE)] = 0
    echo *= 10 ** (random.uniform(*loudness) / 20) / (np.sqrt((echo**2).sum()) + _SILENCE)
    echo[0] = 1
    return np.asarray(echo, np.float64)


def in_room(sound: Sound, response: Sound) -> Sound:
    """A sound as it is heard in a room, as long as it was. Shapes: [samples], [response] to [samples]."""
    size = 1 << (len(sound) + len(response) - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)[: len(sound)]


def log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    """Between two numbers, each factor as probable as the other."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))
