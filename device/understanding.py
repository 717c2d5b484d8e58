"""Sentences to intents, in the language of the home as it is now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import yaml

from paige.device.dialogue import Asked, Todo
from paige.iot.choice import question_of_entity
from paige.iot.registry import Registry
from paige.iot.resolution import Asks, Choice, Question
from paige.models.grammar.language import Language
from paige.models.grammar.reader import Reader
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent, NotRecognized
from paige.models.made_before import MadeBefore
from paige.models.nlu.clauses import TARGETS
from paige.models.nlu.connectives import Connectives
from paige.models.nlu.home_names import HomeNames
from paige.models.nlu.parser import IntentParser
from paige.models.nlu.references import FollowWords, remainder
from paige.models.nlu.shapes import Shapes
from paige.models.nlu.shipped import LazyModel
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
        model: For what people say otherwise; None for what can be said word for word alone.
        before: Has what was made of the same names already.
    """

    def __init__(
        self,
        sentences: Sentences,
        answers: Sentences,
        registry: Registry,
        model: LazyModel | None = None,
        before: MadeBefore | None = None,
    ) -> None:
        self._registry = registry
        self._before = before
        self._model = LazyModel(None) if model is None else model
        self._shapes = Shapes(sentences)
        self._names: HomeNames | None = None
        """Of the vocabulary as it is now."""
        self._always = sentences
        self._answers = answers
        self._version: int | None = None
        self._vocabulary: Vocabulary | None = None
        self._languages: dict[tuple[int, str | None], Language] = {}
        self._of_place: dict[str | None, _Means] = {}
        self._of_question: Language | None = None
        """Of the latest question whose choices have names that are not the home's."""

    def warm(self) -> None:
        """Make what all homes share, for which the first sentence would wait. It knows nothing of this home.

        Raises:
            SentencesInvalid: The language lacks the words that join and refer.
        """
        language = self._always.language
        for sentences in (self._always, self._answers, Connectives.for_language(language).exceptions):
            # How sentences begin is worked out at the first word, whatever that is.
            Language(sentences, Vocabulary()).parse("x")
        FollowWords.for_language(language)

    def open_model(self) -> None:
        """Open the model now, if there is one.

        Raises:
            ModelUnusable: Its files are damaged.
        """
        if self._model:
            self._model.get()

    def parse(
        self, text: str, here: str | None, *, asked: Asked | None, last: Sequence[Todo] = ()
    ) -> tuple[Todo, ...] | NotRecognized:
        """What a sentence means to someone in the area `here`, as the commands that it has.

        The first of these that understands it: an answer, while a question is open; what is said of "it"
        soon after the `last` commands; a sentence by itself, word for word; what takes the place of something
        in the last command; a sentence by itself, or about "it", as the model reads it, but not while a
        question is open: what is no clear answer must not become a command. What nothing understands comes
        with the sentences nearest to it.

        Raises:
            ModelUnusable: The model's files are damaged.
        """
        if asked is not None and asked.offers(text):
            return (Todo(Intent(ANSWER, {}, 1.0, text)),)
        if asked is not None:
            answer = self._language(self._answers, here, asked.names).parse(text)
            if isinstance(answer, Intent):
                return (Todo(answer),)
        means = self._means(self._language(self._always, here))
        referring = _referring(means, text, last) if last else ()
        if referring:
            return referring
        before = [todo.intent for todo in last]
        understood = means.parser.exact(text, before)
        if not isinstance(understood, NotRecognized):
            return tuple(map(Todo, understood))
        following = self._following(means, text, here, last) if last else ()
        if following:
            return following
        if asked is None:
            understood = means.parser.learned(text, understood, before)
            spelled_out = _spelled_out(means, text, last[-1], understood) if last else None
            if spelled_out is not None:
                return (spelled_out,)
        if not isinstance(understood, NotRecognized):
            return tuple(map(Todo, understood))
        near = means.language.nearest(understood.part or text) if text else ()
        return replace(understood, nearest=tuple(one for one in near if one.similarity >= NEAR_ENOUGH))

    def _following(
        self, means: "_Means", text: str, here: str | None, last: Sequence[Todo]
    ) -> tuple[Todo, ...]:
        """What goes on with the last command, or corrects it; nothing where it does neither."""
        rest = remainder(text, means.parser.references.words)
        if rest.other:
            another = other_one(last[-1], self._registry, here)
            return () if another is None else (another,)
        if not rest.marked or not rest.text:
            return ()
        by_itself = means.parser.exact(rest.text, [todo.intent for todo in last])
        if not isinstance(by_itself, NotRecognized):
            return tuple(map(Todo, by_itself))
        changed = means.parser.references.goes_on(rest.text, last[-1].intent)
        return () if changed is None else (Todo(changed),)

    def _means(self, language: Language) -> "_Means":
        here = language.vocabulary.here
        if here not in self._of_place or self._of_place[here].language is not language:
            if self._names is None:
                self._names = HomeNames(language.vocabulary, language.sentences.language)
            self._of_place[here] = _Means.of(language, self._model, self._shapes, self._names)
        return self._of_place[here]

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
                self._names = None
        vocabulary = self._registry.vocabulary(here)
        if names:
            vocabulary = replace(vocabulary, entities=names)
            if self._of_question is None or self._of_question.vocabulary != vocabulary:
                self._of_question = Language(sentences, vocabulary)
            return self._of_question
        key = (id(sentences), here)
        if key not in self._languages:
            self._languages[key] = Language(sentences, vocabulary, self._before)
        return self._languages[key]


