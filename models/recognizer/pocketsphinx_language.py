"""One language to be heard by PocketSphinx: its decoders, and what they find in an utterance.

Each utterance is searched up to three times, each search with a decoder of its own:

1. for words: what may have been said at all, by word pairs (only where the language is large);
2. for sentences: the best sentence of the language, of these words;
3. for phones: the best of all sequences of phones. From how far the best sentence is from those, `evidence`
   judges whether it was said at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from paige.models.grammar.graph import WordGraph
from paige.models.recognizer.evidence import Evidence, Way, word_confidences
from paige.models.recognizer.extraction import Features
from paige.models.recognizer.lexicon import Pronunciations, pronounce
from paige.models.recognizer.pocketsphinx_model import FRAMES_PER_SECOND, Search, SphinxModel
from paige.models.recognizer.sentence_pairs import arpa, only, pairs
from paige.models.recognizer.spelling import Spelling
from paige.models.transcript import Word

_SMALL_LANGUAGE: Final = 1_500
"""Arcs of a word graph that is searched whole; to search a larger one costs more than to find out first which
of its words can have been said."""
_SHORTEST: Final = 0.2
"""Seconds; no sentence is shorter."""

# Wider than PocketSphinx's own: on spoken orders in kitchen noise of 6 dB they gain 6 % accepted for a third
# more work, and a grammar's probabilities should not weigh more than what is heard (lw).
_SENTENCE_SEARCH: Final = {
    "beam": 1e-80,
    "wbeam": 1e-60,
    "pbeam": 1e-80,
    "lpbeam": 1e-70,
    "lponlybeam": 1e-60,
    "maxhmmpf": 10_000,
    "lw": 1.0,
}
# In noise, half of a language seems possible; so many words at each moment (maxwpf) keep what is searched
# exactly small, and cost nothing where it is quiet.
_WORD_SEARCH: Final = {"fwdflat": False, "maxwpf": 10}
_AS_CLEANED: Final = {"cmn": "none"}
"""For cepstra that have lost their mean already."""
_UNLIKELY, _SURE, _OTHERS = 0.3, 0.9, 2
"""Where it is between unlikely and sure that a sentence was said, so many others are looked for, if what is
possible is not too large to be searched so often."""
_PHONE_SEARCH: Final = {"allphone_ci": True, "lw": 2.0, "beam": 1e-20, "pbeam": 1e-10}


@dataclass(frozen=True, slots=True)
class Hearing:
    """The sentence of a language that an utterance is likeliest to be."""

    words: tuple[Word, ...]
    evidence: Evidence
    """Whether it was said at all."""
    others: tuple["Hearing", ...] = ()
    """What it may have been instead, the likeliest first."""

    @property
    def text(self) -> str:
        """The sentence."""
        return " ".join(word.text for word in self.words)


class Restricted:
    """The decoders that listen for one language.

    Args:
        model: What they search with.
        graph: The sentences.
        spelling: How words are said that are in no dictionary.
    """

    def __init__(self, model: SphinxModel, graph: WordGraph, spelling: Spelling) -> None:
        self._model = model
        self._said = said = pronounce(graph.words, model.dictionary, spelling)
        self.unpronounceable = graph.words - said.keys()
        """Words that are never heard."""
        self._graph = only(graph, said.keys())
        self._idle: list[Search] = []
        if self._graph is None:
            return
        self._folder = TemporaryDirectory(prefix="paige-")
        folder = Path(self._folder.name)
        self._lattice = folder / "lattice"
        self._pairs = folder / "pairs.arpa"
        self._dictionary = folder / "words.dict"
        self._dictionary.write_text(_dictionary(said), encoding="utf-8")
        self._sentences = Search(model, self._dictionary, **_SENTENCE_SEARCH, **_AS_CLEANED)
        self._phones = Search(model, self._dictionary, **_PHONE_SEARCH, **_AS_CLEANED)
        self._phones.phones(model)
        self._words: Search | None = None
        if len(self._graph.arcs) <= _SMALL_LANGUAGE:
            self._sentences.sentences(self._graph)
        else:
            self._words = Search(model, self._dictionary, **_WORD_SEARCH, **_AS_CLEANED)
            self._pairs.write_text(arpa(pairs(self._graph)), encoding="utf-8")
            self._words.word_pairs(self._pairs)

    def take_live(self) -> Search | None:
        """A search that is fed while somebody speaks; None where the language has no sentence."""
        if self._graph is None:
            return None
        try:
            return self._idle.pop()
        except IndexError:
            return self._make_live(self._graph)

    def give_back_live(self, search: Search) -> None:
        """It may be taken again."""
        self._idle.append(search)

    def _make_live(self, graph: WordGraph) -> Search:
        search = Search(self._model, self._dictionary, **_WORD_SEARCH)
        if len(graph.arcs) <= _SMALL_LANGUAGE:
            search.sentences(graph)
        else:
            search.word_pairs(self._pairs)
        return search

    def hear(self, speech: Features) -> Hearing | None:
        """The likeliest sentence; None where the searches end without one."""
        if self._graph is None or len(speech.cepstra) < _SHORTEST * FRAMES_PER_SECOND:
            return None
        graph = self._graph if self._words is None else self._possible(self._words, self._graph, speech)
        if graph is None:
            return None
        sounds = self._phones.run(speech.cepstra)
        best = None if sounds is None else self._hearing(speech, sounds)
        if best is None or sounds is None or len(graph.arcs) > _SMALL_LANGUAGE:
            return best
        if not _UNLIKELY <= best.evidence.confidence < _SURE:
            return best
        return replace(best, others=tuple(self._others(graph, best, speech, sounds)))

    def _possible(self, words: Search, graph: WordGraph, speech: Features) -> WordGraph | None:
        """Those sentences of a large language to search in; None where there is none."""
        words.run(speech.cepstra)
        possible = only(graph, words.heard_words(self._lattice))
        if possible is not None:
            self._sentences.sentences(possible)
        return possible

    def _others(self, graph: WordGraph, best: Hearing, speech: Features, sounds: Way) -> Iterator[Hearing]:
        """The likeliest sentences without one of the words that fit least."""
        weakest = sorted(best.words, key=lambda word: word.confidence)[:_OTHERS]
        found = {best.text}
        for word in weakest:
            without = only(graph, graph.words - {word.text})
            if without is None:
                continue
            self._sentences.sentences(without)
            other = self._hearing(speech, sounds)
            if other is not None and other.text not in found:
                found.add(other.text)
                yield other
        if self._words is None:
            self._sentences.sentences(graph)

    def _hearing(self, speech: Features, sounds: Way) -> Hearing | None:
        """The best of the sentences that are searched now."""
        assert self._graph is not None
        sentence = self._sentences.run(speech.cepstra)
        spoken = [] if sentence is None else [segment for segment in sentence.segments if segment.spoken]
        if sentence is None or not spoken:
            return None
        words = tuple(
            Word(
                segment.text,
                start=speech.begin + segment.start / FRAMES_PER_SECOND,
                end=speech.begin + segment.end / FRAMES_PER_SECOND,
                confidence=confidence,
            )
            for segment, confidence in zip(spoken, word_confidences(spoken, sounds), strict=True)
        )
        return Hearing(words, Evidence.of(sentence, sounds, self._said, len(self._graph.arcs)))


def _dictionary(said: Pronunciations) -> str:
    lines = [
        f"{word} {way}" if number == 1 else f"{word}({number}) {way}"
        for word, ways in said.items()
        for number, way in enumerate(ways, start=1)
    ]
    return "\n".join([*lines, ""])
