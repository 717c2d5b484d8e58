"""Any phrase, heard by PocketSphinx's keyword spotting: no network has to be trained for it.

It compares how likely the sounds of the phrase are with how likely any sounds are; what comes near enough is
looked at again. It is asked only while somebody speaks, for it costs ten times what finding that out costs.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import pocketsphinx

from paige.audio.chunk import RATE, AudioChunk, Samples
from paige.audio.errors import PhraseUnusable
from paige.audio.voice_activity import IsSpeech, VoiceActivity
from paige.audio.wake.detector import Phrase, Wake
from paige.audio.wake.phrase import normal
from paige.audio.wake.second_look import MEANS, as_loud, open_decoder, second_look

Pronunciations = Mapping[str, tuple[str, ...]]
"""For each word the ways to say it, each as phones separated by spaces."""
Pronounce = Callable[[Iterable[str]], Pronunciations]
"""Gives how words are said; a word that cannot be said is left out."""

_BEFORE: Final = 0.5
"""Seconds of sound before speech is noticed that are searched, too."""
_AFTER: Final = 0.5
"""Seconds of silence after which a search ends: a phrase has shorter pauses, and its last sounds are soft."""
_HELD: Final = 0.3
"""Seconds of speech by which the loudness of a search is set before it begins; no phrase is shorter."""
_REFRACTORY: Final = 1.0
"""Seconds after a phrase in which none is heard."""
_FRAMES_PER_SECOND: Final = 100
_FRAME: Final = RATE // _FRAMES_PER_SECOND
_SPOTTED: Final = 4.0
"""Decades for each of a phrase's phones by which any sounds may be likelier and it is looked at again."""
_LOUDNESS: Final = 2.0
"""Seconds over which the loudest is taken."""
_ROUND: Final = 40, 15
"""Frames before and after a phrase that a second look takes in."""
_MOST_REJECTED: Final = 50
"""After which a search begins anew: PocketSphinx keeps all that it spotted."""
_KEPT: Final = 3 * RATE
"""Samples that are kept for it."""
# kws_search.c gives as probability the difference of two scores, shifted by SENSCR_SHIFT, less KWS_MAX.
_BASE: Final = 1.0001
_KWS_MAX: Final = 1_500
_SCORE_SCALE: Final = 1_024
# Logistic regression: 14 things that people order (100 recordings, 60 of them in kitchen noise, too) and 12
# names by three voices of flite and Festival, against what was spotted where they were not said.
_WHOLE: Final = 0.86
_WEAKEST: Final = 0.92
_CONSTANT: Final = 4.53
_STRICTEST: Final = 3.2
_LOOSEST: Final = -2.8
"""Odds, as logarithms, from which a phrase counts at sensitivities 0 and 1. In the middle those 12 names were
not heard once in 3.3 hours of what people ordered, for each name a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class _Listened:
    """A phrase as it is searched for."""

    text: str
    """As it was given."""
    ways: tuple[str, ...]
    """To say it, each as phones."""
    phones: int
    least: float
    """Odds, as a logarithm, from which it counts."""


class KeywordSpotter:
    """Listens for phrases by their sounds.

    Args:
        phrases: What to listen for.
        pronounce: How words are said; by default by the dictionary of PocketSphinx's English model.
        is_speech: The detector that says when to search; one of its own by default.

    Raises:
        PhraseUnusable: A word of a phrase cannot be said.
    """

    def __init__(
        self,
        phrases: Sequence[Phrase],
        pronounce: Pronounce | None = None,
        is_speech: IsSpeech | None = None,
    ) -> None:
        self._is_speech = is_speech or VoiceActivity()
        self._phrases: Final = {
            f"phrase{number}": phrase for number, phrase in enumerate(_pronounced(phrases, pronounce))
        }
        self._decoder = _decoder(self._phrases)
        self._before: deque[AudioChunk] = deque()
        self._loudness = _Loudness()
        self._origin: float | None = None
        """Where the search that goes on began; None where none does."""
        self._begins = self._until = self._deaf_until = 0.0
        self._sound = np.zeros(0, np.int16)  # [samples]: the last that were searched
        self._searched = 0
        """Samples, since the search began."""
        self._rejected: set[_Spotted] = set()

    def hear(self, chunk: AudioChunk) -> Wake | None:
        """Take the next chunk; give the phrase that was heard with it, if any."""
        now = chunk.start + chunk.seconds
        if self._is_speech(chunk):
            self._until = now + _AFTER
        self._before.append(chunk)
        if now > self._until:
            self._end()
            while self._before and now - self._before[0].start > _BEFORE:
                self._before.popleft()
            return None
        if self._origin is None:
            self._begin(now)
        if now < self._begins:
            return None
        self._search(np.concatenate([one.samples for one in self._before]))
        self._before.clear()
        return self._found(now)

    def reset(self) -> None:
        """Forget what was heard."""
        self._end()
        self._before.clear()
        self._until = self._deaf_until = 0.0

    def _begin(self, now: float) -> None:
        self._origin = self._before[0].start
        self._begins = now + _HELD
        self._loudness = _Loudness()
        self._sound, self._searched = self._sound[:0], 0
        self._rejected.clear()
        self._decoder.reinit_feat()
        self._decoder.set_cmn(MEANS)
        self._decoder.start_utt()

    def _end(self) -> None:
        if self._origin is not None:
            self._decoder.end_utt()
            self._origin = None

    def _search(self, samples: Samples) -> None:
        sound = self._loudness(samples)
        self._decoder.process_raw(sound.tobytes(), no_search=False, full_utt=False)
        self._sound = np.concatenate((self._sound, sound))[-_KEPT:]
        self._searched += len(sound)

    def _found(self, now: float) -> Wake | None:
        """What was spotted, and stands a second look."""
        if self._decoder.hyp() is None:
            return None
        fresh = {_spotted(segment) for segment in self._decoder.seg()} - self._rejected
        whole = [spotted for spotted in fresh if self._searched >= (spotted.end + _ROUND[1]) * _FRAME]
        odds = {spotted: self._odds(spotted) for spotted in whole}
        likely = {
            spotted: value for spotted, value in odds.items() if value >= self._phrases[spotted.word].least
        }
        if likely:
            best = max(likely, key=likely.__getitem__)
            return self._wake(best, likely[best], now)
        self._rejected.update(whole)
        if len(self._rejected) > _MOST_REJECTED:
            self._end()
        return None

    def _wake(self, spotted: "_Spotted", odds: float, now: float) -> Wake | None:
        assert self._origin is not None
        start, end = (self._origin + frame / _FRAMES_PER_SECOND for frame in (spotted.start, spotted.end))
        self._end()
        if now < self._deaf_until:
            return None
        self._deaf_until = now + _REFRACTORY
        return Wake(self._phrases[spotted.word].text, start, min(now, end), 0.5 * (1 + math.tanh(odds / 2)))

    def _odds(self, spotted: "_Spotted") -> float:
        """How likely it is that a phrase was said, as the logarithm of odds."""
        phrase = self._phrases[spotted.word]
        before = self._searched - len(self._sound)
        begin = max(0, (spotted.start - _ROUND[0]) * _FRAME - before)
        sound = self._sound[begin : (spotted.end + _ROUND[1]) * _FRAME - before]
        weakest = second_look(phrase.ways, sound)
        if weakest is None:
            return -math.inf
        return _WHOLE * spotted.decades / phrase.phones + _WEAKEST * weakest + _CONSTANT


@dataclass(frozen=True, slots=True)
class _Spotted:
    """Where a phrase may have been said."""

    word: str
    start: int
    end: int
    """One past its last frame."""
    decades: float
    """By how many it was likelier than any sounds."""


def _spotted(segment: Any) -> _Spotted:  # noqa: ANN401  # it publishes no types
    word = segment.word.strip().partition("(")[0]
    return _Spotted(word, segment.start_frame, segment.end_frame + 1, _decades(segment.prob))


class _Loudness:
    """Makes what is searched as loud as what `MEANS` were taken of."""

    def __init__(self) -> None:
        self._peaks: deque[tuple[int, float]] = deque()
        self._taken = 0
        self._hiss = np.random.default_rng(0)

    def __call__(self, samples: Samples) -> Samples:
        """The next stretch, by the loudest of it and of the last `_LOUDNESS` seconds."""
        self._taken += len(samples)
        self._peaks.append((self._taken, float(np.abs(samples.astype(np.float64)).max())))
        while self._taken - self._peaks[0][0] > _LOUDNESS * RATE:
            self._peaks.popleft()
        return as_loud(samples, max(peak for _, peak in self._peaks), self._hiss)


def check_pronounced(phrases: Sequence[Phrase], pronounce: Pronounce | None = None) -> None:
    """See that each word of the phrases can be said.

    Raises:
        PhraseUnusable: One cannot.
    """
    _pronounced(phrases, pronounce)


def _pronounced(phrases: Sequence[Phrase], pronounce: Pronounce | None) -> list[_Listened]:
    said = (pronounce or look_up)({word for phrase in phrases for word in normal(phrase.text).split()})
    return [_listened(phrase, said) for phrase in phrases]


def look_up(words: Iterable[str]) -> Pronunciations:
    """How the dictionary of PocketSphinx's English model says words."""
    wanted = frozenset(words)
    found: dict[str, tuple[str, ...]] = {}
    with Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).open(encoding="utf-8") as lines:
        for line in lines:
            entry, _, phones = line.partition(" ")
            word = entry.partition("(")[0]
            if word in wanted:
                found[word] = (*found.get(word, ()), phones.strip())
    return found


