"""How long after the last word Paige knows that it was the last, and how often it is wrong about that.

    paige bench ending --recordings FOLDER

Recordings of people (see `paige.tools.bench.listen`) between seconds of a quiet room, heard as the service
hears its microphone: voice activity, endpoints, guesses. Time is the recording's, so that it goes as fast as
it can; what recognition takes is measured in processor time and let pass there. A recording is cut off where
all of it is understood rightly at once, and not as it was heard.
"""

import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from paige.audio.chunk import RATE, AudioChunk, Samples, Utterance
from paige.audio.conversion import rechunk
from paige.audio.endpointer import Endpointer
from paige.audio.voice_activity import open_voice_detector
from paige.audio.wav import read_wav
from paige.device.attention import Attention, Guess, Heard
from paige.device.recognition import pause_after
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.recognizer import open_recognizer
from paige.models.recognizer.protocol import Recognizer, Stream
from paige.models.transcript import Transcript
from paige.models.vocabulary import Vocabulary
from paige.tools.bench.distribution import Distribution, milliseconds
from paige.tools.bench.errors import NotGiven
from paige.tools.bench.listen import labels_of, mix
from paige.tools.bench.part import Part, Table, Tell
from paige.tools.bench.progress import progress
from paige.tools.bench.wake.endpoints import recording

_SNRS: Final = (None, 12.0)
_BEFORE, _AFTER = 1.0, 3.0
"""Seconds of a quiet room."""
_ROOM: Final = 8.0
"""Standard deviation of its noise, of 16 bits."""
_CONFIDENCE: Final = 0.5
"""What the service asks for by default."""


class _Paced:
    """Recognizes as the service does, and is as late as it would be.

    Args:
        recognizer: Restricted to the language.
        language: What can be said.
    """

    def __init__(self, recognizer: Recognizer, language: Language) -> None:
        self._recognizer = recognizer
        self._language = language
        self._stream: Stream | None = None
        self._now = 0.0
        self._busy_until = 0.0
        self._due: list[tuple[float, Future[Guess | None], Guess]] = []
        self.seconds = 0.0
        """Of a processor."""
        self.guesses = 0

    def pass_to(self, now: float) -> None:
        """It is so late, in seconds of the recording."""
        self._now = now
        for due in [due for due in self._due if due[0] <= now]:
            self._due.remove(due)
            due[1].set_result(due[2])

    def begin(self, sound: AudioChunk) -> None:
        """See `Listener`."""
        self._stream = None
        self._stream = self._recognizer.stream()
        self.hear(sound)

    def hear(self, chunk: AudioChunk) -> None:
        """See `Listener`."""
        assert self._stream is not None  # begun
        began = time.thread_time()
        self._stream.hear(chunk)
        self._take(time.thread_time() - began)

    def guess(self, utterance: Utterance) -> "Future[Guess | None]":
        """See `Listener`."""
        assert self._stream is not None  # begun
        began = time.thread_time()
        partial = self._stream.partial
        transcript = self._stream.end(utterance)
        self._take(time.thread_time() - began)
        pause = pause_after(_sure(transcript) or partial, [self._language])
        future: Future[Guess | None] = Future()
        self._due.append((self._busy_until, future, Guess(transcript, pause)))
        self.guesses += 1
        return future

    def wait(self) -> float:
        """When all guesses are made, in seconds of the recording."""
        self.pass_to(max([self._now, *(due for due, _, _ in self._due)]))
        return self._now

    def _take(self, seconds: float) -> None:
        self.seconds += seconds
        self._busy_until = max(self._busy_until, self._now) + seconds


@dataclass(frozen=True, slots=True)
class _Ended:
    """What came of one recording."""

    text: str
    """Nothing where nothing was heard."""
    late: float | None
    """Seconds from the last sample of speech to the words; None where nothing was heard."""
    whole: str
    """What all of the recording says at once."""
    guesses: int
    processor_seconds: float
    seconds: float


