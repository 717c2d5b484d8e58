"""From templates to a graph of spoken words.

1. All templates become one minimal automaton whose arcs are words and lists (see `compiler`); a list stands
   there once for each set of its values that the templates' conditions leave.
2. Each list becomes a small minimal graph of its own. All arcs with the same list to the same state share one
   copy, because a copy has one way out.
3. What is written becomes what is said: numbers and symbols in words, "what", "'" and "s" one word.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence

from paige.models.grammar.acyclic import Acyclic
from paige.models.grammar.automaton import Values
from paige.models.grammar.compiler import Compiler, Label, Said
from paige.models.grammar.graph import Arc, Arcs, WordGraph
from paige.models.grammar.lists import AREA, FLOOR, NAME, HomeList, ListSource, RangeList, WildcardList
from paige.models.grammar.matching import Candidate, ListMatcher
from paige.models.grammar.nodes import ListNode, Permutation, nodes_in
from paige.models.grammar.numbers import Trie, spell, spoken
from paige.models.grammar.ranking import fits
from paige.models.grammar.sentences import Block, Requirement, Sentences
from paige.models.grammar.tokens import Words, is_apostrophe, is_number, is_symbol, number_of, words_of


def word_graph(sentences: Sentences, matcher: ListMatcher, here: str | None) -> WordGraph:
    """The sentences of a language as they are spoken, wildcards as what their lists name for that."""
    _ready(sentences, matcher)
    spelling = Spelling(sentences.language)
    automaton: Acyclic[Label] = Acyclic()
    begin = _compiled(automaton, sentences, matcher, here)
    graph = _Graph(automaton, spelling)
    first, last = graph.state(), graph.state()
    final = graph.state()
    start = graph.copy(begin, final)
    graph.chain(first, start)
    graph.chain(final, last)
    for words in _paths(sentences.fillers):
        graph.chain(first, start, words)
        graph.chain(final, last, words)
    graph.join_apostrophes()
    return graph.finished(first, last)


def _ready(sentences: Sentences, matcher: ListMatcher) -> None:
    """Make first what will stay: among all that will not, it would keep the memory of that, 10 MB."""
    todo = list({node for template in sentences.templates for node in nodes_in(template.node)})
    seen = set(todo)
    while todo:
        node = todo.pop()
        if isinstance(node, ListNode):
            matcher.trie(node.source)
        elif isinstance(node, Permutation):
            new = {left for _, left in node.split()} - seen
            seen |= new
            todo += new


def _compiled(automaton: Acyclic[Label], sentences: Sentences, matcher: ListMatcher, here: str | None) -> int:
    """Where all templates begin whose conditions can be met."""
    compiler, known = Compiler(automaton), _KnownLists(matcher)
    under: dict[tuple[tuple[Requirement, ...], ...], _Conditions] = {}
    begins = []
    for template in sentences.templates:
        block = template.block
        if known.can_hold(block, compiler.lists_in(template.node), here):
            lists = under.setdefault((block.requires, block.excludes), _Conditions(known, block))
            begins.append(compiler.compile(template.node, lists, template.place))
    return automaton.union(begins)


class Spelling:
    """How what is written in a template or name is said."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._symbols = spoken(language.split("-")[0]).symbols
        self._known: dict[str, Sequence[Words]] = {}

    def said(self, words: Words) -> list[Words]:
        """Ways to say some tokens; none where one of them cannot be said."""
        ways: list[Words] = [()]
        for word in words:
            ways = [way + more for way in ways for more in self.word(word)]
        return ways

    def word(self, word: str) -> Sequence[Words]:
        """Ways to say a token."""
        if word not in self._known:
            self._known[word] = self._word(word)
        return self._known[word]

    def _word(self, word: str) -> Sequence[Words]:
        if is_number(word):
            return spell(self._language, number_of(word))
        if is_symbol(word):
            return [tuple(self._symbols[word].split())] if word in self._symbols else []
        return [(word,)]


