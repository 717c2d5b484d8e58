"""Where speech begins and ends in a stream of sound."""

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Utterance
from paige.audio.voice_activity import IsSpeech, open_voice_detector


@dataclass(frozen=True, slots=True)
class Pace:
    """How speech is told from single sounds and from pauses between words; all in seconds."""

    onset: float = 0.3
    """Speech has begun when most of this long was speech."""
    onset_share: float = 0.6
    """How much of it."""
    pause: float = 0.7
    """Speech has ended when this long was none; shorter silences are pauses for breath or thought."""
    margin: float = 0.3
    """Kept before the first sound of speech: words begin more softly than a detector hears."""
    longest: float = 15.0
    """An utterance is cut after this long: nobody's command is longer, and noise may never end."""


class Endpointer:
    """Cuts utterances out of a stream; a state machine over what a detector says of each chunk.

    Args:
        is_speech: The detector.
        pace: How long is how long.
    """

    def __init__(self, is_speech: IsSpeech, pace: Pace | None = None) -> None:
        self._is_speech = is_speech
        self._pace = pace or Pace()
        onset = _chunks(self._pace.onset)
        self._needed: Final = max(1, round(onset * self._pace.onset_share))
        # Before speech: what may turn out to be its beginning, and what was heard just before that.
        self._recent: deque[bool] = deque(maxlen=onset)
        self._before: deque[AudioChunk] = deque(maxlen=onset + _chunks(self._pace.margin))
        # Within speech: all of it so far.
        self._spoken: list[AudioChunk] = []
        self._speech_end = 0.0
        self.pause = self._pace.pause
        """Seconds of silence that end the speech that goes on; the next begins with `Pace.pause` again."""

    @property
    def silence(self) -> float | None:
        """Seconds since the last speech of the utterance that goes on; None where none does."""
        return self._now() - self._speech_end if self._spoken else None

    def hear(self, chunk: AudioChunk) -> Utterance | None:
        """Takes the next chunk; gives the utterance that has ended with it, if any."""
        speech = len(chunk.samples) == CHUNK_SAMPLES and self._is_speech(chunk)
        end = chunk.start + chunk.seconds
        if self._spoken:
            self._spoken.append(chunk)
            if speech:
                self._speech_end = end
            paused = end - self._speech_end >= self.pause - 1e-9
            too_long = end - self._spoken[0].start >= self._pace.longest
            return self.finish() if paused or too_long else None
        self._before.append(chunk)
        self._recent.append(speech)
        if sum(self._recent) >= self._needed:
            self._begin(end)
        return None

    def mend(self, chunks: Sequence[AudioChunk]) -> None:
        """Put better sound in the place of what was heard at the same time; what was speech stays so."""
        better = {chunk.start: chunk for chunk in chunks}
        self._spoken = [better.get(chunk.start, chunk) for chunk in self._spoken]
        self._before = deque(
            (better.get(chunk.start, chunk) for chunk in self._before), maxlen=self._before.maxlen
        )

    def retract(self) -> None:
        """Take what was spoken for no speech: it was the end of something else."""
        self._before.extend(chunk for chunk in self._spoken if chunk.start >= self._speech_end)
        self._spoken = []

    def finish(self) -> Utterance | None:
        """Ends the stream; gives the utterance that was still going on, if any."""
        self._before.clear()
        self._recent.clear()
        utterance = self.so_far()
        self._spoken = []
        return utterance

    def so_far(self) -> Utterance | None:
        """What was spoken until now, which goes on; None where nothing does."""
        if not self._spoken:
            return None
        samples = np.concatenate([chunk.samples for chunk in self._spoken])  # [samples]
        return Utterance(samples, self._spoken[0].start, self._speech_end)

    def _now(self) -> float:
        return self._spoken[-1].start + self._spoken[-1].seconds

    def _begin(self, now: float) -> None:
        recent = list(self._recent)
        silent = len(self._before) - len(recent) + recent.index(True)
        keep = max(0, silent - _chunks(self._pace.margin))
        self._spoken = list(self._before)[keep:]
        self._speech_end = now
        self.pause = self._pace.pause
        self._before.clear()
        self._recent.clear()


def utterances(chunks: Iterable[AudioChunk]) -> Iterator[Utterance]:
    """Each utterance in a stream, as soon as it has ended."""
    endpointer = Endpointer(open_voice_detector())
    for chunk in chunks:
        if utterance := endpointer.hear(chunk):
            yield utterance
    if utterance := endpointer.finish():
        yield utterance


def whole_or_utterances(chunks: Iterable[AudioChunk], longest: float) -> Iterator[Utterance]:
    """A recording as one utterance; one of more than `longest` seconds is cut into its utterances."""
    following = iter(chunks)
    beginning: list[AudioChunk] = []
    for chunk in following:
        beginning.append(chunk)
        if chunk.start + chunk.seconds > longest:
            yield from utterances(itertools.chain(beginning, following))
            return
    if beginning:
        samples = np.concatenate([chunk.samples for chunk in beginning])  # [samples]
        end = beginning[-1].start + beginning[-1].seconds
        yield Utterance(samples, start=beginning[0].start, speech_end=end)


def _chunks(seconds: float) -> int:
    return max(1, round(seconds * RATE / CHUNK_SAMPLES))
