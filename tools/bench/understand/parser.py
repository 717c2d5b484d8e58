"""Parsers as they are measured: the shipped one, whole, for any home; and the templates alone."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from paige.iot.home_file import HomeDescription
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent, NotRecognized
from paige.models.nlu.parser import IntentParser
from paige.models.nlu.shapes import Shapes
from paige.models.nlu.shipped import LazyModel
from paige.tools.bench.understand.cases import Answer

Ask = Callable[[str], Answer]
"""A sentence to its answer."""
ForHome = Callable[[HomeDescription], Ask]
"""A parser, made for a home."""
LANGUAGE: Final = "en"
SEVERAL: Final = "several commands"
"""Stands for their intents."""


def templates() -> ForHome:
    """What is understood word for word."""
    sentences = Sentences.for_language(LANGUAGE)

    def for_home(home: HomeDescription) -> Ask:
        language = Language(sentences, home.vocabulary())

        def ask(text: str) -> Answer:
            return answer(language.parse(text))

        return ask

    return for_home


class _Wordless(Language):
    """A language in which nothing is understood word for word, so that the model is asked for everything."""

    def parse(self, text: str) -> Intent | NotRecognized:
        """Refuses."""
        return NotRecognized(text)


def shipped(model: Path | None, *, without_templates: bool = False, own: Sequence[Path] = ()) -> ForHome:
    """The whole parser: the templates, and what they do not have by a model.

    Args:
        model: The model's folder; the shipped one where it is None.
        without_templates: Ask the model for everything.
        own: A user's own sentences.
    """
    kind = _Wordless if without_templates else Language
    sentences = Sentences.for_language(LANGUAGE, own)
    lazy = LazyModel.for_language(LANGUAGE) if model is None else LazyModel(model)
    shapes = Shapes(sentences)

    def for_home(home: HomeDescription) -> Ask:
        parser = IntentParser(kind(sentences, home.vocabulary()), lazy, shapes)
        parser.warm()

        def ask(text: str) -> Answer:
            return answer(parser.parse(text))

        return ask

    return for_home


def answer(found: Intent | tuple[Intent, ...] | NotRecognized) -> Answer:
    """What was understood; of several commands none is the answer to a sentence with one."""
    if isinstance(found, NotRecognized):
        return Answer(None, {})
    intents = (found,) if isinstance(found, Intent) else found
    if len(intents) > 1:
        return Answer(SEVERAL, {})
    return Answer(intents[0].name, intents[0].slots, asks=bool(intents[0].choices) or intents[0].misheard)
