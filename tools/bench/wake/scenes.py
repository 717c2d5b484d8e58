"""Hours of sound in which nobody says a wake word: speech, babble, music and noise, all generated."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import RATE, Samples
from paige.iot.home_file import load_home
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.language_folder import language_folder
from paige.tools.bench.demo import demo_home
from paige.tools.bench.wake.people import SIZES, TEMPOS, Talker, people, say_as
from paige.tools.bench.wake.voices import say, speakers

SCENE_SECONDS: Final = 60
_KINDS: Final = (*("speech",) * 2, *("speech in noise",) * 2, "babble", "music", "speech in music")
"""What the scenes are, in turn; noise is in babble and music, too."""
_PEOPLE_KINDS: Final = ("people", "people in noise", "radio")
"""What they are besides where there are voices made of recordings of people."""
_SAMPLES: Final = SCENE_SECONDS * RATE
_SENTENCES: Final = 400
_PIECE_WORDS: Final = 12
_BABBLE: Final = 3
"""Voices at a time."""
_KEPT: Final = 24
"""Scenes of speech that babble is made of."""
_LEVELS: Final = (500.0, 6_000.0)
"""Loudness of a scene (root of the mean square, of 16 bits), from far away to close."""
_SNRS: Final = (0.0, 20.0)
_NOISE_LEVEL: Final = 3_000
_RADIO_VOICES: Final = (1, 2, 4)
"""At a time, over music and noise."""
_ECHOES: Final = (0.0, 0.2, 0.4)
_PARTIALS: Final = 8
_NOTES: Final = (45, 84)
"""As MIDI numbers them: from A2 to C6."""

Sound = NDArray[np.float64]
"""Shape: [samples]."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A minute of a household."""

    kind: str
    samples: Samples  # [samples]


