"""What is said: the words that the model knows, and sentences of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

import pocketsphinx

from paige.iot.home_file import load_home
from paige.models.grammar.graph import Arc, WordGraph
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.recognizer.lexicon import Pronunciations, pronounce
from paige.models.recognizer.spelling import Spelling
from paige.tools.bench.demo import demo_home
from paige.tools.vosk.phones import NOISE

UNKNOWN: Final = "[unk]"
"""The word that stands for all others; Vosk's grammars name it."""

DICTIONARY: Final = Path(pocketsphinx.get_model_path("en-us")) / "cmudict-en-us.dict"

_SENTENCE, _ANY_ORDER = 0.55, 0.25
"""Shares of sentences of the home, and of known words in any order; the rest mixes in unknown words."""
_UNKNOWN_SHARE: Final = 0.5
"""Of the words of such a mixture."""


def home_language() -> Language:
    """All that can be said to the demo's home, in English."""
    with demo_home() as file:
        return Language(Sentences.for_language("en"), load_home(file).vocabulary())


def home_graph() -> WordGraph:
    """The same as a graph."""
    return home_language().word_graph()


def known_words(graph: WordGraph) -> Pronunciations:
    """The words of a graph and of the list beside this module, and how they are said."""
    listed = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split()
    said = pronounce(graph.words | frozenset(listed), DICTIONARY, Spelling.for_language("en"))
    return said | {UNKNOWN: (NOISE,)}


def unknown_words(known: Pronunciations) -> list[str]:
    """Words of the dictionary that the model does not know."""
    lines = DICTIONARY.read_text(encoding="utf-8").splitlines()
    words = {line.partition(" ")[0] for line in lines}
    return sorted(word for word in words - known.keys() if word.isalpha() and 3 <= len(word) <= 10)


class Speaker:
    """Draws what is said next.

    Args:
        graph: Of the home's sentences.
        known: Words of the model.
        unknown: Others.
        random: Draws.
    """

    def __init__(
        self, graph: WordGraph, known: Sequence[str], unknown: Sequence[str], random: Random
    ) -> None:
        self._known, self._unknown, self._random = known, unknown, random
        self._graph = graph
        self._arcs: defaultdict[int, list[Arc]] = defaultdict(list)
        for arc in graph.arcs:
            self._arcs[arc.source].append(arc)

    def draw(self) -> list[str]:
        """The words of one utterance."""
        kind = self._random.random()
        if kind < _SENTENCE:
            return self.sentence()
        count = self._random.randint(1, 6)
        if kind < _SENTENCE + _ANY_ORDER:
            return self._random.choices(self._known, k=count)
        return [
            self._random.choice(self._unknown if self._random.random() < _UNKNOWN_SHARE else self._known)
            for _ in range(count)
        ]

    def sentence(self) -> list[str]:
        """The words of a sentence of the home."""
        return [*self._path()]

    def _path(self) -> Iterator[str]:
        state = self._graph.start
        while state != self._graph.final:
            arcs = self._arcs[state]
            # Half by how probable a step is, half all alike, so that rare names are heard too.
            even = self._random.random() < 0.5
            (arc,) = self._random.choices(arcs, None if even else [arc.weight for arc in arcs])
            if arc.word is not None:
                yield arc.word
            state = arc.target
