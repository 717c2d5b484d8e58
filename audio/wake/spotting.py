"""Any phrase, heard by PocketSphinx's keyword spotting: no network has to be trained for it.

It compares how likely the sounds of the phrase are with how likely any sounds are. It is asked only while
somebody speaks, for it costs ten times what it costs to find that out.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pocketsphinx

from paige.audio.chunk import AudioChunk
from paige.audio.errors import PhraseUnusable
from paige.audio.voice_activity import IsSpeech, VoiceActivity
from paige.audio.wake.detector import Phrase, Wake
from paige.audio.wake.phrase import normal

Pronunciations = Mapping[str, tuple[str, ...]]
"""For each word the ways to say it, each as phones separated by spaces."""
Pronounce = Callable[[Iterable[str]], Pronunciations]
"""Gives how words are said; a word that cannot be said is left out."""

_BEFORE: Final = 0.5
"""Seconds of sound before speech is noticed that are searched, too."""
_AFTER: Final = 0.5
"""Seconds of silence after which a search ends: a phrase has shorter pauses, and its last sounds are soft."""
_REFRACTORY: Final = 1.0
"""Seconds after a phrase in which none is heard."""
_FRAMES_PER_SECOND: Final = 100
_STRICTEST: Final = 1.0
_LOOSEST: Final = 5.0
"""Decades for each of a phrase's phones by which any sounds may be likelier, at sensitivities 0 and 1."""
_SEARCH: Final = {"beam": 1e-80, "pbeam": 1e-80, "wbeam": 1e-60}
"""Wider than PocketSphinx's own, which gives up a phrase on one sound that is said otherwise."""
# kws_search.c gives as probability the difference of two scores, shifted by SENSCR_SHIFT, less KWS_MAX.
_BASE: Final = 1.0001
_KWS_MAX: Final = 1_500
_SCORE_SCALE: Final = 1_024


@dataclass(frozen=True, slots=True)
class _Listened:
    """A phrase as it is searched for."""

    text: str
    """As it was given."""
    phones: int
    threshold: float
    """Decades by which any sounds may be likelier."""


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
        self._phrases, said = _pronounced(phrases, pronounce)
        self._decoder = _decoder(self._phrases, said)
        self._before: deque[AudioChunk] = deque()
        self._origin: float | None = None
        """Where the search that goes on began; None where none does."""
        self._until = 0.0
        self._deaf_until = 0.0

    def hear(self, chunk: AudioChunk) -> Wake | None:
        """Take the next chunk; give the phrase that was heard with it, if any."""
        now = chunk.start + chunk.seconds
        if self._is_speech(chunk):
            self._until = now + _AFTER
        if now > self._until:
            self._end()
            self._before.append(chunk)
            while now - self._before[0].start > _BEFORE:
                self._before.popleft()
            return None
        if self._origin is None:
            self._begin(chunk.start)
        self._search(chunk)
        return self._found(now)

    def reset(self) -> None:
        """Forget what was heard."""
        self._end()
        self._before.clear()
        self._until = self._deaf_until = 0.0

    def _begin(self, at: float) -> None:
        self._origin = self._before[0].start if self._before else at
        self._decoder.start_utt()
        while self._before:
            self._search(self._before.popleft())

    def _end(self) -> None:
        if self._origin is not None:
            self._decoder.end_utt()
            self._origin = None

    def _search(self, chunk: AudioChunk) -> None:
        self._decoder.process_raw(chunk.samples.tobytes(), no_search=False, full_utt=False)

    def _found(self, now: float) -> Wake | None:
        if self._decoder.hyp() is None:
            return None
        assert self._origin is not None
        best = max(self._decoder.seg(), key=lambda segment: segment.prob)
        phrase = self._phrases[best.word.strip()]
        start = self._origin + best.start_frame / _FRAMES_PER_SECOND
        end = min(now, self._origin + (best.end_frame + 1) / _FRAMES_PER_SECOND)
        score = _score(_decades(best.prob), phrase)
        self._end()
        if now < self._deaf_until:
            return None
        self._deaf_until = now + _REFRACTORY
        return Wake(phrase.text, start, end, score)


def check_pronounced(phrases: Sequence[Phrase], pronounce: Pronounce | None = None) -> None:
    """See that each word of the phrases can be said.

    Raises:
        PhraseUnusable: One cannot.
    """
    _pronounced(phrases, pronounce)


def _pronounced(
    phrases: Sequence[Phrase], pronounce: Pronounce | None
) -> tuple[Mapping[str, _Listened], Pronunciations]:
    said = (pronounce or look_up)({word for phrase in phrases for word in normal(phrase.text).split()})
    return {normal(phrase.text): _listened(phrase, said) for phrase in phrases}, said


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
    phones = sum(len(said[word][0].split()) for word in words)
    loose = _STRICTEST + (_LOOSEST - _STRICTEST) * phrase.sensitivity
    return _Listened(phrase.text, phones, -loose * phones)


def _decoder(phrases: Mapping[str, _Listened], said: Pronunciations) -> Any:  # noqa: ANN401  # it publishes no types
    dictionary = [
        f"{word} {way}" if number == 1 else f"{word}({number}) {way}"
        for word, ways in said.items()
        for number, way in enumerate(ways, start=1)
    ]
    listed = [f"{words} /1e{phrase.threshold:.0f}/" for words, phrase in phrases.items()]
    with TemporaryDirectory(prefix="paige-") as folder:
        words_file, phrases_file = Path(folder, "words.dict"), Path(folder, "phrases")
        words_file.write_text("\n".join([*dictionary, ""]), encoding="utf-8")
        phrases_file.write_text("\n".join([*listed, ""]), encoding="utf-8")
        decoder = pocketsphinx.Decoder(
            hmm=pocketsphinx.get_model_path("en-us/en-us"),
            dict=str(words_file),
            lm=None,
            loglevel="FATAL",
            **_SEARCH,
        )
        decoder.add_kws("phrases", str(phrases_file))
    decoder.activate_search("phrases")
    return decoder


def _decades(probability: float) -> float:
    """By how many decades a phrase was likelier than any sounds."""
    score = math.log(max(probability, 1e-300)) / math.log(_BASE) + _KWS_MAX
    return score * _SCORE_SCALE * math.log10(_BASE)


def _score(decades: float, phrase: _Listened) -> float:
    """0 at the least that counts at the highest sensitivity, 1 where nothing is likelier."""
    return min(1.0, max(0.0, 1 + decades / (_LOOSEST * phrase.phones)))
