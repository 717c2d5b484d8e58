"""Speech to text by Vosk, which hears better than PocketSphinx and needs a model of its own."""

import json
import threading
from pathlib import Path
from typing import Any

from paige.audio.chunk import RATE, AudioChunk, Utterance
from paige.models.errors import ModelUnusable
from paige.models.grammar.graph import WordGraph
from paige.models.grammar.language import Language
from paige.models.recognizer.protocol import Stream
from paige.models.recognizer.sentence_pairs import accepts, only, pairs
from paige.models.transcript import Transcript, Word, first_heard

UNKNOWN = "[unk]"
"""What Vosk writes where it heard none of the words."""

_LAYOUTS = (
    ("am/final.mdl", "conf/mfcc.conf", "graph/HCLr.fst", "graph/Gr.fst"),
    ("final.mdl", "mfcc.conf", "HCLr.fst", "Gr.fst"),
)
"""Files of a Vosk model that can be restricted, as they lie since 2020, and as before."""


class VoskRecognizer:
    """Recognizes what can be said to a home, with Vosk.

    Args:
        model_folder: An unpacked model, one whose words can be chosen at run time (the small ones).

    Raises:
        ModelUnusable: when the folder is none of such a model.
    """

    def __init__(self, model_folder: Path) -> None:
        check_folder(model_folder)
        import vosk  # it loads a library of 25 MB, which PocketSphinx's users never need

        vosk.SetLogLevel(-1)
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

    def restrict(self, *languages: Language) -> None:
        """Listen for the sentences of these languages from the next utterance on."""
        restricted = {
            language: self._languages.get(language) or self._ready(language) for language in languages
        }
        with self._lock:
            self._languages = restricted

    def _ready(self, language: Language) -> "_Restricted":
        graph = language.word_graph()
        known = {word for word in graph.words if self._model.vosk_model_find_word(word) >= 0}
        graph = only(graph, known) or WordGraph(states=2, start=0, final=1, arcs=())
        engine = self._vosk.KaldiRecognizer(self._model, RATE, grammar(graph))
        engine.SetWords(True)
        return _Restricted(graph, engine)

    def recognize(self, utterance: Utterance) -> Transcript:
        """What was said, in the first language that has it; empty where it was no sentence of any."""
        with self._lock:
            assert self._languages, "restrict() comes first"
            return first_heard(one.recognize(utterance) for one in self._languages.values())

    def stream(self) -> Stream:
        """An utterance that begins now; it is recognized when it has ended."""
        return _Spoken(self)


class _Spoken:
    """An utterance that is recognized as a whole."""

    def __init__(self, recognizer: VoskRecognizer) -> None:
        self._recognizer = recognizer

    def hear(self, chunk: AudioChunk) -> None:
        """Nothing is done before the end."""

    @property
    def partial(self) -> str:
        return ""

    def end(self, utterance: Utterance) -> Transcript:
        return self._recognizer.recognize(utterance)


class _Restricted:
    """The engine that listens for one language."""

    def __init__(self, graph: WordGraph, engine: Any) -> None:  # noqa: ANN401 # Vosk publishes no types
        self._graph = graph
        self._engine = engine

    def recognize(self, utterance: Utterance) -> Transcript:
        # It gives a result at each pause; the utterance is all of them.
        parts = []
        if self._engine.AcceptWaveform(utterance.samples.tobytes()):
            parts.append(self._engine.Result())
        parts.append(self._engine.FinalResult())
        return transcript(parts, self._graph, utterance.seconds)


def check_folder(folder: Path) -> None:
    """Makes sure that a folder holds a Vosk model that can be restricted to a home's sentences.

    Raises:
        ModelUnusable: with what is missing.
    """
    if not folder.is_dir():
        raise ModelUnusable(f"{folder}: there is no such folder; expected that of an unpacked Vosk model")
    missing = [[name for name in layout if not (folder / name).is_file()] for layout in _LAYOUTS]
    least = min(missing, key=len)
    if not least:
        return
    if len(least) == len(_LAYOUTS[0]):
        raise ModelUnusable(f"{folder}: this is no Vosk model: it has no {least[0]}")
    if any((folder / name).is_file() for name in ("graph/HCLG.fst", "HCLG.fst")):
        raise ModelUnusable(
            f"{folder}: the words of this Vosk model are fixed, so it cannot listen for a home's sentences; "
            "take a small model, such as vosk-model-small-en-us-0.15"
        )
    raise ModelUnusable(f"{folder}: this Vosk model lacks {', '.join(least)}")


def grammar(graph: WordGraph) -> str:
    """The grammar that Vosk takes: a JSON list of phrases, from which it learns what follows what.

    It keeps no more than word pairs, so those are what it is given.
    """
    inside = {
        f"{word} {follower}"
        for word, followers in pairs(graph).items()
        for follower in followers
        if not word.startswith("<") and not follower.startswith("<")
    }
    return json.dumps([*sorted(inside | graph.words), UNKNOWN], ensure_ascii=False)


def transcript(results: list[str], graph: WordGraph, seconds: float) -> Transcript:
    """What Vosk's results say; empty where that is none of the graph's sentences."""
    words = tuple(
        Word(part["word"], part["start"], part["end"], min(1.0, part["conf"]))
        for result in results
        for part in json.loads(result).get("result", ())
    )
    if not words:
        return Transcript(text="", confidence=0.0, seconds=seconds)
    confidence = sum(word.confidence for word in words) / len(words)
    if not accepts(graph, [word.text for word in words]):
        return Transcript(text="", confidence=0.0, seconds=seconds)
    return Transcript(" ".join(word.text for word in words), confidence, seconds, words)
