"""Sounds of a home that are no speech, made of filtered noise, strokes and tones."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from paige.audio.chunk import RATE, Samples
from paige.tools.bench.progress import progress
from paige.tools.training.denoiser.filters import (
    Sound,
    band,
    filtered,
    high_pass,
    in_room,
    level,
    log_uniform,
    peaking,
    room,
)

SECONDS: Final = 6
"""Of a noise."""
LENGTH: Final = SECONDS * RATE
"""Samples of a noise."""
_PEAK: Final = 20_000
_SECOND: Final = 0.4
"""Of noises, so many have another one in them."""
_FADE, _ECHO = (0.1, 0.5), (-1, 25)
"""Of a room in which noises are made, seconds and decibels: most are far from the microphone."""
_SCALE: Final = (0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19, 24)
"""Half tones above the key."""
_HIGHEST: Final = 7_700.0
"""Hertz of a tone's highest overtone."""

Random = np.random.Generator


def stored(file: Path, count: int, seed: int) -> Samples:
    """The noises of a file, which is made where it is missing. Shape: [count, LENGTH]."""
    if not file.is_file():
        numbers = progress(range(count), count)
        clips = np.stack([noise(np.random.default_rng([seed, number])) for number in numbers])
        unfinished = file.with_suffix(".part")
        with unfinished.open("wb") as out:
            np.save(out, clips)
        unfinished.replace(file)
    made: Samples = np.load(file, mmap_mode="r")
    return made


def noise(random: Random) -> Samples:
    """One noise, often of two kinds at once. Shape: [LENGTH]."""
    sound = _any_kind(random)
    if random.random() < _SECOND:
        sound = level(sound) + 10 ** (random.uniform(-12, 3) / 20) * level(_any_kind(random))
    sound = sound - sound.mean()
    return np.asarray(sound / (np.abs(sound).max() + 1e-9) * _PEAK, np.int16)


def steady(random: Random) -> Sound:
    """Noise with a smooth spectrum, which does not change. Shape of this and all others: [LENGTH]."""
    sound = random.normal(size=LENGTH)
    for _ in range(random.integers(1, 4)):
        kind = random.integers(4)
        if kind == 0:
            near = random.uniform(0.3, 0.98)
            sound = filtered(sound, (1 - near,), (1, -near))
        elif kind == 1:
            frequency, quality = log_uniform(random, 80, 7000), random.uniform(0.7, 8)
            sound = peaking(sound, frequency, quality, random.uniform(-15, 15))
        elif kind == 2:
            sound = high_pass(sound, random.uniform(60, 1500))
        else:
            sound = filtered(sound, (1,), (1, random.uniform(-0.9, 0.5)))
    return level(sound)


def swelling(random: Random) -> Sound:
    """Louder and quieter, slowly: wind, cars, a tap."""
    return steady(random) * _swell(random, int(random.integers(3, 30)), random.uniform(3, 12))


def strokes(random: Random) -> Sound:
    """Dishes, cutlery, doors, steps, keys: some kinds of stroke, each heard again and again."""
    sound = np.zeros(LENGTH)
    rate = log_uniform(random, 0.4, 12)
    kinds = [_Stroke(random) for _ in range(random.integers(1, 4))]
    at = random.exponential(1 / rate)
    while at < SECONDS:
        _add(sound, at, kinds[random.integers(len(kinds))].once(random) * 10 ** (random.normal(0, 7) / 20))
        at += random.exponential(1 / rate)
    return _somewhere(sound, random) if random.random() < 0.7 else sound


def splashing(random: Random) -> Sound:
    """Water, frying, paper, applause: clicks too many to count."""
    count = int(SECONDS * log_uniform(random, 20, 800))
    sound = np.zeros(LENGTH)
    loudness = 10 ** (random.normal(0, 6, count) / 20)
    np.add.at(sound, random.integers(0, LENGTH, count), random.normal(size=count) * loudness)
    sound = level(band(sound, log_uniform(random, 300, 6000), random.uniform(0.5, 6)))
    sound = sound + random.uniform(0, 1) * steady(random)
    return sound * _swell(random, int(random.integers(2, 25)), random.uniform(0, 9))


