"""Speech to text by PocketSphinx, whose package carries an English model: nothing to download.

While somebody speaks, PocketSphinx hears by itself and tells what it heard so far. What was spoken in the
end is found in the whole utterance, out of which noise is taken by all that is known of it (`extraction`).
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from paige.audio.chunk import AudioChunk, Samples, Utterance
from paige.models.grammar.language import Language
from paige.models.recognizer.extraction import Extractor
from paige.models.recognizer.pocketsphinx_language import Hearing, Restricted
from paige.models.recognizer.pocketsphinx_model import SphinxModel
from paige.models.recognizer.protocol import Stream
from paige.models.recognizer.spelling import Spelling
from paige.models.transcript import Transcript, first_heard


class PocketSphinxRecognizer:
    """Recognizes what can be said to a home, with PocketSphinx.

    Args:
        model_folder: A folder laid out like the English model of PocketSphinx's package; that by default.

    Raises:
        ModelUnusable: when the folder is none of a model.
    """

    def __init__(self, model_folder: Path | None = None) -> None:
        self._model = SphinxModel.find(model_folder)
        self._extractor = Extractor(self._model.acoustic)
        self._languages: dict[Language, Restricted] = {}
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

    def _ready(self, language: Language) -> Restricted:
        return Restricted(
            self._model, language.word_graph(), Spelling.for_language(language.sentences.language)
        )

    def recognize(self, utterance: Utterance) -> Transcript:
        """What was said, in the first language that has it; empty where it was no sentence of any."""
        with self._lock:
            assert self._languages, "restrict() comes first"
            return _recognize(self._extractor, tuple(self._languages.values()), utterance)

    def stream(self) -> Stream:
        """An utterance that begins now, in the languages of this moment."""
        assert self._languages, "restrict() comes first"
        return _Spoken(self._lock, self._extractor, tuple(self._languages.values()))

    def hearings(self, utterance: Utterance) -> Iterator[Hearing | None]:
        """The best sentence of each language, whether it was said or not; None where there is none at all."""
        return _hearings(self._extractor, tuple(self._languages.values()), utterance)


class _Spoken:
    """An utterance while it is spoken: what was heard so far is searched in the widest of the languages."""

    def __init__(self, lock: threading.Lock, extractor: Extractor, languages: tuple[Restricted, ...]) -> None:
        self._lock = lock
        self._extractor = extractor
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
            return _recognize(self._extractor, self._languages, utterance)

    def __del__(self) -> None:
        if self._live is not None:
            if self._searching:
                self._live.end()
            self._languages[-1].give_back_live(self._live)


def _recognize(extractor: Extractor, languages: tuple[Restricted, ...], utterance: Utterance) -> Transcript:
    return first_heard(
        _transcript(hearing, utterance.seconds) for hearing in _hearings(extractor, languages, utterance)
    )


def _hearings(
    extractor: Extractor, languages: tuple[Restricted, ...], utterance: Utterance
) -> Iterator[Hearing | None]:
    speech = extractor.extract(utterance)
    return (None if speech is None else language.hear(speech) for language in languages)


def _transcript(hearing: Hearing | None, seconds: float) -> Transcript:
    confidence = 0.0 if hearing is None else hearing.evidence.confidence
    if hearing is None or confidence < 0.5:
        return Transcript(text="", confidence=confidence, seconds=seconds)
    others = (
        Transcript(other.text, other.evidence.confidence, seconds, other.words) for other in hearing.others
    )
    return Transcript(hearing.text, confidence, seconds, hearing.words, tuple(others))