class _KnownLists:
    """What is known of the lists of all templates."""

    def __init__(self, matcher: ListMatcher) -> None:
        self._matcher = matcher
        self._ways: dict[Values, list[tuple[Words, Candidate]]] = {}
        self._keys: dict[ListSource, frozenset[str]] = {}
        self._same: dict[Said, Said] = {}
        self._alike: dict[frozenset[tuple[ListSource, Said]], int] = {}

    def can_hold(self, block: Block, lists: Iterable[ListSource], here: str | None) -> bool:
        """Whether a template's conditions can be met: by the speaker's area, or by what its lists know."""
        wanted = {requirement.key for requirement in block.requires}
        if here is not None:
            wanted.discard(AREA)
        if not wanted:
            return True
        known = frozenset[str]().union(*map(self.keys, lists))
        return wanted <= known - {AREA, FLOOR}

    def keys(self, source: ListSource) -> frozenset[str]:
        """What is known of some of a list's values, such as their domain."""
        if source not in self._keys:
            contexts = (candidate.context for _, candidate in self.ways(Values(source)))
            self._keys[source] = frozenset(key for context in contexts for key in context)
        return self._keys[source]

    def ways(self, values: Values) -> list[tuple[Words, Candidate]]:
        """Each way to say each value of a list of words or names."""
        if values not in self._ways:
            self._ways[values] = list(self._matcher.ways(values))
        return self._ways[values]

    def numbers(self, source: RangeList) -> Iterator[Words]:
        """Each way to say each number of a range."""
        return _paths(self._matcher.trie(source))

    def same(self, said: Said) -> Said:
        """Always the same one for equal ones."""
        return self._same.setdefault(said, said)

    def number(self, lists: Iterable[tuple[ListSource, Said]]) -> int:
        """Always the same number for the same lists that can be said in the same way."""
        return self._alike.setdefault(frozenset(lists), len(self._alike))


class _Conditions:
    """What can be said for lists under the conditions of a block."""

    def __init__(self, known: _KnownLists, block: Block) -> None:
        self._known = known
        self._block = block
        self._said: dict[Values, Said] = {}
        self._alike: dict[frozenset[ListSource], int] = {}

    def said(self, values: Values) -> Said:
        """What may be said for a use of a list."""
        found = self._said.get(values)
        if found is None:
            found = self._said[values] = self._known.same(frozenset(self._ways(values)))
        return found

    def alike(self, lists: frozenset[ListSource]) -> Hashable:
        """The same under all conditions under which the same may be said for each of these lists."""
        found = self._alike.get(lists)
        if found is None:
            conditional = (one for one in lists if one == HomeList(NAME) or self._known.keys(one))
            found = self._known.number((one, self.said(Values(one))) for one in conditional)
            self._alike[lists] = found
        return found

    def _ways(self, values: Values) -> Iterable[Words]:
        if isinstance(values.source, WildcardList):
            return (words_of(phrase) for phrase in values.source.spoken)
        if isinstance(values.source, RangeList):
            return self._known.numbers(values.source)
        needed = set()
        if values.source == HomeList(NAME):
            needed = {requirement.key for requirement in self._block.requires} - {AREA}
        return (
            words
            for words, candidate in self._known.ways(values)
            if fits(candidate, self._block) and needed <= candidate.context.keys()
        )


def _paths(trie: Trie) -> Iterator[Words]:
    for word, deeper in trie.items():
        if word:
            for rest in _paths(deeper):
                yield (word, *rest)
        else:
            yield ()


_Arcs = list[tuple[int, str]]
"""States at the arcs' other ends, and words, or "" for steps that say nothing."""


