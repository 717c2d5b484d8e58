"""Random sentences of a language, for training and for tests."""

from collections.abc import Mapping, Sequence
from random import Random

from paige.models.grammar.automaton import Automaton, Position, Symbol, Values
from paige.models.grammar.lists import HomeList, RangeList, WildcardList
from paige.models.grammar.matching import Candidate, ListMatcher
from paige.models.grammar.numbers import spell
from paige.models.grammar.ranking import fits
from paige.models.grammar.sentences import Block, Template
from paige.models.grammar.tokens import words_of

Element = str | Symbol
"""A word that a template says, or a list that it uses."""


_TIGHT_BEFORE, _TIGHT_AFTER = ("'", "/", "%", "°"), ("'", "/")


def walk(automaton: Automaton, start: Position, random: Random) -> list[Element]:
    """One way through a template, at random."""
    said: list[Element] = []
    position = start
    while True:
        steps = automaton.steps(position)
        choices: list[tuple[Element, Position]] = [
            (said_next, target) for said_next, targets in steps.pairs() for target in targets
        ]
        if not choices or (steps.ends and random.random() < 1 / (1 + len(choices))):
            return said
        element, position = random.choice(choices)
        said.append(element)


def joined(words: Sequence[str]) -> str:
    """Words as a sentence: apostrophes, slashes and percent signs stand where they are written."""
    text = ""
    tight = True
    for word in words:
        text += word if tight or word in _TIGHT_BEFORE else f" {word}"
        tight = word in _TIGHT_AFTER
    return text


class Sampler:
    """Fills templates with the names of a home and the values of lists."""

    def __init__(
        self, language: str, matcher: ListMatcher, wildcards: Mapping[str, Sequence[str]], random: Random
    ) -> None:
        self._language = language
        self._matcher = matcher
        self._wildcards = wildcards
        self._random = random
        self._ways: dict[Values, list[tuple[tuple[str, ...], Candidate]]] = {}

    def sentence(self, automaton: Automaton, start: Position, template: Template) -> str | None:
        """A random sentence of a template; None where one of its lists has nothing to say."""
        words: list[str] = []
        for element in walk(automaton, start, self._random):
            said = (element,) if isinstance(element, str) else self._value(element, template.block)
            if said is None:
                return None
            words += said
        return joined(words)

    def _value(self, symbol: Symbol, block: Block) -> Sequence[str] | None:
        source = symbol.source
        if isinstance(source, WildcardList):
            texts = self._wildcards.get(source.name)
            return words_of(self._random.choice(texts)) if texts else None
        if isinstance(source, RangeList):
            return self._number(source)
        values = symbol.values
        if values not in self._ways:
            self._ways[values] = list(self._matcher.ways(values))
        allowed = [way for way in self._ways[values] if fits(way[1], block)]
        if not allowed:
            return None
        words, candidate = self._random.choice(allowed)
        # A name is written as the home writes it, where that is what its words say.
        written = isinstance(source, HomeList) and words == words_of(candidate.spoken)
        return (candidate.spoken,) if written else words

    def _number(self, source: RangeList) -> Sequence[str]:
        whole = self._random.randrange(source.start, source.stop + 1, source.step)
        number = whole + self._random.choice((0, *source.fractions))
        said = list(spell(self._language, number)) if source.words else []
        if source.digits:
            said.append((format(number, "g"),))
        return self._random.choice(said)
