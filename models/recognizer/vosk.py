"""Speech to text by Vosk, which hears better than PocketSphinx and needs a model of its own.

Vosk searches word pairs and not sentences. So it is asked for several likely sequences of words, of which
those count that are sentences of the language, and those with `[unk]`: sounds that are none of its words.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from paige.audio.chunk import RATE, AudioChunk, Samples, Utterance
from paige.models.errors import ModelUnusable
from paige.models.grammar.graph import Arcs, WordGraph
from paige.models.grammar.language import Language
from paige.models.recognizer.protocol import Stream
from paige.models.recognizer.sentence_pairs import only
from paige.models.recognizer.vosk_model import check_folder, try_folder
from paige.models.recognizer.vosk_results import UNKNOWN, transcript, ways
from paige.models.transcript import Transcript, first_heard

_ERRORS: Final = -2
"""What it writes to standard error; warnings (-1) are of each utterance that ends within a word."""
_LIKELIEST: Final = 12
"""Sequences of words that it is asked for."""


class VoskRecognizer:
    """Recognizes what can be said to a home, with Vosk.

    Args:
        model_folder: An unpacked model, one whose words can be chosen at run time (the small ones).

    Raises:
        ModelUnusable: when the folder is none of such a model.
    """

    def __init__(self, model_folder: Path) -> None:
        check_folder(model_folder)
        try_folder(model_folder)
        import vosk  # it loads a library of 25 MB, which PocketSphinx's users never need

        vosk.SetLogLevel(_ERRORS)
        self._vosk = vosk
        try:
            self._model = vosk.Model(str(model_folder))
        except Exception as error:  # vosk raises nothing more specific
            raise ModelUnusable(f"{model_folder}: Vosk cannot use this model; is it complete?") from error
        self._languages: dict[Language, _Restricted] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The engine's name."""
        return "vosk"

    @property
    def unpronounceable(self) -> frozenset[str]:
        """Words of the languages that the model does not have, and so never hears."""
        return frozenset().union(*(one.unknown for one in self._languages.values()))

    def restrict(self, *languages: Language) -> None:
        """Listen for the sentences of these languages from the next utterance on."""
        restricted = {
            language: self._languages.get(language) or self._ready(language) for language in languages
        }
        with self._lock:
            self._languages = restricted

    def _ready(self, language: Language) -> "_Restricted":
        graph = language.word_graph()
        known = frozenset(word for word in graph.words if self._model.vosk_model_find_word(word) >= 0)
        return _Restricted(self._vosk, self._model, graph, known)

    def recognize(self, utterance: Utterance) -> Transcript:
        """What was said, in the first language that has it; empty where it was no sentence of any."""
        return self.stream().end(utterance)

    def stream(self) -> Stream:
        """An utterance that begins now, in the languages of this moment."""
        with self._lock:
            assert self._languages, "restrict() comes first"
            return _Spoken(tuple(self._languages.values()))


class _Spoken:
    """An utterance while it is spoken: each language's engine hears it chunk by chunk."""

    def __init__(self, languages: Sequence["_Restricted"]) -> None:
        self._languages = languages
        self._engines: list[_Engine] = []
        self._chunks: list[Samples] = []
        self._start = 0.0

    def hear(self, chunk: AudioChunk) -> None:
        if not self._chunks:
            self._start = chunk.start
        self._chunks.append(chunk.samples)
        if self._engines:
            self._feed(chunk.samples)
        else:
            # It begins, or goes on after what seemed its end, which an engine cannot take back.
            self._begin(np.concatenate(self._chunks))

    @property
    def partial(self) -> str:
        found = [text for engine in self._engines if (text := engine.partial)]
        return next((text for text in found if UNKNOWN not in text), found[-1] if found else "")

    def end(self, utterance: Utterance) -> Transcript:
        if not self._chunks:
            self._start = utterance.start
            self._chunks.append(utterance.samples)
        if not self._engines:
            self._begin(np.concatenate(self._chunks))
        engines, self._engines = self._engines, []
        shift = utterance.start - self._start
        return first_heard(
            one.end(engine, shift, utterance.seconds)
            for one, engine in zip(self._languages, engines, strict=True)
        )

    def _begin(self, samples: Samples) -> None:
        self._engines = [language.take() for language in self._languages]
        self._feed(samples)

    def _feed(self, samples: Samples) -> None:
        for engine in self._engines:
            engine.hear(samples)

    def __del__(self) -> None:
        for language, engine in zip(self._languages, self._engines, strict=False):
            language.end(engine, 0.0, 0.0)


