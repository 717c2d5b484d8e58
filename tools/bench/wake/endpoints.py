"""Where speech ends: how long it takes to say so, and how often somebody is cut off."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.endpointer import Endpointer, Pace
from paige.audio.voice_activity import VoiceDetector
from paige.audio.wav import read_wav
from paige.tools.bench.distribution import Distribution, milliseconds
from paige.tools.bench.listen import mix
from paige.tools.bench.part import Table

PAUSES: Final = (0.25, 0.4, 0.7)
"""Seconds."""
_BEFORE: Final = 1.5
_AFTER: Final = 4.0
"""Seconds of silence or noise around each recording."""
_ROOM: Final = 20.0
_FRAME: Final = RATE // 100
_SMOOTHED: Final = 5
_SHARE: Final = 0.3
"""Where speech begins between the quiet (10th percentile) and the loudest of a recording, in decibels."""
_REACHED: Final = 0.5
"""How far between them it gets: on three of 200 recordings a button clicks seconds after the last word."""
_SHORTEST: Final = 6
"""Frames; what is loud for less is a click, too."""
_BORDER: Final = 0.1
"""Seconds around speech in which a detector may say either."""


Detector = Callable[[Samples], bool]
"""Whether there is speech in the next chunk of a stream."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One, with where its speech is, found by its loudness while nothing else can be heard."""

    samples: Samples  # [samples]
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Ending:
    """What an endpointer made of one recording."""

    cut: bool
    """The first utterance ended before speech did."""
    missed: bool
    """There was none."""
    open: bool
    """It had not ended when the noise after it did."""
    delay: float | None
    """Seconds from the last of speech to the decision; None where that was not taken after it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a detector and the endpointer made of all recordings, under one condition."""

    heard: float
    """Share of speech that counted as speech."""
    false: float
    """Share of what is none that did."""
    cpu: float
    """Processor seconds a second."""
    endings: Mapping[float, Sequence[Ending]]
    """By pause."""

    def cut(self, pause: float) -> float:
        """Share of recordings that were cut off."""
        return sum(ending.cut for ending in self.endings[pause]) / len(self.endings[pause])

    def lost(self, pause: float) -> float:
        """Share of recordings that were missed, or did not end."""
        return sum(ending.missed or ending.open for ending in self.endings[pause]) / len(self.endings[pause])

    def delays(self, pause: float) -> Distribution:
        """Seconds from the last of speech to the decision."""
        return Distribution.of(one.delay for one in self.endings[pause] if one.delay is not None)


def webrtc() -> Detector:
    """WebRTC's detector, which PocketSphinx carries, at its strictest: to compare with."""
    detector = pocketsphinx.Vad(pocketsphinx.Vad.STRICT, RATE, CHUNK_SAMPLES / RATE)
    return lambda samples: bool(detector.is_speech(samples.tobytes()))


DETECTORS: Final[Mapping[str, Callable[[], Detector]]] = {"Silero": VoiceDetector, "WebRTC": webrtc}


def recordings(files: Iterable[Path]) -> list[Recording]:
    """Reads recordings and finds the speech in each."""
    return [recording(read_wav(file).samples) for file in files]