@dataclass(frozen=True, slots=True)
class _Means:
    """What reads whole sentences in one place."""

    language: Language
    parser: IntentParser

    @classmethod
    def of(cls, language: Language, model: LazyModel, shapes: Shapes, names: HomeNames) -> "_Means":
        return cls(language, IntentParser(language, model, shapes, names))


def _referring(means: _Means, text: str, last: Sequence[Todo]) -> tuple[Todo, ...]:
    """What is said of that which the last commands were about; nothing where it is about something else."""
    rest = remainder(text, means.parser.references.words).text
    alone = means.language.parse(rest)
    bare = not isinstance(alone, Intent) or TARGETS.isdisjoint(alone.spans)
    found = means.parser.references.about(rest, [todo.intent for todo in last], bare=bare)
    return tuple(Todo(intent, last[number].choice, last[number].others) for number, intent in found)


def _spelled_out(
    means: _Means, text: str, last: Todo, otherwise: tuple[Intent, ...] | NotRecognized
) -> Todo | None:
    """A sentence about "it" that only the model understands, with the name of what that is in its place.

    None where the model is surer of the sentence as it is, or what that says is about something else.
    """
    spelled = means.parser.references.spelled_out(text, last.intent)
    if spelled is None:
        return None
    found = means.parser.learned(spelled, NotRecognized(spelled))
    if isinstance(found, NotRecognized) or len(found) > 1:
        return None
    (intent,) = found
    if intent.slots.get("name") != last.intent.slots["name"]:
        return None
    if not isinstance(otherwise, NotRecognized):
        alone = len(otherwise) == 1 and TARGETS.isdisjoint(otherwise[0].spans)
        if not alone or otherwise[0].confidence > intent.confidence:
            return None
    return Todo(replace(intent, text=text), last.choice, last.others)


def other_one(last: Todo, registry: Registry, here: str | None) -> Todo | None:
    """The last command for another thing like the one that it was about.

    That is what else could have been chosen, where there was a choice; else what is of the same kind and has
    the same name, or stands in the same area, or is somewhere in the home. Of several, it asks.
    """
    name = last.intent.slots.get("name")
    meant = () if name is None else registry.named(str(name))
    if last.choice is not None:
        meant = tuple(entity for entity in meant if entity.id in last.choice.entity_ids)
    if len(meant) > 1:
        meant = tuple(entity for entity in meant if entity.area == here)
    if len(meant) != 1:
        return None
    question = Question(Asks.WHICH, last.intent, last.others)
    if not last.others:
        kind = (meant[0].device_class,) if meant[0].device_class else ()
        alike = registry.find(domains=(meant[0].domain,), device_classes=kind)
        alike = tuple(entity for entity in alike if entity is not meant[0])
        namesakes = tuple(entity for entity in alike if str(name) in entity.names)
        near = tuple(entity for entity in alike if entity.area == meant[0].area)
        question = question_of_entity(last.intent, namesakes or near or alike)
    if len(question.choices) != 1:
        return Todo(last.intent, asks=question) if question.choices else None
    (other,) = question.choices
    (entity_id,) = other.entity_ids
    entity = registry.entity(entity_id)
    named = last.intent if entity is None else _renamed(last.intent, entity.name)
    back = Choice(meant[0].name, frozenset({meant[0].id}), meant[0].area)
    return Todo(named, other, (back,))


def _renamed(intent: Intent, name: str) -> Intent:
    """A command for something else, that stands elsewhere perhaps."""
    slots = {slot: value for slot, value in intent.slots.items() if slot not in ("area", "floor")}
    return replace(intent, slots={**slots, "name": name})
