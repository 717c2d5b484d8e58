"""What would have been understood, for a sentence that was not.

Unknown words are first taken for the known ones that are spelled most like them. Then a beam search goes
through the automaton along the sentence: it follows words and lists, and at a price leaves out a word of the
sentence, puts in one that a template needs, or takes part of a name for the name.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from paige.models.grammar.automaton import Automaton, ListStep, State, Values
from paige.models.grammar.lists import HomeList, RangeList, WildcardList
from paige.models.grammar.matching import ListMatcher
from paige.models.grammar.nodes import lists_in, words_in
from paige.models.grammar.sampling import joined
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import is_number

_MOST_WORDS = 20
"""Of a longer sentence the beginning decides."""
_BEAM = 24
"""Hypotheses that are followed from each word on."""
_LEAST_LIKE = 0.5
"""What is less similar would only confuse."""
_SPELLING = 0.7
"""How like an unknown word must be to a known one, from 0 to 1."""
_NAMES_A_WORD = 4
_UNKNOWN = "\x00"
"""Stands for a word like which there is none."""

# Prices of what makes a sentence fit. Only their order matters: a misspelling is likelier than a word too
# many or too few, and that is likelier than a name that was not said at all.
_MISSPELLED = 0.3
_LEFT_OUT = 1.0
_PUT_IN = 0.9
_MOVED = 0.4
_NAME_WORD = 0.7
_NAME_PUT_IN = 1.6

Fit = tuple[int, str, float]
"""Words taken, what is said for them, and the price."""
_Fits = dict[tuple[Values, int], list[Fit]]
"""What a list may stand for at a place, as far as it was asked for one sentence."""


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    cost: float
    said: tuple[str, ...] = ()


class Vocabulary:
    """Known words, found by how they are spelled."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(set(words))
        self._known = set(self._words)
        self._by_letters: dict[str, list[int]] = {}
        for number, word in enumerate(self._words):
            for letters in _pairs(word):
                self._by_letters.setdefault(letters, []).append(number)

    def closest(self, word: str) -> str | None:
        """The known word that is spelled most like a word; None where none is."""
        if word in self._known:
            return word
        shared: dict[int, int] = {}
        for letters in _pairs(word):
            for number in self._by_letters.get(letters, ()):
                shared[number] = shared.get(number, 0) + 1
        likely = sorted(shared, key=lambda number: (-shared[number] / (2 + len(self._words[number])), number))
        near = difflib.get_close_matches(word, [self._words[one] for one in likely[:12]], 1, _SPELLING)
        return near[0] if near else None


