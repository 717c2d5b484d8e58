"""Sentences to intents, in the language of the home as it is now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import yaml

from paige.device.dialogue import Asked
from paige.iot.registry import Registry
from paige.models.grammar.language import Language
from paige.models.grammar.reader import Reader
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent, NotRecognized
from paige.models.nlu.clauses import Clauses
from paige.models.nlu.connectives import Connectives
from paige.models.vocabulary import Name, Vocabulary

ANSWER = "PaigeAnswer"
"""The intent of what answers a question; its slot is `answer` (`yes`, `no`, `first`, …), `name` or `area`."""
_CHOICE = "choice"


def answer_sentences(language: str, answers: Mapping[str, Sequence[str]]) -> Sentences:
    """The sentences that answer a question, from their templates by what they mean.

    Raises:
        SentencesInvalid: A template cannot be understood.
    """
    data = [
        {"sentences": list(said), "slots": {} if meaning == _CHOICE else {"answer": meaning}}
        for meaning, said in answers.items()
    ]
    reader = Reader(language)
    text = yaml.safe_dump({"language": language, "intents": {ANSWER: {"data": data}}})
    reader.add_text(text, "answers", custom=False)
    return reader.sentences()


NEAR_ENOUGH = 0.75
"""How alike a sentence must be to be offered in place of one that means nothing."""


class Understanding:
    """What can be said to a home, kept in step with its names.

    Args:
        sentences: What can be said at any time.
        answers: What can be said while a question is open; see `answer_sentences`.
        registry: Knows the names.
    """

    def __init__(self, sentences: Sentences, answers: Sentences, registry: Registry) -> None:
        self._registry = registry
        self._always = sentences
        self._answers = answers
        self._version: int | None = None
        self._vocabulary: Vocabulary | None = None
        self._languages: dict[tuple[int, str | None], Language] = {}
        self._clauses: dict[str | None, tuple[Language, Clauses]] = {}
        """By the speaker's area, each with the language that it is for."""
        self._of_question: Language | None = None
        """Of the latest question whose choices have names that are not the home's."""

    def parse(
        self, text: str, here: str | None, *, asked: Asked | None
    ) -> tuple[Intent, ...] | NotRecognized:
        """What a sentence means to someone in the area `here`; while a question is open, as an answer first.

        Several intents where it has several commands. What nothing matches comes with the sentences nearest
        to it.
        """
        if asked is not None:
            answer = self._language(self._answers, here, asked.names).parse(text)
            if isinstance(answer, Intent):
                return (answer,)
        language = self._language(self._always, here)
        understood = self._clauses_of(language).parse(text)
        if isinstance(understood, NotRecognized) and text:
            near = language.nearest(understood.part or text)
            return replace(understood, nearest=tuple(one for one in near if one.similarity >= NEAR_ENOUGH))
        return understood

    def _clauses_of(self, language: Language) -> Clauses:
        here = language.vocabulary.here
        if here not in self._clauses or self._clauses[here][0] is not language:
            connectives = Connectives.for_language(language.sentences.language)
            self._clauses[here] = (language, Clauses(connectives, language.parse, language.vocabulary))
        return self._clauses[here][1]

    def languages(self, here: str | None, *, asked: Asked | None) -> tuple[Language, ...]:
        """What a recognizer should listen for; the same objects while they are the same languages."""
        always = self._language(self._always, here)
        return (always,) if asked is None else (self._language(self._answers, here, asked.names), always)

    def _language(self, sentences: Sentences, here: str | None, names: tuple[Name, ...] = ()) -> Language:
        if self._registry.version != self._version:
            self._version = self._registry.version
            # After a broker was away, the devices that introduce themselves anew mostly are the same.
            vocabulary = self._registry.vocabulary()
            if vocabulary != self._vocabulary:
                self._vocabulary = vocabulary
                self._languages.clear()
        vocabulary = self._registry.vocabulary(here)
        if names:
            vocabulary = replace(vocabulary, entities=names)
            if self._of_question is None or self._of_question.vocabulary != vocabulary:
                self._of_question = Language(sentences, vocabulary)
            return self._of_question
        key = (id(sentences), here)
        if key not in self._languages:
            self._languages[key] = Language(sentences, vocabulary)
        return self._languages[key]
