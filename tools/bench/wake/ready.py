"""Ready wake words: how often one is heard that nobody said, how often one that was said is missed."""

import math
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.wake import READY, Phrase
from paige.audio.wake.neural import NeuralWakeDetector, published_cutoff
from paige.audio.wake.neural import cutoff as cutoff_at
from paige.tools.bench.listen import mix
from paige.tools.bench.part import Table
from paige.tools.bench.progress import progress
from paige.tools.bench.wake.people import Talker, say_as, talkers
from paige.tools.bench.wake.scenes import SCENE_SECONDS, Scenes, noise
from paige.tools.bench.wake.voices import Speaker, say, speakers

SENSITIVITIES: Final = (0.25, 0.5, 0.75, 1.0)
ESPEAK: Final = "eSpeak NG"
SNRS: Final = (None, 24.0, 12.0, 6.0, 0.0)
"""Decibels; None is a quiet room."""
_LEAST: Final = 0.3
"""Peaks below count as nothing: no sensitivity goes lower."""
_APART: Final = 1.0
"""Seconds in which a phrase is heard once at most."""
_DISTINCT: Final = frozenset({"nabu", "jarvis", "mycroft", "alexa"})
"""Words that nobody must say where no wake word is to be heard."""
_EVERY: Final = 4
"""One speaker in so many says each phrase."""
LEAD: Final = 1.5
"""Seconds before each phrase."""
_TAIL: Final = 1.0
_ROOM: Final = 30.0
_CLOSE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Peak:
    """A phrase became probable."""

    phrase: str
    probability: float
    kind: str
    """Of the sound in which it did."""


@dataclass(frozen=True, slots=True)
class Listened:
    """What came of sound in which no phrase was said."""

    peaks: tuple[Peak, ...]
    seconds: Mapping[str, float]
    """Of sound, by its kind."""
    cpu_seconds: float
    """That the detector took."""

    def per_hour(self, phrase: str, sensitivity: float) -> float:
        """How often a phrase would have been heard."""
        cutoff = cutoff_at(published_cutoff(phrase), sensitivity)
        heard = sum(peak.phrase == phrase and peak.probability > cutoff for peak in self.peaks)
        return heard / self.hours

    @property
    def hours(self) -> float:
        """Of sound."""
        return sum(self.seconds.values()) / 3600

    @classmethod
    def together(cls, parts: Iterable["Listened"]) -> "Listened":
        """Several as one."""
        all_of_them = list(parts)
        seconds: defaultdict[str, float] = defaultdict(float)
        for kind, length in (item for part in all_of_them for item in part.seconds.items()):
            seconds[kind] += length
        peaks = tuple(peak for part in all_of_them for peak in part.peaks)
        return cls(peaks, seconds, sum(part.cpu_seconds for part in all_of_them))


def generated(hours: int, sentences: Sequence[str], kitchen: Samples | None) -> Listened:
    """Listens to hours of generated sound, with as many processes as there are cores.

    Args:
        hours: How many.
        sentences: That voices of people say.
        kitchen: Noise for some of the scenes.
    """
    hour = partial(_hour, sentences=sentences, kitchen=kitchen)
    with get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        return Listened.together(progress(pool.imap_unordered(hour, range(hours)), hours))