class Scenes:
    """Makes scenes.

    Half of what eSpeak NG says are orders to the home of the demo, half are words in any order, which sound
    like everything. Voices made of recordings of people (flite's, where it is installed) say sentences, too.

    Args:
        seed: The same seed gives the same texts, voices and noises.
        without: Words that are not said.
        sentences: What else is said.
        kitchen: Noise for every other scene that has any.

    Raises:
        VoiceUnusable: There is no espeak-ng.
    """

    def __init__(
        self,
        seed: int,
        without: frozenset[str],
        sentences: Sequence[str] = (),
        kitchen: Samples | None = None,
    ) -> None:
        self._random = Random(seed)  # noqa: S311  # sounds, not secrets
        self._generator = np.random.default_rng(seed)
        self._speakers: Final = tuple(speakers())
        self._kept: list[Sound] = []
        with demo_home() as home:
            language = Language(Sentences.for_language("en"), load_home(home).vocabulary())
        self._sentences: Final = [intent.text for intent in language.sample(_SENTENCES, seed)]
        table = gzip.decompress((language_folder("en") / "words.txt.gz").read_bytes()).decode()
        words = (line.partition("\t")[0] for line in table.splitlines())
        self._words: Final = [word for word in words if word not in without]
        self._said: Final = [one for one in sentences if without.isdisjoint(one.casefold().split())]
        self._people: Final = [person for person in people() if person.program == "flite"]  # the fast one
        self._kitchen: Final = kitchen

    def scenes(self, count: int) -> Iterator[Scene]:
        """So many of them, of every kind in turn."""
        kinds = (*_KINDS, *_PEOPLE_KINDS) if self._people else _KINDS
        return (self._scene(kinds[number % len(kinds)]) for number in range(count))

    def _scene(self, kind: str) -> Scene:
        match kind:
            case "speech":
                sound = self._speech()
            case "speech in noise":
                sound = self._over(self._speech(), self._noise())
            case "babble":
                sound = self._over(self._babble(), self._noise())
            case "music":
                sound = self._over(self._music(), self._noise())
            case "people":
                sound = self._talk()
            case "people in noise":
                sound = self._over(self._talk(), self._noise())
            case "radio":
                talk = sum(
                    (self._talk() for _ in range(self._random.choice(_RADIO_VOICES))), np.zeros(_SAMPLES)
                )
                sound = self._over(talk, self._over(self._music(), self._noise()))
            case _:
                sound = self._over(self._speech(), self._music())
        return Scene(kind, self._at_some_level(sound))

    def _speech(self) -> Sound:
        speaker = self._random.choice(self._speakers)
        sound = np.zeros(_SAMPLES)  # [samples]
        at = self._random.randrange(RATE)
        while at < _SAMPLES:
            said = say(self._text(), speaker)[: _SAMPLES - at]
            sound[at : at + len(said)] = said
            at += len(said) + round(self._random.expovariate(2.0) * RATE)
        self._kept = [*self._kept[1 - _KEPT :], sound]
        return sound

    def _talk(self) -> Sound:
        """One person, who speaks in sentences, now nearer and now further away."""
        person = self._random.choice(self._people)
        size, echo = self._random.choice(SIZES), self._random.choice(_ECHOES)
        sound = np.zeros(_SAMPLES)  # [samples]
        at = self._random.randrange(RATE)
        while at < _SAMPLES:
            text = self._random.choice(self._said) if self._said else self._text()
            talker = Talker(person, size, self._random.choice(TEMPOS), echo)
            said = say_as(text, talker)[: _SAMPLES - at]
            sound[at : at + len(said)] += said * self._random.uniform(0.3, 1.0)
            at += len(said) + round(self._random.expovariate(3.0) * RATE)
        return sound

    def _text(self) -> str:
        if self._random.random() < 0.5:
            return self._random.choice(self._sentences)
        return " ".join(self._random.choices(self._words, k=_PIECE_WORDS))

    def _babble(self) -> Sound:
        chosen = self._random.sample(self._kept, min(_BABBLE, len(self._kept)))
        return sum((np.roll(one, self._random.randrange(_SAMPLES)) for one in chosen), np.zeros(_SAMPLES))

    def _noise(self) -> Sound:
        if self._kitchen is not None and self._random.random() < 0.5:
            begin = self._random.randrange(len(self._kitchen) - _SAMPLES)
            return self._kitchen[begin : begin + _SAMPLES].astype(np.float64)
        return noise(self._generator, _SAMPLES).astype(np.float64)

    def _music(self) -> Sound:
        """Chords of tones with harmonics that fade, some of them with vibrato."""
        sound = np.zeros(_SAMPLES)
        at = 0
        while at < _SAMPLES:
            length = min(round(self._random.uniform(0.15, 1.2) * RATE), _SAMPLES - at)
            for _ in range(self._random.randint(1, 3)):
                sound[at : at + length] += self._tone(length)
            at += length
        return sound

    def _tone(self, length: int) -> Sound:
        pitch = 440 * 2 ** ((self._random.randint(*_NOTES) - 69) / 12)
        time = np.arange(length) / RATE
        vibrato = self._random.choice((0.0, 0.0, 0.02)) * np.sin(2 * np.pi * 5.5 * time)
        phase = 2 * np.pi * pitch * np.cumsum(1 + vibrato) / RATE
        brightness = self._random.uniform(0.3, 1.5)
        partials = [
            np.sin(number * phase) / number**brightness
            for number in range(1, _PARTIALS + 1)
            if number * pitch < RATE / 2
        ]
        return sum(partials, np.zeros(length)) * np.exp(-self._random.uniform(0.5, 6.0) * time)

    def _over(self, front: Sound, back: Sound) -> Sound:
        ratio = 10 ** (self._random.uniform(*_SNRS) / 20)
        return front / _loudness(front) + back / _loudness(back) / ratio

    def _at_some_level(self, sound: Sound) -> Samples:
        level = np.exp(self._random.uniform(*np.log(_LEVELS)))
        hiss = self._generator.normal(0, 20, _SAMPLES)
        scaled = sound * (level / _loudness(sound)) + hiss
        samples: Samples = np.clip(np.rint(scaled), -32768, 32767).astype(np.int16)
        return samples


def _loudness(sound: Sound) -> float:
    return float(np.sqrt((sound**2).mean())) or 1.0


def noise(generator: np.random.Generator, count: int) -> Samples:
    """White, pink or brown: its power falls not at all, with the frequency, or with its square."""
    spectrum = np.fft.rfft(generator.normal(0, 1, count))  # [frequencies]
    steepness = generator.choice((0.0, 0.5, 1.0))
    sound = np.fft.irfft(spectrum / np.arange(1, len(spectrum) + 1) ** steepness, count)  # [samples]
    samples: Samples = np.rint(sound / _loudness(sound) * _NOISE_LEVEL).astype(np.int16)
    return samples
