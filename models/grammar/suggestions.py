"""What would have been understood, for a sentence that was not.

Unknown words are first taken for the known ones that are spelled most like them. Then a beam search goes
through the automaton along the sentence: it follows words and lists, and at a price leaves out a word of the
sentence, puts in one that a template needs, or takes part of a name for the name.
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from paige.models.grammar.automaton import Automaton, ListStep, State, Symbol, Values
from paige.models.grammar.known_words import KnownWords
from paige.models.grammar.lists import HomeList, RangeList, WildcardList
from paige.models.grammar.matching import ListMatcher
from paige.models.grammar.nodes import lists_in, words_in
from paige.models.grammar.sampling import joined
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import is_number

_MOST_WORDS = 20
"""Of a longer sentence the beginning decides."""
_BEAM = 16
"""Hypotheses that are followed from each word on."""
_LEAST_LIKE = 0.5
"""What is less similar would only confuse."""
_NAMES_A_WORD = 4
_SPELLINGS = 3
_UNKNOWN = "\x00"
"""Stands for a word like which there is none."""

# How like a word must be to one that may have been meant: an unknown word, and a known one ("of" for "off").
_LIKE_UNKNOWN, _LIKE_KNOWN = 0.7, 0.8

# Prices of what makes a sentence fit. Only their order matters: a misspelling is likelier than a word too
# many or too few, and that is likelier than a name that was not said at all.
_MISSPELLED = 0.3
_OTHER_WORD = 0.5
_MOVED = 0.4
_LEFT_OUT = 1.0
_PUT_IN = 0.9
_NAME_WORD = 0.7
_NAME_PUT_IN = 1.6

_Fit = tuple[int, str, float]
"""Words taken, what is said for them, and the price."""
_Spellings = tuple[tuple[str, float], ...]
"""Words that may have been meant, the likeliest first, and their prices."""


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    cost: float
    said: tuple[str, ...] = ()


_Beam = dict[State, _Hypothesis]


class Suggester:
    """Finds sentences near others, with one home's names."""

    def __init__(self, sentences: Sentences, matcher: ListMatcher) -> None:
        self.automaton: Automaton = sentences.automaton
        self.matcher = matcher
        self._by_word: dict[Values, dict[str, list[tuple[tuple[str, ...], str]]]] = {}
        words = {word for template in sentences.templates for word in words_in(template.node)}
        for source in {source for template in sentences.templates for source in lists_in(template.node)}:
            if not isinstance(source, RangeList | WildcardList):
                words.update(self.index(Values(source)))
        self._words = KnownWords(words)

    def near(self, words: Sequence[str]) -> list[tuple[float, str]]:
        """Sentences that look like one, most similar first, each with its similarity from 0 to 1."""
        words = words[:_MOST_WORDS]
        comparison = difflib.SequenceMatcher(None, "", joined(words), autojunk=False)
        found = []
        for said in _Search(self, [self._spellings(word) for word in words]).found():
            comparison.set_seq1(said.casefold())
            similarity = comparison.ratio()
            if similarity >= _LEAST_LIKE:
                found.append((similarity, said))
        return sorted(found, key=lambda one: (-one[0], one[1]))

    def _spellings(self, word: str) -> _Spellings:
        if is_number(word):
            return ((word, 0.0),)
        if word in self._words:
            others = self._words.near(word, _SPELLINGS - 1, _LIKE_KNOWN)
            return ((word, 0.0), *((other, _OTHER_WORD) for other in others))
        near = self._words.near(word, _SPELLINGS, _LIKE_UNKNOWN)
        return tuple((other, _MISSPELLED) for other in near) or ((_UNKNOWN, 0.0),)

    def index(self, values: Values) -> dict[str, list[tuple[tuple[str, ...], str]]]:
        """Word → the values that contain it: their words, and how they are written."""
        found = self._by_word.get(values)
        if found is None:
            found = self._by_word[values] = {}
            for words, candidate in self.matcher.ways(values):
                written = candidate.spoken if isinstance(values.source, HomeList) else joined(words)
                for word in words:
                    found.setdefault(word, []).append((words, written))
        return found


