"""What can be said to this home, and what it means."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from random import Random
from typing import TypeVar

from paige.models.grammar.ending import Ending, Endings
from paige.models.grammar.graph import WordGraph
from paige.models.grammar.graph_builder import word_graph
from paige.models.grammar.lists import WildcardList
from paige.models.grammar.matching import ListMatcher
from paige.models.grammar.parser import Parser, Slot
from paige.models.grammar.ranking import interpretations
from paige.models.grammar.sampling import Sampler
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.suggestions import Suggester
from paige.models.grammar.tokens import tokenize
from paige.models.heap import all_kept
from paige.models.intent import Intent, NotRecognized, SlotValue, Suggestion
from paige.models.made_before import MadeBefore
from paige.models.vocabulary import Name, Vocabulary

_MOST_CHARACTERS = 2_000
"""Longer texts are nobody's command; they are not even cut into words."""


_TRIES_A_SAMPLE = 100

Thing = TypeVar("Thing")


class Language:
    """The sentences of a language with the names of a home.

    Made anew, at little cost, when the home's names change; `sentences` can be shared.

    Args:
        sentences: What can be said.
        vocabulary: What the home's things and places are called, and where the speaker stands.
        before: Has what was made of the same language already, where `sentences` say what they are made of.
    """

    def __init__(
        self, sentences: Sentences, vocabulary: Vocabulary, before: MadeBefore | None = None
    ) -> None:
        self.sentences = sentences
        self.vocabulary = vocabulary
        self._before = before
        self.matcher = ListMatcher(sentences.language, sentences.ways, vocabulary)
        """Finds the values of lists, and the home's names."""
        self._parser = Parser(sentences.automaton, self.matcher, sentences.fillers)

    @cached_property
    def _suggester(self) -> Suggester:
        return Suggester(self.sentences, self.matcher)

    def parse(self, text: str) -> Intent | NotRecognized:
        """What a sentence asks for: the best of its readings (see `ranking`)."""
        return self._parse(text, within=False)

    def _parse(self, text: str, *, within: bool) -> Intent | NotRecognized:
        """What a sentence, or the sentence `within` another, asks for."""
        if not self.can_be_read(text):
            return NotRecognized(text)
        tokens = tokenize(text)
        found = [
            (ranked, reading)
            for reading in self._parser.readings(tokens.words)
            for ranked in interpretations(reading, self.sentences.templates, tokens, self.vocabulary.here)
        ]
        # The best first, so that few of what may be sentences within this one are read.
        for ranked, reading in sorted(found, key=lambda pair: pair[0].rank):
            inner = [tokens.between(slot.start, slot.end) for slot in reading.slots if _is_sentence(slot)]
            if not inner or (not within and all(self._is_understood(said) for said in inner)):
                return ranked.intent
        return NotRecognized(text)

    @staticmethod
    def can_be_read(text: str) -> bool:
        """Whether a text is short enough to be anybody's command."""
        return len(text) <= _MOST_CHARACTERS

    def _is_understood(self, said: str) -> bool:
        return isinstance(self._parse(said, within=True), Intent)

    def nearest(self, text: str, count: int = 3) -> tuple[Suggestion, ...]:
        """Sentences near `text` that would have been understood, best first, each of another meaning.

        Takes some milliseconds; the first call makes an index, which takes longer.
        """
        words = tokenize(text[:_MOST_CHARACTERS]).words
        found: dict[tuple[str, tuple[tuple[str, SlotValue], ...]], Suggestion] = {}
        for similarity, said in self._suggester.near(words):
            intent = self.parse(said)
            if isinstance(intent, Intent):
                meaning = (intent.name, tuple(sorted(intent.slots.items())))
                found.setdefault(meaning, Suggestion(said, intent.name, similarity))
            if len(found) == count:
                break
        return tuple(found.values())

    def sample(
        self,
        count: int,
        seed: int,
        wildcards: Mapping[str, Sequence[str]] | None = None,
        *,
        custom: bool = False,
    ) -> list[Intent]:
        """Random sentences that are understood, as what they mean; `Intent.text` is the sentence.

        Args:
            count: How many; each template is equally likely.
            seed: The same seed gives the same sentences.
            wildcards: What may be said for a wildcard list, by its name; templates with others are left out.
            custom: Only a user's own sentences.

        Raises:
            ValueError: No sentence can be said, because there are none or the home has no names for them.
        """
        random = Random(seed)  # noqa: S311  # sentences, not secrets
        sampler = Sampler(self.sentences.language, self.matcher, wildcards or {}, random)
        automaton, templates = self.sentences.automaton, self.sentences.templates
        numbers = [at for at, template in enumerate(templates) if template.block.custom or not custom]
        found: list[Intent] = []
        tries = 0
        while len(found) < count:
            tries += 1
            if not numbers or tries > _TRIES_A_SAMPLE * (len(found) + 10):
                raise ValueError("no sentence of this language can be said to this home")
            number = random.choice(numbers)
            said = sampler.sentence(automaton, automaton.starts[number], templates[number])
            intent = self.parse(said) if said else None
            if isinstance(intent, Intent):
                found.append(intent)
        return found

    def word_graph(self) -> WordGraph:
        """All sentences as a speech recognizer takes them: words as they are spoken, numbers in words.

        A wildcard stands for the phrases that its list gives as `spoken`; where it gives none, the sentence
        is left out: what is said there is in no recognizer's language.
        """
        return self._word_graph

    @cached_property
    def _word_graph(self) -> WordGraph:
        def make() -> WordGraph:
            with all_kept():
                return word_graph(self.sentences, self.matcher, self.vocabulary.here)

        return self.made("graph", make, write=WordGraph.to_bytes, read=WordGraph.from_bytes)

    def made(
        self,
        kind: str,
        make: Callable[[], Thing],
        *of: str,
        write: Callable[[Thing], bytes],
        read: Callable[[bytes], Thing],
    ) -> Thing:
        """What is made of this language: as it was made before, or else now.

        Args:
            kind: What it is, in letters.
            make: Makes it.
            of: What else it is made of.
            write: The thing in bytes.
            read: The thing from these.
        """
        if self._before is None or not self.sentences.made_of:
            return make()
        key = self._before.key(self._made_of, *of)
        return self._before.get(kind, key, make, write=write, read=read)

    @cached_property
    def _made_of(self) -> str:
        known = self.vocabulary
        names = [list(map(_written, some)) for some in (known.entities, known.areas, known.floors)]
        return json.dumps([self.sentences.made_of.hex(), known.here, *names])

    def ending(self, words: Sequence[str]) -> Ending:
        """Whether the words of `word_graph` that were heard so far can be all that is said.

        Takes a millisecond or so; the first call makes the word graph where no recognizer asked for it.
        """
        return self._endings.of(words)

    @cached_property
    def _endings(self) -> Endings:
        return Endings(self._word_graph)


def _is_sentence(slot: Slot) -> bool:
    """Whether what stands for a slot must be a sentence; that one may hold no further one."""
    return isinstance(slot.symbol.source, WildcardList) and slot.symbol.source.sentence


def _written(name: Name) -> list[object]:
    return [name.spoken, name.value, sorted(name.context.items())]