def motor(random: Random) -> Sound:
    """Fans, fridges, mixers, extractor hoods: overtones of a turn that drifts, and noise."""
    lowest = log_uniform(random, 40, 500)
    drift = _curve(random.normal(1, random.uniform(0, 0.05), 8))
    phase = 2 * np.pi * np.cumsum(lowest * drift) / RATE
    falls = random.uniform(0, 1.2)
    sound = np.zeros(LENGTH)
    for number in range(1, random.integers(3, 30)):
        if number * lowest < _HIGHEST:
            sound += random.normal() * number**-falls * np.sin(number * phase + random.uniform(0, 2 * np.pi))
    beat = np.sin(2 * np.pi * random.uniform(1, 30) * np.arange(LENGTH) / RATE)
    return level(sound) * (1 + random.uniform(0, 0.5) * beat) + random.uniform(0.1, 2) * steady(random)


def music(random: Random) -> Sound:
    """Chords of a scale with a vibrato, and a drum."""
    sound = np.zeros(LENGTH)
    beat, key = random.uniform(0.12, 0.6), random.uniform(80, 300)
    at = 0.0
    while at < SECONDS:
        for _ in range(random.integers(1, 4)):
            _add(sound, at, _tone(random, key * 2 ** (random.choice(_SCALE) / 12)))
        if random.random() < 0.6:
            time = np.arange(int(0.15 * RATE)) / RATE
            fade = np.exp(-time / random.uniform(0.01, 0.06))
            _add(sound, at, random.uniform(0.1, 2) * random.normal(size=len(time)) * fade)
        at += beat * random.choice((0.5, 1, 1, 2))
    return _somewhere(sound, random)


KINDS: Final[dict[Callable[[Random], Sound], float]] = {
    steady: 0.15, swelling: 0.15, strokes: 0.32, splashing: 0.16, motor: 0.12, music: 0.1
}  # fmt: skip
"""What may be heard, and how often."""


def _any_kind(random: Random) -> Sound:
    kinds = [*KINDS]
    return kinds[random.choice(len(kinds), p=[*KINDS.values()])](random)


class _Stroke:
    """How one thing sounds that is struck: tones that fade, and a burst of noise."""

    def __init__(self, random: Random) -> None:
        count = random.integers(2, 9)
        self._tones = np.exp(random.uniform(np.log(150), np.log(7500), count))  # hertz
        self._fades = random.uniform(0.01, 0.25, count)  # seconds
        self._loudness = random.normal(size=count)
        self._noise, self._noise_fade = random.uniform(0, 1), random.uniform(0.002, 0.03)

    def once(self, random: Random) -> Sound:
        """Struck once. Shape: [samples]."""
        time = np.arange(int(0.6 * RATE)) / RATE  # [samples]
        tones = self._tones[:, np.newaxis] * random.normal(1, 0.02)  # [tones, 1]
        phases = random.uniform(0, 2 * np.pi, (len(tones), 1))
        rings = np.sin(2 * np.pi * tones * time + phases) * np.exp(-time / self._fades[:, np.newaxis])
        ringing = self._loudness @ rings / np.sqrt(len(tones))  # [samples]
        burst = random.normal(size=len(time)) * np.exp(-time / self._noise_fade)
        return np.asarray((1 - self._noise) * ringing + self._noise * burst, np.float64)


def _tone(random: Random, frequency: float) -> Sound:
    """Shape: [samples]."""
    time = np.arange(int(random.uniform(0.2, 1.5) * RATE)) / RATE
    wave = time + random.uniform(0, 0.01) * np.sin(2 * np.pi * 5 * time) / frequency
    falls = random.uniform(0.7, 2)
    sound = np.zeros(len(time))
    for number in range(1, 12):
        if number * frequency < _HIGHEST:
            sound += random.uniform(0.2, 1) * number**-falls * np.sin(2 * np.pi * number * frequency * wave)
    fade = np.exp(-time / random.uniform(0.1, 1.2))
    return np.asarray(sound * fade * np.minimum(1, time / random.uniform(0.003, 0.05)), np.float64)


def _add(sound: Sound, seconds: float, other: Sound) -> None:
    """Put another sound into one, so many seconds behind its beginning; what is behind its end is lost."""
    at = int(seconds * RATE)
    sound[at : at + len(other)] += other[: LENGTH - at]


def _swell(random: Random, points: int, decibels: float) -> Sound:
    return np.asarray(10 ** (_curve(random.normal(0, decibels, points)) / 20), np.float64)


def _curve(points: Sound) -> Sound:
    """Through points evenly spaced. Shape: [points] to [LENGTH]."""
    return np.interp(np.arange(LENGTH), np.linspace(0, LENGTH, len(points)), points)


def _somewhere(sound: Sound, random: Random) -> Sound:
    return in_room(sound, room(random, fade=_FADE, loudness=_ECHO))