class _Restricted:
    """The engines that listen for one language, of which each hears one utterance at a time."""

    def __init__(self, vosk: Any, model: Any, graph: WordGraph, known: frozenset[str]) -> None:  # noqa: ANN401 # Vosk publishes no types
        self.unknown = graph.words - known
        sayable = only(graph, known) if self.unknown else graph
        self._graph = sayable or WordGraph(states=2, start=0, final=1, arcs=Arcs(()))
        self._grammar = grammar(self._graph)
        self._vosk, self._model = vosk, model
        self._idle = [self._open()]

    def _open(self) -> "_Engine":
        return _Engine(self._vosk.KaldiRecognizer(self._model, RATE, self._grammar))

    def take(self) -> "_Engine":
        """An engine for an utterance."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def end(self, engine: "_Engine", shift: float, seconds: float) -> Transcript:
        """What was said in an utterance; its engine is free again.

        Args:
            engine: One that heard it.
            shift: How long it heard sound before the utterance, in seconds.
            seconds: Length of the utterance.
        """
        result, begin = engine.end()
        self._idle.append(engine)
        return transcript(ways(result, begin + shift), self._graph, seconds)


class _Engine:
    """Vosk's recognizer of one language."""

    def __init__(self, recognizer: Any) -> None:  # noqa: ANN401 # Vosk publishes no types
        self._recognizer = recognizer
        recognizer.SetWords(True)
        recognizer.SetMaxAlternatives(_LIKELIEST)
        self._before = 0
        """Samples of the utterances that it heard before: it counts on."""
        self._heard = 0

    def hear(self, samples: Samples) -> None:
        """Takes the next samples of an utterance."""
        # It tells of pauses; where an utterance ends is not for it to say.
        self._recognizer.AcceptWaveform(samples.tobytes())
        self._heard += len(samples)

    @property
    def partial(self) -> str:
        """The words heard so far."""
        text: str = json.loads(self._recognizer.PartialResult()).get("partial", "")
        return text

    def end(self) -> tuple[str, float]:
        """Its result, and when the utterance began by its clock."""
        begin = self._before / RATE
        self._before += self._heard
        self._heard = 0
        return self._recognizer.FinalResult(), begin


def grammar(graph: WordGraph) -> str:
    """The grammar that Vosk takes: a JSON list of phrases, from which it learns what follows what.

    It keeps no more than word pairs, so those are what it is given.
    """
    words = sorted(graph.words)
    bits = {word: 1 << place for place, word in enumerate(words)}
    # Sets of words as the bits of integers: with 5,000 names there are 200,000 arcs.
    last: dict[int, int] = defaultdict(int)  # what was said last on the way to a state
    before: dict[str, int] = dict.fromkeys(words, 0)
    for arc in graph.arcs:
        if arc.word is None:
            last[arc.target] |= last[arc.source]
        else:
            last[arc.target] |= bits[arc.word]
            before[arc.word] |= last[arc.source]
    pairs = [f"{first} {word}" for word, found in before.items() for first in _picked(words, found)]
    return json.dumps([*sorted([*words, *pairs]), UNKNOWN], ensure_ascii=False)


def _picked(words: Sequence[str], found: int) -> Iterator[str]:
    """The words whose bits are set."""
    while found:
        bit = found & -found
        yield words[bit.bit_length() - 1]
        found ^= bit