def _listened(phrase: Phrase, said: Pronunciations) -> _Listened:
    words = normal(phrase.text).split()
    if unknown := [word for word in words if not said.get(word)]:
        raise PhraseUnusable(
            f"{phrase.text!r} cannot be listened for: it is not known how {unknown[0]!r} is said; "
            "choose other words"
        )
    if not words:
        raise PhraseUnusable(f"{phrase.text!r} cannot be listened for: there are no words in it")
    # As one word, its sounds change each other as in speech; as several, each would stand in silence.
    together = (" ", " SIL ") if len(words) > 1 else (" ",)
    ways = [pause.join(way) for way in product(*(said[word] for word in words)) for pause in together]
    phones = len(ways[0].split())
    least = _STRICTEST + (_LOOSEST - _STRICTEST) * phrase.sensitivity
    return _Listened(phrase.text, tuple(ways), phones, least)


def _decoder(phrases: Mapping[str, _Listened]) -> Any:  # noqa: ANN401  # it publishes no types
    said = {
        name if number == 1 else f"{name}({number})": (way, phrase)
        for name, phrase in phrases.items()
        for number, way in enumerate(phrase.ways, start=1)
    }
    dictionary = [f"{name} {way}" for name, (way, _) in said.items()]
    listed = [f"{name} /1e{-_SPOTTED * phrase.phones:.0f}/" for name, (_, phrase) in said.items()]
    with TemporaryDirectory(prefix="paige-") as folder:
        words_file, phrases_file = Path(folder, "words.dict"), Path(folder, "phrases")
        words_file.write_text("\n".join([*dictionary, ""]), encoding="utf-8")
        phrases_file.write_text("\n".join([*listed, ""]), encoding="utf-8")
        decoder = open_decoder(words_file)
        decoder.add_kws("phrases", str(phrases_file))
    decoder.activate_search("phrases")
    return decoder


def _decades(probability: float) -> float:
    """By how many decades a phrase was likelier than any sounds."""
    score = math.log(max(probability, 1e-300)) / math.log(_BASE) + _KWS_MAX
    return score * _SCORE_SCALE * math.log10(_BASE)