def _hour(seed: int, sentences: Sequence[str], kitchen: Samples | None) -> Listened:
    scenes = Scenes(seed, _DISTINCT, sentences, kitchen).scenes(3600 // SCENE_SECONDS)
    return listened((scene.kind, scene.samples) for scene in scenes)


def listened(sounds: Iterable[tuple[str, Samples]]) -> Listened:
    """Listens for all ready phrases at once to sounds, each with its kind, in which none is said."""
    detector = NeuralWakeDetector([Phrase(phrase) for phrase in READY])
    peaks: list[Peak] = []
    seconds: defaultdict[str, float] = defaultdict(float)
    used = 0.0
    for kind, samples in sounds:
        began = time.process_time()
        probable = _probabilities(detector, samples, sum(seconds.values()))
        used += time.process_time() - began
        seconds[kind] += len(samples) / RATE
        for phrase, column in probable.items():
            peaks += [Peak(phrase, one, kind) for one in _peaks(column)]
    return Listened(tuple(peaks), seconds, used)


def _probabilities(
    detector: NeuralWakeDetector, samples: Samples, start: float = 0.0
) -> dict[str, list[float]]:
    """Of each phrase in each chunk of sound that begins at this second of all that is heard."""
    columns: dict[str, list[float]] = {}
    for begin in range(0, len(samples), CHUNK_SAMPLES):
        detector.hear(AudioChunk(samples[begin : begin + CHUNK_SAMPLES], start + begin / RATE))
        for phrase, probability in detector.probabilities.items():
            columns.setdefault(phrase, []).append(probability)
    return columns


def highest(detector: NeuralWakeDetector, samples: Samples, phrase: str) -> float:
    """The highest probability of a phrase in sound that nothing else was heard before."""
    detector.reset()
    return max(_probabilities(detector, samples)[phrase])


def _peaks(column: Sequence[float]) -> Iterator[float]:
    """The highest probability, then the highest of those far enough from it, and so on."""
    left = np.array(column)  # [chunks]
    apart = round(_APART * RATE / CHUNK_SAMPLES)
    while left.max() > _LEAST:
        at = int(left.argmax())
        yield float(left[at])
        left[max(0, at - apart) : at + apart + 1] = 0


@dataclass(frozen=True, slots=True)
class Said:
    """One voice said a phrase."""

    phrase: str
    family: str
    """Who made the voice: `ESPEAK`, or the synthesizer and the person whose recordings it has."""
    variant: str
    snr: float | None
    probability: float
    """The highest."""
    lag: float
    """Seconds from the end of the phrase to that chunk that passes its maker's cutoff first; NaN for none."""


def said(kitchen: Samples | None) -> list[Said]:
    """Each phrase, said by many voices in a quiet room and in noise.

    Args:
        kitchen: The noise; pink noise where there is none.
    """
    with get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        found = progress(pool.imap(partial(_said, kitchen=kitchen), READY), len(READY))
        return [one for some in found for one in some]


def _said(phrase: str, kitchen: Samples | None) -> list[Said]:
    generator = np.random.default_rng(READY.index(phrase))
    behind = noise(generator, 60 * RATE) if kitchen is None else kitchen
    detector = NeuralWakeDetector([Phrase(phrase)])
    cutoff = published_cutoff(phrase)
    found = []
    computed = list(speakers())[READY.index(phrase) :: _EVERY]
    for family, variant, spoken in voices(phrase, computed, talkers()):
        for snr in SNRS:
            detector.reset()
            column = np.array(_probabilities(detector, placed(spoken, snr, behind, generator))[phrase])
            passed = np.flatnonzero(column > cutoff)
            noticed = (passed[0] + 1) * CHUNK_SAMPLES / RATE if len(passed) else math.nan
            lag = noticed - LEAD - len(spoken) / RATE
            found.append(Said(phrase, family, variant, snr, float(column.max()), lag))
    return found


def voices(
    text: str, computed: Iterable[Speaker], made: Iterable[Talker]
) -> Iterator[tuple[str, str, NDArray[np.float64]]]:
    """A text as eSpeak NG's voices say it, and as people's do: family, variant and sound, each in turn."""
    for speaker in computed:
        yield ESPEAK, speaker.variant, say(text, speaker).astype(np.float64)
    for talker in made:
        yield talker.person.family, talker.person.family, say_as(text, talker)


def placed(
    spoken: NDArray[np.float64], snr: float | None, behind: Samples, generator: np.random.Generator
) -> Samples:
    """What was said, in a quiet room or in noise, after `LEAD` seconds of that. Shape: [samples]."""
    whole = np.pad(spoken, (round(LEAD * RATE), round(_TAIL * RATE)))  # [samples]
    if snr is not None:
        return mix(np.rint(whole).astype(np.int16), behind, snr, generator)
    quiet: Samples = np.rint(whole * _CLOSE + generator.normal(0, _ROOM, len(whole))).astype(np.int16)
    return quiet


def false_table(heard: Listened, title: str) -> Table:
    """False wakes, by phrase and sensitivity."""
    rows = [
        (
            phrase,
            *(f"{heard.per_hour(phrase, sensitivity) * heard.hours:.0f}" for sensitivity in SENSITIVITIES),
        )
        for phrase in READY
    ]
    head = ("phrase", *(f"sensitivity {sensitivity:g}" for sensitivity in SENSITIVITIES))
    return Table(f"{title}: false wakes in {heard.hours:.1f} hours", head, tuple(rows))


def missed_table(heard: Sequence[Said], names: Mapping[float | None, str], kind: str) -> Table:
    """Share of phrases missed, by phrase and noise, at each sensitivity.

    Args:
        heard: By voices of one kind.
        names: Of the noises.
        kind: Whose voices they are, for the title.
    """
    rows = [
        (
            f"{phrase}, sensitivity {sensitivity:g}",
            *(f"{missed(heard, phrase, snr, sensitivity):.0%}" for snr in names),
        )
        for phrase in READY
        for sensitivity in SENSITIVITIES
    ]
    title = f"Missed wake words, of {len(heard) // (len(READY) * len(SNRS))} {kind}, each"
    return Table(title, ("phrase", *names.values()), tuple(rows))


def families_table(heard: Sequence[Said], names: Mapping[float | None, str]) -> Table:
    """Share of phrases missed at the middle sensitivity, by voice."""
    rows = []
    for phrase in READY:
        for family in dict.fromkeys(one.family for one in heard):
            theirs = [one for one in heard if one.family == family]
            rows.append(
                (f"{phrase}, {family}", *(f"{missed(theirs, phrase, snr, 0.5):.0%}" for snr in names))
            )
    return Table("Missed at sensitivity 0.5, by voice", ("phrase, voice", *names.values()), tuple(rows))


def missed(heard: Iterable[Said], phrase: str, snr: float | None, sensitivity: float) -> float:
    """Share of voices that were not heard."""
    cutoff = cutoff_at(published_cutoff(phrase), sensitivity)
    those = [one.probability <= cutoff for one in heard if one.phrase == phrase and one.snr == snr]
    return sum(those) / len(those)


def lag(heard: Iterable[Said], phrase: str) -> float:
    """Median seconds from the end of a phrase to its being noticed."""
    lags = [one.lag for one in heard if one.phrase == phrase and one.family == ESPEAK]  # others have echoes
    return float(np.nanmedian(lags))


def unheard(heard: Iterable[Said], phrase: str) -> list[str]:
    """The variants of voices that are missed mostly at the middle sensitivity, in a quiet room."""
    cutoff = published_cutoff(phrase)
    tries: dict[str, list[bool]] = {}
    for one in heard:
        if one.phrase == phrase and one.snr is None:
            tries.setdefault(one.variant, []).append(one.probability <= cutoff)
    return [variant for variant, missed in tries.items() if 2 * sum(missed) > len(missed)]
