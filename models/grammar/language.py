"""What can be said to this home, and what it means."""

from paige.models.grammar.graph import WordGraph
from paige.models.grammar.graph_builder import word_graph
from paige.models.grammar.matching import ListMatcher
from paige.models.grammar.parser import Parser
from paige.models.grammar.ranking import interpretations
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import tokenize
from paige.models.intent import Intent, NotRecognized
from paige.models.vocabulary import Vocabulary

_MOST_CHARACTERS = 2_000
"""Longer texts are nobody's command; they are not even cut into words."""


class Language:
    """The sentences of a language with the names of a home.

    Made anew, at little cost, when the home's names change; `sentences` can be shared.

    Args:
        sentences: What can be said.
        vocabulary: What the home's things and places are called, and where the speaker stands.
    """

    def __init__(self, sentences: Sentences, vocabulary: Vocabulary) -> None:
        self.sentences = sentences
        self.vocabulary = vocabulary
        self._matcher = ListMatcher(sentences.language, sentences.scope, vocabulary)
        self._parser = Parser(sentences.automaton, self._matcher, sentences.fillers)

    def parse(self, text: str) -> Intent | NotRecognized:
        """What a sentence asks for: the best of its readings (see `ranking`)."""
        if len(text) > _MOST_CHARACTERS:
            return NotRecognized(text)
        tokens = tokenize(text)
        best = min(
            (
                ranked
                for reading in self._parser.readings(tokens.words)
                for ranked in interpretations(reading, self.sentences.templates, tokens, self.vocabulary.here)
            ),
            key=lambda ranked: ranked.rank,
            default=None,
        )
        return NotRecognized(text) if best is None else best.intent

    def word_graph(self) -> WordGraph:
        """All sentences as a speech recognizer takes them: words as they are spoken, numbers in words.

        Sentences with wildcards are left out: what is said there is in no recognizer's language.
        """
        return word_graph(self.sentences, self._matcher, self.vocabulary.here)