def measure(repeats: int | None, tell: Tell, recordings: Path | None = None) -> Part:
    """The part `ending` of `paige bench`.

    Args:
        repeats: How many recordings; all by default.
        tell: Takes a line on how far it is.
        recordings: The folder.

    Raises:
        NotGiven: There are no recordings.
        BenchFailed: The folder is none of recordings.
    """
    if recordings is None:
        raise NotGiven("it needs recordings of people: paige bench ending --recordings FOLDER")
    labels = labels_of(recordings)
    names = sorted(labels)[:repeats]
    language = Language(Sentences.load([recordings / "intents.yaml"]), Vocabulary())
    recognizer = open_recognizer("pocketsphinx")
    recognizer.restrict(language)
    noise = read_wav(recordings / "kitchen.wav").samples
    rows: list[tuple[str, ...]] = []
    for snr in _SNRS:
        tell(f"{len(names)} recordings, {_condition(snr)}")
        ends = [
            _listened(recordings / "clean" / name, snr, noise, number, recognizer, language)
            for number, name in progress(enumerate(names), len(names))
        ]
        rows.append(_row(snr, names, ends, labels, language))
    table = Table(
        f"{len(names)} recordings",
        ("noise", "right at once", "right as heard", "cut off", "to the words, ms", "guesses", "CPU s/s"),
        tuple(rows),
        (
            "“to the words”: from the last sample of speech to what was said, silence included; median, p95.",
            "“cut off”: right at once, and not as it was heard. “guesses”: how often what was said so far "
            "was recognized, for each recording.",
            "CPU s/s: processor seconds of recognition for each second of sound, quiet around it included.",
        ),
    )
    figures = {"recordings": len(names), "rows": [dict(zip(table.head, row, strict=True)) for row in rows]}
    about = (
        "From the last word to knowing that it was the last: recordings of people in a quiet room, heard as "
        "the service hears its microphone."
    )
    return Part("ending", about, "paige bench ending --recordings FOLDER", (table,), figures)


def _listened(
    path: Path, snr: float | None, noise: Samples, number: int, recognizer: Recognizer, language: Language
) -> _Ended:
    clean = read_wav(path).samples
    generator = np.random.default_rng([1, 0 if snr is None else round(snr * 10), number])
    speech = clean if snr is None else mix(clean, noise, snr, generator)
    before, after = (
        generator.normal(0, _ROOM, round(seconds * RATE)).astype(np.int16) for seconds in (_BEFORE, _AFTER)
    )
    listener = _Paced(recognizer, language)
    attention = Attention(Endpointer(open_voice_detector()), listener=listener, always=True)
    heard: list[tuple[float, Heard]] = []
    for chunk in rechunk([before, speech, after]):
        now = chunk.start + chunk.seconds
        listener.pass_to(now)
        heard += [(now, event) for event in attention.hear(chunk) if isinstance(event, Heard)]
    late, text = None, ""
    if heard:
        at, event = heard[0]
        guess = event.guess.result() if event.guess is not None and _made(event.guess, listener) else None
        if guess is None or not _sure(guess.transcript):
            began = time.thread_time()
            text = _sure(recognizer.recognize(event.utterance))
            at += time.thread_time() - began
        else:
            text = _sure(guess.transcript)
        late = at - _BEFORE - recording(clean).end
    whole = recognizer.recognize(Utterance(speech, 0.0, len(speech) / RATE))
    seconds = (len(before) + len(speech) + len(after)) / RATE
    return _Ended(text, late, _sure(whole), listener.guesses, listener.seconds, seconds)


def _made(guess: "Future[Guess | None]", listener: _Paced) -> bool:
    if not guess.done():
        listener.wait()
    return guess.done()


def _row(
    snr: float | None,
    names: Sequence[str],
    ends: Sequence[_Ended],
    labels: dict[str, Any],
    language: Language,
) -> tuple[str, ...]:
    at_once = [_right(end.whole, labels[name], language) for name, end in zip(names, ends, strict=True)]
    as_heard = [_right(end.text, labels[name], language) for name, end in zip(names, ends, strict=True)]
    cut = sum(whole and not heard for whole, heard in zip(at_once, as_heard, strict=True))
    late = Distribution.of(end.late for end in ends if end.late is not None)
    load = sum(end.processor_seconds for end in ends) / sum(end.seconds for end in ends)
    return (
        _condition(snr),
        f"{sum(at_once) / len(ends):.1%}",
        f"{sum(as_heard) / len(ends):.1%}",
        f"{cut / len(ends):.1%}",
        f"{milliseconds(late.median)} / {milliseconds(late.p95)}",
        f"{sum(end.guesses for end in ends) / len(ends):.2f}",
        f"{load:.3f}",
    )


def _condition(snr: float | None) -> str:
    return "clean" if snr is None else f"{snr:g} dB"


def _sure(transcript: Transcript) -> str:
    return transcript.text if transcript.confidence >= _CONFIDENCE else ""


def _right(text: str, label: dict[str, Any], language: Language) -> bool:
    meaning = language.parse(text) if text else None
    return (
        isinstance(meaning, Intent)
        and meaning.name == label["intent"]
        and dict(meaning.slots) == label["slots"]
    )
