"""Speech to text by PocketSphinx, whose package carries an English model: nothing to download.

Each utterance is searched up to three times, one search after the other:

1. for words: what may have been said at all, by word pairs (only where the language is large);
2. for sentences: the best sentence of the language, of these words;
3. for phones: the best of all sequences of phones. From how far the best sentence is from those, `evidence`
   judges whether it was said at all.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from paige.audio import denoiser
from paige.audio.chunk import RATE, AudioChunk, Samples, Utterance
from paige.audio.conditioning import Conditioned, condition
from paige.models.grammar.graph import WordGraph
from paige.models.grammar.language import Language
from paige.models.recognizer.evidence import Evidence, Way, word_confidences
from paige.models.recognizer.lexicon import (
    Pronunciations,
    pronounce,
    read_pronunciations,
    write_pronunciations,
)
from paige.models.recognizer.pocketsphinx_model import (
    FRAMES_PER_SECOND,
    Search,
    SphinxModel,
    open_decoder,
)
from paige.models.recognizer.protocol import Stream
from paige.models.recognizer.sentence_pairs import arpa, only, pairs
from paige.models.recognizer.spelling import Spelling
from paige.models.transcript import Transcript, Word, first_heard

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
# For a small language, which they cost little, wider still: 2 % more of them are heard right in that noise.
_SMALL_SEARCH: Final = _SENTENCE_SEARCH | {
    "beam": 1e-120,
    "wbeam": 1e-80,
    "pbeam": 1e-120,
    "lpbeam": 1e-100,
    "lponlybeam": 1e-80,
    "maxhmmpf": 20_000,
}
# In noise, half of a language seems possible; so many words at each moment (maxwpf) keep what is searched
# exactly small, and cost nothing where it is quiet.
_WORD_SEARCH: Final = {"fwdflat": False, "maxwpf": 10}
_SAID: Final = 0.5
"""Confidence from which a sentence counts as said."""
_SURE, _OTHERS = 0.75, 2
"""Of a sentence that counts as said, but not for sure, so many others are looked for."""
_PHONE_SEARCH: Final = {"allphone_ci": True, "lw": 2.0, "beam": 1e-20, "pbeam": 1e-10}


class PocketSphinxRecognizer:
    """Recognizes what can be said to a home, with PocketSphinx.

    Args:
        model_folder: A folder laid out like the English model of PocketSphinx's package; that by default.

    Raises:
        ModelUnusable: when the folder is none of a model.
    """

    def __init__(self, model_folder: Path | None = None) -> None:
        self._model = SphinxModel.find(model_folder)
        denoiser.network()  # read now, not when somebody has spoken
        self._languages: dict[Language, _Restricted] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The engine's name."""
        return "pocketsphinx"

    @property
    def unpronounceable(self) -> frozenset[str]:
        """Words of the languages that it does not know how to say, and so never hears."""
        return frozenset().union(*(one.unpronounceable for one in self._languages.values()))

    def restrict(self, *languages: Language) -> None:
        """Listen for the sentences of these languages from the next utterance on.

        Raises:
            ModelUnusable: when the model's files are damaged.
        """
        restricted = {
            language: self._languages.get(language) or self._ready(language) for language in languages
        }
        with self._lock:
            self._languages = restricted

    def _ready(self, language: Language) -> "_Restricted":
        graph = language.word_graph()

        def make() -> _Sounds:
            return _Sounds.of(graph, self._model, Spelling.for_language(language.sentences.language))

        sounds = language.made(
            "sphinx", make, self._model.edition, write=_Sounds.to_bytes, read=_Sounds.from_bytes
        )
        return _Restricted(self._model, graph, sounds)

    def recognize(self, utterance: Utterance) -> Transcript:
        """What was said, in the first language that has it; empty where it was no sentence of any."""
        with self._lock:
            assert self._languages, "restrict() comes first"
            return _first_heard(self._languages.values(), utterance)

    def stream(self) -> Stream:
        """An utterance that begins now, in the languages of this moment."""
        assert self._languages, "restrict() comes first"
        return _Spoken(self._lock, tuple(self._languages.values()))

    def hearings(self, utterance: Utterance) -> Iterator["Hearing | None"]:
        """The best sentence of each language, whether it was said or not; None where there is none at all."""
        return _hearings(self._languages.values(), utterance)


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


class _Spoken:
    """An utterance while it is spoken: what was heard so far is searched in the widest of the languages."""

    def __init__(self, lock: threading.Lock, languages: tuple["_Restricted", ...]) -> None:
        self._lock = lock
        self._languages = languages
        self._live = languages[-1].take_live()
        self._chunks: list[Samples] = []
        self._searching = False

    def hear(self, chunk: AudioChunk) -> None:
        self._chunks.append(chunk.samples)
        if self._live is None:
            return
        if self._searching:
            self._live.go_on(chunk.samples)
            return
        self._live.begin()
        self._live.go_on(np.concatenate(self._chunks))
        self._searching = True

    @property
    def partial(self) -> str:
        return " ".join(self._live.words_so_far) if self._live is not None and self._chunks else ""

    def end(self, utterance: Utterance) -> Transcript:
        if self._live is not None and self._searching:
            self._live.end()
            self._searching = False
        with self._lock:
            return _first_heard(self._languages, utterance)

    def __del__(self) -> None:
        if self._live is not None:
            if self._searching:
                self._live.end()
            self._languages[-1].give_back_live(self._live)


def _hearings(languages: Iterable["_Restricted"], utterance: Utterance) -> Iterator[Hearing | None]:
    sound = condition(utterance.samples)
    return (one.hear(sound) for one in languages)


