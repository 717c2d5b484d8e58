"""What Vosk's results say of a language's sentences."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from paige.models.grammar.graph import WordGraph
from paige.models.recognizer.sentence_pairs import accepts
from paige.models.transcript import Transcript, Word

UNKNOWN: Final = "[unk]"
"""What Vosk writes where it heard none of the words."""

_BORDER: Final = 0.5
"""What is less probable was not said."""
_MOST: Final = 5
"""Sentences that are told."""


@dataclass(frozen=True, slots=True)
class Way:
    """Words that an utterance may have been."""

    words: tuple[Word, ...]
    """Their confidence is not known yet."""
    share: float
    """How probable these words are among all that were found, 0 to 1."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The words without their times."""
        return tuple(word.text for word in self.words)


def ways(result: str, begin: float) -> list[Way]:
    """What a result of Vosk's says, the likeliest first.

    Args:
        result: JSON, as Vosk writes it with alternatives and words.
        begin: When the utterance began, in Vosk's seconds.
    """
    found: list[dict[str, Any]] = json.loads(result).get("alternatives", [])
    best = max((one["confidence"] for one in found), default=0.0)  # logarithms of likelihoods
    weights = [math.exp(one["confidence"] - best) for one in found]
    total = sum(weights)
    return [
        Way(
            words=tuple(
                Word(part["word"], max(0.0, part["start"] - begin), max(0.0, part["end"] - begin), 0.0)
                for part in one.get("result", ())
            ),
            share=weight / total,
        )
        for one, weight in zip(found, weights, strict=True)
    ]


def transcript(found: Sequence[Way], graph: WordGraph, seconds: float) -> Transcript:
    """The likeliest sentences of a graph among these ways; empty where it is likelier that none was said.

    It is as sure as its words are on average, times how much likelier sentences are than sounds that are none
    of the words. A way that has only words of the graph, but in an order that the graph does not have, is
    nobody's: it speaks against the words that it has not, and not against all sentences.
    """
    sentences = [way for way in found if way.words and accepts(graph, way.texts)]
    against = sum(way.share for way in found if not way.words or UNKNOWN in way.texts)
    total = sum(way.share for way in sentences)
    if not total:
        return Transcript(text="", confidence=0.0, seconds=seconds)
    said = total / (total + against)
    told = [_told(way, found, said, seconds) for way in sentences[:_MOST]]
    if told[0].confidence < _BORDER:
        return Transcript(text="", confidence=told[0].confidence, seconds=seconds)
    return replace(told[0], others=tuple(told[1:]))


def _told(way: Way, found: Sequence[Way], said: float, seconds: float) -> Transcript:
    words = tuple(replace(word, confidence=_confidence(word, found)) for word in way.words)
    confidence = said * sum(word.confidence for word in words) / len(words)
    return Transcript(" ".join(way.texts), confidence, seconds, words)


def _confidence(word: Word, found: Sequence[Way]) -> float:
    """How probable it is that a word was said where it was heard: the share of ways that have it there."""
    middle = (word.start + word.end) / 2
    share = sum(
        way.share
        for way in found
        if any(one.text == word.text and one.start <= middle <= one.end for one in way.words)
    )
    return min(1.0, share)