class _Graph:
    """A word graph while it grows.

    Args:
        automaton: Of words and lists; gets what is said for lists, too.
        spelling: How words are said.
    """

    def __init__(self, automaton: Acyclic[Label], spelling: Spelling) -> None:
        self._automaton = automaton
        self._spelling = spelling
        self._leaving: list[_Arcs] = []
        self._entries: dict[tuple[Said, int], int] = {}
        self._begins: dict[Said, int] = {}

    def state(self) -> int:
        """A new state."""
        self._leaving.append([])
        return len(self._leaving) - 1

    def chain(self, source: int, target: int, words: Words = ()) -> None:
        """Arcs for some words, one after the other, or one for none."""
        for word in words[:-1]:
            between = self.state()
            self._leaving[source].append((between, word))
            source = between
        self._leaving[source].append((target, words[-1] if words else ""))

    def copy(self, begin: int, target: int) -> int:
        """What the automaton accepts from a state on, before `target`; gives the state where it begins."""
        states = {one: self.state() for one in self._automaton.below(begin)}
        for one, source in states.items():
            for label, after in self._automaton.arcs(one).items():
                if isinstance(label, str):
                    for words in self._spelling.word(label):
                        self.chain(source, states[after], words)
                else:
                    self.chain(source, self._entry(label, states[after]))
            if self._automaton.accepts(one):
                self.chain(source, target)
        return states[begin]

    def _entry(self, said: Said, target: int) -> int:
        """Where a list begins whose end is `target`."""
        key = (said, target)
        if key not in self._entries:
            if said not in self._begins:
                automaton = self._automaton
                ways = (way for words in sorted(said) for way in self._spelling.said(words))
                self._begins[said] = automaton.union(automaton.chain(way, automaton.end) for way in ways)
            self._entries[key] = self.copy(self._begins[said], target)
        return self._entries[key]

    def join_apostrophes(self) -> None:
        """Make "what", "'" and "s" one word, as it is said."""
        arriving: list[_Arcs] = [[] for _ in self._leaving]
        joints = []
        for source, arcs in enumerate(self._leaving):
            for target, word in arcs:
                arriving[target].append((source, word))
                if word and is_apostrophe(word):
                    joints.append((source, target, word))
        for left, right, apostrophe in joints:
            after = _words_at(self._leaving, right)
            for source, begun in _words_at(arriving, left):
                self._leaving[source] += [(target, f"{begun}{apostrophe}{end}") for target, end in after]
            self._leaving[left].remove((right, apostrophe))

    def finished(self, start: int, final: int) -> WordGraph:
        """The graph without what cannot be reached or leads nowhere."""
        states = self._onwards(start, final)
        number = {state: at for at, state in enumerate(states)}

        def arcs() -> Iterator[Arc]:
            for source, state in enumerate(states):
                onwards = {
                    (number[target], word) for target, word in self._leaving[state] if target in number
                }
                weight = 1 / max(1, len(onwards))
                yield from (Arc(source, target, word or None, weight) for target, word in sorted(onwards))

        return WordGraph(len(number), number[start], number[final], Arcs(arcs()))

    def _onwards(self, start: int, final: int) -> list[int]:
        """The states between the start and the final one, each before those it leads to."""
        useful, ended, seen = {start, final}, [final], {start, final}
        path = [(start, iter(self._leaving[start]))]
        while path:
            state, arcs = path[-1]
            for target, _ in arcs:
                if target not in seen:
                    seen.add(target)
                    path.append((target, iter(self._leaving[target])))
                    break
            else:
                path.pop()
                if state == start or any(target in useful for target, _ in self._leaving[state]):
                    useful.add(state)
                    ended.append(state)
        return ended[::-1]


def _words_at(arcs: list[_Arcs], state: int) -> _Arcs:
    """The arcs with words beside a state, through those that say nothing."""
    found, seen, todo = [], {state}, [state]
    while todo:
        for other, word in arcs[todo.pop()]:
            if word:
                if not is_apostrophe(word):
                    found.append((other, word))
            elif other not in seen:
                seen.add(other)
                todo.append(other)
    return found