def recording(samples: Samples) -> Recording:
    """Finds the speech in one."""
    centred = samples - samples.mean()  # [samples]
    frames = centred[: len(centred) // _FRAME * _FRAME].reshape(-1, _FRAME)  # [frames, samples]
    decibels = 10 * np.log10((frames**2).mean(axis=1) + 10)  # [frames]
    level = np.convolve(decibels, np.ones(_SMOOTHED) / _SMOOTHED, mode="same")  # [frames]
    quiet = float(np.percentile(level, 10))
    above = (level - quiet) / (float(level.max()) - quiet)  # [frames]
    runs = [run for run in _runs(above > _SHARE) if above[slice(*run)].max() > _REACHED]
    return Recording(samples, runs[0][0] * _FRAME / RATE, runs[-1][1] * _FRAME / RATE)


def _runs(loud: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and one past the last frame of each stretch that is no click."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False])).astype(np.int8)))
    for begin, end in edges.reshape(-1, 2):
        if end - begin >= _SHORTEST:
            yield int(begin), int(end)


def judge(
    spoken: Sequence[Recording],
    open_detector: Callable[[], Detector],
    noise: Samples | None,
    snr: float | None,
) -> Judged:
    """Have an endpointer find each recording in silence, or in noise."""
    generator = np.random.default_rng(0 if snr is None else round(snr * 10))
    endings: dict[float, list[Ending]] = {pause: [] for pause in PAUSES}
    counts = np.zeros(4)  # speech heard, speech, silence heard, silence; in chunks
    cpu = seconds = 0.0
    for one in spoken:
        around = (round(_BEFORE * RATE), round(_AFTER * RATE))
        sound = np.pad(one.samples, around)  # [samples]
        if snr is None or noise is None:
            room = generator.normal(0, _ROOM, len(sound))
            sound = np.clip(np.rint(sound + room), -32768, 32767).astype(np.int16)
        else:
            sound = mix(sound, noise, snr, generator)
        detector, began = open_detector(), time.process_time()
        chunks = len(sound) // CHUNK_SAMPLES
        speech = [detector(chunk) for chunk in sound[: chunks * CHUNK_SAMPLES].reshape(chunks, -1)]
        cpu += time.process_time() - began
        seconds += len(sound) / RATE
        counts += _counted(speech, one)
        for pause in PAUSES:
            endings[pause].append(_ending(speech, one, pause))
    return Judged(counts[0] / counts[1], counts[2] / counts[3], cpu / seconds, endings)


def _counted(speech: Sequence[bool], one: Recording) -> NDArray[np.float64]:
    middle = (np.arange(len(speech)) + 0.5) * CHUNK_SAMPLES / RATE - _BEFORE  # [chunks]
    inside = (middle > one.begin) & (middle < one.end)
    outside = (middle < one.begin - _BORDER) | (middle > one.end + _BORDER)
    found = np.array(speech)
    return np.array([found[inside].sum(), inside.sum(), found[outside].sum(), outside.sum()], np.float64)


def _ending(speech: Sequence[bool], one: Recording, pause: float) -> Ending:
    decisions = iter(speech)
    endpointer = Endpointer(lambda _: next(decisions), Pace(pause=pause))
    nothing = np.zeros(CHUNK_SAMPLES, np.int16)
    spans = []
    for number in range(len(speech)):
        utterance = endpointer.hear(AudioChunk(nothing, number * CHUNK_SAMPLES / RATE - _BEFORE))
        if utterance is not None:
            spans.append((utterance.start, utterance.start + utterance.seconds))
    spans = [(begin, end) for begin, end in spans if begin < one.end and end > one.begin]
    goes_on = endpointer.silence is not None
    if not spans:
        return Ending(cut=False, missed=not goes_on, open=goes_on, delay=None)
    last = spans[-1][1]
    delay = last - one.end if last >= one.end else None
    return Ending(cut=spans[0][1] < one.end, missed=False, open=False, delay=delay)


def activity_table(judged: Mapping[tuple[str, str], Judged]) -> Table:
    """Of what a detector said of each chunk."""
    rows = [
        (f"{name}, {condition}", f"{one.heard:.1%}", f"{one.false:.1%}", f"{one.cpu:.4f}")
        for (name, condition), one in judged.items()
    ]
    head = ("detector", "speech heard", "taken for speech", "CPU s/s")
    return Table("Voice activity", head, tuple(rows))


def endings_table(judged: Mapping[tuple[str, str], Judged]) -> Table:
    """Of the utterances that came of it."""
    rows = []
    for (name, condition), one in judged.items():
        for pause in PAUSES:
            delays = one.delays(pause)
            rows.append(
                (
                    f"{name}, {condition}, {pause:g} s",
                    f"{one.cut(pause):.1%}",
                    f"{one.lost(pause):.1%}",
                    milliseconds(delays.median),
                    milliseconds(delays.p95),
                )
            )
    head = ("detector, noise, pause", "cut off", "missed or without end", "decided after ms, median", "p95")
    return Table("Ends of speech", head, tuple(rows))