class Suggester:
    """Finds sentences near others, with one home's names."""

    def __init__(self, sentences: Sentences, matcher: ListMatcher) -> None:
        self._automaton: Automaton = sentences.automaton
        self._matcher = matcher
        sources = {source for template in sentences.templates for source in lists_in(template.node)}
        self._by_word: dict[Values, dict[str, list[tuple[tuple[str, ...], str]]]] = {}
        words = {word for template in sentences.templates for word in words_in(template.node)}
        for source in sources:
            if not isinstance(source, RangeList | WildcardList):
                words.update(self._index(Values(source)))
        self._words = Vocabulary(words)

    def near(self, words: Sequence[str]) -> list[tuple[float, str]]:
        """Sentences that look like one, most similar first, each with its similarity from 0 to 1."""
        words = words[:_MOST_WORDS]
        text = joined(words)
        matcher = difflib.SequenceMatcher(None, "", text, autojunk=False)
        found = []
        for said in self._found(words):
            matcher.set_seq1(said.casefold())
            similarity = matcher.ratio()
            if similarity >= _LEAST_LIKE:
                found.append((similarity, said))
        return sorted(found, key=lambda one: (-one[0], one[1]))

    def _found(self, given: Sequence[str]) -> set[str]:
        words = [word if is_number(word) else self._words.closest(word) or _UNKNOWN for word in given]
        count = len(words)
        prices = [0.0 if word == said else _MISSPELLED for word, said in zip(words, given, strict=True)]
        fits: _Fits = {}
        beams: list[dict[State, _Hypothesis]] = [{} for _ in range(count + 1)]
        beams[0][self._automaton.start] = _Hypothesis(0.0)
        for at in range(count):
            beams[at] = _cheapest(beams[at])
            self._put_in(beams[at], words, at, fits)
            for state, hypothesis in beams[at].items():
                _better(beams[at + 1], state, hypothesis.cost + _LEFT_OUT, hypothesis.said)
                target = self._automaton.follow(state, words[at])
                if target is not None:
                    said = (*hypothesis.said, words[at])
                    _better(beams[at + 1], target, hypothesis.cost + prices[at], said)
                for step in state.lists:
                    for taken, name, price in self._fits(step.symbol.values, words, at, fits):
                        said = (*hypothesis.said, name)
                        cost = hypothesis.cost + price + sum(prices[at : at + taken])
                        _better(beams[at + taken], self._automaton.enter(step), cost, said)
        last = _cheapest(beams[count])
        for _ in range(2):
            self._put_in(last, words, count, fits)
        return {joined(one.said) for state, one in last.items() if state.accepts}

    def _put_in(self, beam: dict[State, _Hypothesis], words: Sequence[str], at: int, fits: _Fits) -> None:
        """Add hypotheses with one more word or name, where what follows then fits."""
        for state, hypothesis in list(beam.items()):
            for word in list(state.words):
                target = self._automaton.follow(state, word)
                if target is not None and self._goes_on(target, words, at, fits):
                    # A word that is said somewhere else stands only in the wrong place.
                    price = _MOVED if word in words else _PUT_IN
                    _better(beam, target, hypothesis.cost + price, (*hypothesis.said, word))
            for step in state.lists:
                target = self._automaton.enter(step)
                if self._goes_on(target, words, at, fits):
                    name = self._any(step)
                    if name is not None:
                        _better(beam, target, hypothesis.cost + _NAME_PUT_IN, (*hypothesis.said, name))

    def _goes_on(self, state: State, words: Sequence[str], at: int, fits: _Fits) -> bool:
        if at == len(words):
            return bool(state.accepts)
        if words[at] in state.words:
            return True
        return any(self._fits(step.symbol.values, words, at, fits) for step in state.lists)

    def _fits(self, values: Values, words: Sequence[str], at: int, fits: _Fits) -> list[Fit]:
        """What a list may stand for at a place of the sentence."""
        key = (values, at)
        found = fits.get(key)
        if found is None:
            found = fits[key] = self._found_fits(values, words, at)
        return found

    def _found_fits(self, values: Values, words: Sequence[str], at: int) -> list[Fit]:
        if isinstance(values.source, WildcardList) or words[at] == _UNKNOWN:
            return []
        exact = []
        for end, candidates in self._matcher.matches(values, words, at):
            named = isinstance(values.source, HomeList)
            exact.append((end - at, candidates[0].spoken if named else joined(words[at:end]), 0.0))
        if exact or isinstance(values.source, RangeList):
            return exact
        return list(self._partly(values, words, at))

    def _partly(self, values: Values, words: Sequence[str], at: int) -> Iterator[Fit]:
        for name, written in self._index(values).get(words[at], ())[:_NAMES_A_WORD]:
            end = at
            while end < len(words) and words[end] in name:
                end += 1
            yield end - at, written, _NAME_WORD * max(1, len(name) - (end - at))

    def _any(self, step: ListStep) -> str | None:
        source = step.symbol.source
        if isinstance(source, RangeList):
            return str((source.start + source.stop) // 2)
        if isinstance(source, WildcardList):
            return None
        first = next(iter(self._index(step.symbol.values).values()), None)
        return first[0][1] if first else None

    def _index(self, values: Values) -> dict[str, list[tuple[tuple[str, ...], str]]]:
        """Word → the values that contain it."""
        found = self._by_word.get(values)
        if found is None:
            found = self._by_word[values] = {}
            for words, candidate in self._matcher.ways(values):
                written = candidate.spoken if isinstance(values.source, HomeList) else joined(words)
                for word in words:
                    found.setdefault(word, []).append((words, written))
        return found


def _cheapest(beam: dict[State, _Hypothesis]) -> dict[State, _Hypothesis]:
    best = sorted(beam.items(), key=lambda item: (item[1].cost, len(item[1].said), item[1].said))
    return dict(best[:_BEAM])


def _better(beam: dict[State, _Hypothesis], state: State, cost: float, said: tuple[str, ...]) -> None:
    known = beam.get(state)
    if known is None or cost < known.cost:
        beam[state] = _Hypothesis(cost, said)


def _pairs(word: str) -> set[str]:
    padded = f" {word} "
    return {padded[at : at + 2] for at in range(len(padded) - 1)}