def _first_heard(languages: Iterable["_Restricted"], utterance: Utterance) -> Transcript:
    return first_heard(_transcript(hearing, utterance.seconds) for hearing in _hearings(languages, utterance))


def _transcript(hearing: Hearing | None, seconds: float) -> Transcript:
    confidence = 0.0 if hearing is None else hearing.evidence.confidence
    if hearing is None or confidence < _SAID:
        return Transcript(text="", confidence=confidence, seconds=seconds)
    # Of sentences that were said, the search knows better than the evidence which of them it was.
    others = tuple(
        replace(other, confidence=min(other.confidence, confidence))
        for other in (_transcript(other, seconds) for other in hearing.others)
    )
    return Transcript(hearing.text, confidence, seconds, hearing.words, others)


@dataclass(frozen=True, slots=True)
class _Sounds:
    """What a language's words sound like, and which follows which."""

    said: Pronunciations
    """Without words that nobody knows how to say."""
    pairs: str
    """In ARPA format; empty for a language that is searched whole."""

    @staticmethod
    def of(graph: WordGraph, model: SphinxModel, spelling: Spelling) -> "_Sounds":
        said = pronounce(graph.words, model.dictionary, spelling)
        sayable = _sayable(graph, said)
        large = sayable is not None and len(sayable.arcs) > _SMALL_LANGUAGE
        return _Sounds(said, arpa(pairs(sayable)) if sayable is not None and large else "")

    def to_bytes(self) -> bytes:
        return b"\0".join((write_pronunciations(self.said), self.pairs.encode()))

    @staticmethod
    def from_bytes(data: bytes) -> "_Sounds":
        said, _, pairs = data.partition(b"\0")
        return _Sounds(read_pronunciations(said), pairs.decode())


def _sayable(graph: WordGraph, said: Pronunciations) -> WordGraph | None:
    """The sentences of words that can be said; None where there is none."""
    return graph if graph.words <= said.keys() else only(graph, said.keys())


class _Restricted:
    """The decoders that listen for one language."""

    def __init__(self, model: SphinxModel, graph: WordGraph, sounds: _Sounds) -> None:
        self._said = said = sounds.said
        self.unpronounceable = graph.words - said.keys()
        self._graph = _sayable(graph, said)
        if self._graph is None:
            return
        self._folder = TemporaryDirectory(prefix="paige-")
        folder = Path(self._folder.name)
        self._model = model
        self._idle: list[Search] = []
        self._pairs = folder / "pairs.arpa"
        self._dictionary = dictionary = folder / "words.dict"
        dictionary.write_text(_dictionary(said), encoding="utf-8")
        self._lattice = folder / "lattice"
        decoder = open_decoder(model, dictionary)
        small = len(self._graph.arcs) <= _SMALL_LANGUAGE
        self._sentences = Search(decoder, **(_SMALL_SEARCH if small else _SENTENCE_SEARCH))
        self._phones = Search(decoder, **_PHONE_SEARCH)
        self._phones.phones(model)
        self._words: Search | None = None
        if small:
            self._sentences.sentences(self._graph)
        else:
            self._words = Search(decoder, **_WORD_SEARCH)
            self._pairs.write_text(sounds.pairs, encoding="utf-8")
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
        search = Search(open_decoder(self._model, self._dictionary), **_WORD_SEARCH)
        if len(graph.arcs) <= _SMALL_LANGUAGE:
            search.sentences(graph)
        else:
            search.word_pairs(self._pairs)
        return search

    def hear(self, sound: Conditioned) -> Hearing | None:
        """The likeliest sentence; None where the searches end without one."""
        if self._graph is None or len(sound.samples) < _SHORTEST * RATE:
            return None
        graph = self._graph if self._words is None else self._possible(self._words, self._graph, sound)
        sounds = None if graph is None else self._phones.run(sound)
        if graph is None or sounds is None:
            return None
        best = self._likeliest(sound, sounds)
        if best is None or not _SAID <= best.evidence.confidence < _SURE:
            return best
        return replace(best, others=tuple(self._others(graph, best, sound, sounds)))

    def _possible(self, words: Search, graph: WordGraph, sound: Conditioned) -> WordGraph | None:
        """Those sentences of a large language that are searched; None where none can have been said."""
        words.run(sound)
        possible = only(graph, words.heard_words(self._lattice))
        if possible is not None:
            self._sentences.sentences(possible)
        return possible

    def _others(self, graph: WordGraph, best: Hearing, sound: Conditioned, sounds: Way) -> Iterator[Hearing]:
        """The likeliest sentences without one of the words that fit least, if they were said at all."""
        weakest = sorted(best.words, key=lambda word: word.confidence)[:_OTHERS]
        found = {best.text}
        for word in weakest:
            without = only(graph, graph.words - {word.text})
            if without is None:
                continue
            self._sentences.sentences(without)
            other = self._likeliest(sound, sounds)
            if other is not None and other.text not in found and other.evidence.confidence >= _SAID:
                found.add(other.text)
                yield other
        self._sentences.sentences(graph)

    def _likeliest(self, sound: Conditioned, sounds: Way) -> Hearing | None:
        """The best of the sentences that are searched now."""
        assert self._graph is not None
        sentence = self._sentences.run(sound)
        spoken = [] if sentence is None else [segment for segment in sentence.segments if segment.spoken]
        if sentence is None or not spoken:
            return None
        words = tuple(
            Word(
                segment.text,
                start=sound.cut + segment.start / FRAMES_PER_SECOND,
                end=sound.cut + segment.end / FRAMES_PER_SECOND,
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
