"""Whether a sentence was said at all, or only sounds that resemble it."""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

from paige.models.recognizer.lexicon import Pronunciations

_WEAKEST: Final = 3
_UNSEEN: Final = 2
"""Phones that count as missed before any is compared: of a short sentence, chance gets many right."""

_WORD_BORDER: Final = -8.0
_WORD_STEEPNESS: Final = 1.5


@dataclass(frozen=True, slots=True)
class Segment:
    """A word, a phone or a stretch of silence on a path."""

    text: str
    start: int
    """First frame; there are `FRAMES_PER_SECOND`."""
    end: int
    """One past the last frame."""
    score: float
    """Logarithm of its acoustic likelihood."""

    @property
    def spoken(self) -> bool:
        """False for silence and noise, which PocketSphinx writes as `<sil>`, `[NOISE]`, `SIL`, `+NSN+`."""
        return self.text[0] not in "<[+" and self.text != "SIL"


@dataclass(frozen=True, slots=True)
class Way:
    """The likeliest way through an utterance of those that a search could take."""

    score: float
    """Logarithm of its likelihood."""
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against a sentence having been said."""

    whole: float
    """How much likelier per frame the sentence is than any sounds, as a logarithm, with what the grammar and
    the model of phones say of both."""
    weakest: float
    """The same for the words that fit least: what was not said usually has one that does not fit."""
    missed: float
    """Share of the sentence's phones that are not heard where nothing asks for them."""
    silent: float
    """Share of silence between its words: noise is matched by words that stand far apart."""
    choice: float
    """The more there is to choose from, and the less was said, the easier something fits by chance."""
    length: float
    """The logarithm of how many phones were said: what fits for long fits less often by chance."""
    size: float
    """The logarithm of how large the language is: other speech comes nearer to a sentence of a large one."""

    @classmethod
    def of(cls, sentence: Way, sounds: Way, said: Pronunciations, arcs: int) -> "Evidence":
        """The evidence that two searches of one utterance give.

        Args:
            sentence: The best sentence; it has a word at least.
            sounds: The best sequence of any phones.
            said: How words are said.
            arcs: How large the language is: the arcs of its word graph.
        """
        words = [segment for segment in sentence.segments if segment.spoken]
        begin, end = words[0].start, words[-1].end
        phones = [phone for word in words for phone in said[word.text][0].split()]
        heard = [
            sound.text
            for sound in sounds.segments
            if sound.spoken and sound.end > begin and sound.start < end
        ]
        weakest = sorted(_ratios(words, sounds))[:_WEAKEST]
        return cls(
            whole=(sentence.score - sounds.score) / sounds.segments[-1].end,
            weakest=sum(weakest) / len(weakest),
            missed=(distance(heard, phones) + _UNSEEN) / (len(phones) + _UNSEEN),
            silent=1 - sum(word.end - word.start for word in words) / (end - begin),
            choice=math.log(arcs) / len(phones),
            length=math.log(len(phones)),
            size=math.log(arcs),
        )

    @property
    def confidence(self) -> float:
        """How probable it is, 0 to 1, that the sentence was said."""
        weighed = zip(astuple(_WEIGHTS), astuple(self), strict=True)
        return _probability(_CONSTANT + sum(weight * value for weight, value in weighed))


# Logistic regression, made and measured by `python -m paige.tools.evidence`.
_WEIGHTS: Final = Evidence(
    whole=1.09, weakest=0.37, missed=-3.46, silent=-4.99, choice=-0.72, length=0.61, size=-0.30
)
_CONSTANT: Final = 6.54


def word_confidences(words: Sequence[Segment], sounds: Way) -> list[float]:
    """How probable it is, 0 to 1, that each word was said rather than any other sounds."""
    return [_probability((ratio - _WORD_BORDER) / _WORD_STEEPNESS) for ratio in _ratios(words, sounds)]


def _ratios(words: Sequence[Segment], sounds: Way) -> list[float]:
    """For each word, how much likelier per frame its sounds are as this word than as any sounds."""
    frames = [
        sound.score / (sound.end - sound.start)
        for sound in sounds.segments
        for _ in range(sound.start, sound.end)
    ]
    return [(word.score - sum(frames[word.start : word.end])) / (word.end - word.start) for word in words]


def distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Levenshtein's: how many phones to change, add or leave out."""
    row = list(range(len(other) + 1))
    for done, phone in enumerate(one, start=1):
        corner, row[0] = row[0], done
        for index, wanted in enumerate(other, start=1):
            replaced = corner + (phone != wanted)
            corner, row[index] = row[index], min(row[index] + 1, row[index - 1] + 1, replaced)
    return row[-1]


def _probability(odds: float) -> float:
    """The logistic function of the logarithm of odds."""
    return 0.5 * (1 + math.tanh(odds / 2))