class _Search:
    """The beam search along one sentence."""

    def __init__(self, suggester: Suggester, spellings: Sequence[_Spellings]) -> None:
        self._suggester = suggester
        self._automaton = suggester.automaton
        self._spellings = spellings
        self._words = [choices[0][0] for choices in spellings]
        self._prices = [choices[0][1] for choices in spellings]
        self._count = len(spellings)
        self._known_fits: list[dict[Symbol, list[_Fit]]] = [{} for _ in spellings]
        self._beams: list[_Beam] = [{} for _ in range(self._count + 1)]

    def found(self) -> set[str]:
        """Sentences that the search ends with."""
        self._beams[0][self._automaton.start] = _Hypothesis(0.0)
        for at in range(self._count):
            self._beams[at] = beam = _cheapest(self._beams[at])
            self._put_in(beam, at)
            for state, hypothesis in beam.items():
                self._move_on(state, hypothesis, at)
        last = _cheapest(self._beams[self._count])
        for _ in range(2):
            self._put_in(last, self._count)
        return {joined(one.said) for state, one in last.items() if state.accepts}

    def _move_on(self, state: State, hypothesis: _Hypothesis, at: int) -> None:
        """Take the next word or name, or leave the word out."""
        cost, said = hypothesis.cost, hypothesis.said
        _better(self._beams[at + 1], state, cost + _LEFT_OUT, said)
        for word, price in self._spellings[at]:
            target = self._automaton.follow(state, word)
            if target is not None:
                _better(self._beams[at + 1], target, cost + price, (*said, word))
        for step in state.lists:
            for taken, name, price in self._fits(step.symbol, at):
                spelling = sum(self._prices[at : at + taken])
                target = self._automaton.enter(step)
                _better(self._beams[at + taken], target, cost + price + spelling, (*said, name))

    def _put_in(self, beam: _Beam, at: int) -> None:
        """Add hypotheses with one more word or name, where what follows then fits."""
        for state, hypothesis in list(beam.items()):
            for word in list(state.words):
                target = self._automaton.follow(state, word)
                if target is not None and self._goes_on(target, at):
                    # A word that is said somewhere else stands only in the wrong place.
                    price = _MOVED if word in self._words else _PUT_IN
                    _better(beam, target, hypothesis.cost + price, (*hypothesis.said, word))
            for step in state.lists:
                target = self._automaton.enter(step)
                name = self._any(step) if self._goes_on(target, at) else None
                if name is not None:
                    _better(beam, target, hypothesis.cost + _NAME_PUT_IN, (*hypothesis.said, name))

    def _goes_on(self, state: State, at: int) -> bool:
        if at == self._count:
            return bool(state.accepts)
        if any(word in state.words for word, _ in self._spellings[at]):
            return True
        known = self._known_fits[at]
        for step in state.lists:
            found = known.get(step.symbol)
            if found or (found is None and self._fits(step.symbol, at)):
                return True
        return False

    def _fits(self, symbol: Symbol, at: int) -> list[_Fit]:
        """What a list may stand for at a place of the sentence."""
        found = self._known_fits[at].get(symbol)
        if found is None:
            found = self._known_fits[at][symbol] = list(self._new_fits(symbol.values, at))
        return found

    def _new_fits(self, values: Values, at: int) -> Iterator[_Fit]:
        if isinstance(values.source, WildcardList) or self._words[at] == _UNKNOWN:
            return
        exact = self._suggester.matcher.matches(values, self._words, at)
        for end, candidates in exact:
            named = isinstance(values.source, HomeList)
            yield end - at, candidates[0].spoken if named else joined(self._words[at:end]), 0.0
        if not exact and not isinstance(values.source, RangeList):
            yield from self._partly(values, at)

    def _partly(self, values: Values, at: int) -> Iterator[_Fit]:
        for name, written in self._suggester.index(values).get(self._words[at], ())[:_NAMES_A_WORD]:
            end = at
            while end < self._count and self._words[end] in name:
                end += 1
            yield end - at, written, _NAME_WORD * max(1, len(name) - (end - at))

    def _any(self, step: ListStep) -> str | None:
        source = step.symbol.source
        if isinstance(source, RangeList):
            return str((source.start + source.stop) // 2)
        if isinstance(source, WildcardList):
            return None
        first = next(iter(self._suggester.index(step.symbol.values).values()), None)
        return first[0][1] if first else None


def _cheapest(beam: _Beam) -> _Beam:
    best = sorted(beam.items(), key=lambda item: (item[1].cost, len(item[1].said), item[1].said))
    return dict(best[:_BEAM])


def _better(beam: _Beam, state: State, cost: float, said: tuple[str, ...]) -> None:
    known = beam.get(state)
    if known is None or cost < known.cost:
        beam[state] = _Hypothesis(cost, said)
