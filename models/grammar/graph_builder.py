"""From templates to a graph of spoken words.

1. All templates become one deterministic graph whose arcs are words and lists (the subset construction); a
   list stands there once for each set of its values that the templates' conditions leave.
2. Equal ends become one (the graph has no cycles, so this is its minimal form).
3. Each list becomes a small minimal graph of its own. All arcs with the same list to the same state share one
   copy, because a copy has one way out.
4. What is written becomes what is said: numbers and symbols in words, "what", "'" and "s" one word.
"""

from collections.abc import Iterable, Sequence

from paige.models.grammar.automaton import Automaton, Position, Values
from paige.models.grammar.graph import Arc, WordGraph
from paige.models.grammar.lists import AREA, FLOOR, NAME, HomeList, ListSource, RangeList, WildcardList
from paige.models.grammar.matching import Candidate, ListMatcher
from paige.models.grammar.nodes import lists_in
from paige.models.grammar.numbers import Trie, spell, spoken
from paige.models.grammar.ranking import fits
from paige.models.grammar.sentences import Block, Sentences, Template
from paige.models.grammar.tokens import is_apostrophe, is_number, is_symbol, number_of, words_of

_Words = tuple[str, ...]
_Values = frozenset[_Words]
"""What may be said for a list."""
_Label = str | _Values
_Arcs = dict[_Label, int]


def word_graph(sentences: Sentences, matcher: ListMatcher, here: str | None) -> WordGraph:
    """The sentences of a language as they are spoken, wildcards as what their lists name for that."""
    spelling = Spelling(sentences.language)
    nodes, start, accepting = _minimal(*_templates_graph(sentences, matcher, here))
    graph = _Graph()
    states = {node: graph.state() for node in nodes}
    final, first, last = graph.state(), graph.state(), graph.state()
    for node, arcs in nodes.items():
        for label, target in arcs.items():
            if isinstance(label, str):
                for words in spelling.said((label,)):
                    graph.chain(states[node], states[target], words)
            else:
                graph.values(states[node], states[target], label, spelling)
        if node in accepting:
            graph.add(states[node], final, None)
    graph.add(first, states[start], None)
    graph.add(final, last, None)
    for words in _fillers(sentences.fillers):
        graph.chain(first, states[start], words)
        graph.chain(final, last, words)
    graph.join_apostrophes()
    return graph.finished(first, last)


class Spelling:
    """How what is written in a template or name is said."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._symbols = spoken(language.split("-")[0]).symbols

    def said(self, words: _Words) -> list[_Words]:
        """Ways to say some tokens; none where one of them cannot be said."""
        ways: list[_Words] = [()]
        for word in words:
            ways = [way + more for way in ways for more in self._word(word)]
        return ways

    def _word(self, word: str) -> Sequence[_Words]:
        if is_number(word):
            return spell(self._language, number_of(word))
        if is_symbol(word):
            return [tuple(self._symbols[word].split())] if word in self._symbols else []
        return [(word,)]


def _templates_graph(
    sentences: Sentences, matcher: ListMatcher, here: str | None
) -> tuple[dict[int, _Arcs], int, set[int]]:
    """All templates as one deterministic graph of words and lists: its nodes, start and ends."""
    automaton = sentences.automaton
    blocks = [template.block for template in sentences.templates]
    values = _ListValues(matcher, blocks)
    numbers: dict[frozenset[int], int] = {}
    nodes: dict[int, _Arcs] = {}
    accepting: set[int] = set()

    def node(positions: Iterable[Position]) -> int:
        distinct = {position.number: position for position in positions}
        key = frozenset(distinct)
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = len(numbers)
            todo.append((number, list(distinct.values())))
        return number

    todo: list[tuple[int, list[Position]]] = []
    start = node(
        position
        for position, template in zip(automaton.starts, sentences.templates, strict=True)
        if values.can_hold(template, here)
    )
    while todo:
        number, positions = todo.pop()
        labels, ends = _next(automaton, positions, values)
        nodes[number] = {label: node(targets) for label, targets in labels.items()}
        if ends:
            accepting.add(number)
    return nodes, start, accepting


def _next(
    automaton: Automaton, positions: Iterable[Position], values: "_ListValues"
) -> tuple[dict[_Label, list[Position]], bool]:
    labels: dict[_Label, list[Position]] = {}
    ends = False
    for position in positions:
        steps = automaton.steps(position)
        ends = ends or steps.ends
        for word, targets in steps.words.items():
            labels.setdefault(word, []).extend(targets)
        for symbol, targets in steps.lists.items():
            said = values.of(symbol.values, position.template)
            if said:
                labels.setdefault(said, []).extend(targets)
    return labels, ends


class _ListValues:
    """What can be said for each use of a list, under the conditions of its template."""

    def __init__(self, matcher: ListMatcher, blocks: Sequence[Block]) -> None:
        self._matcher = matcher
        self._blocks = blocks
        self._ways: dict[Values, list[tuple[_Words, Candidate]]] = {}
        self._known: dict[tuple[Values, Block], _Values] = {}
        self._same: dict[_Values, _Values] = {}
        self._keys: dict[ListSource, set[str]] = {}

    def can_hold(self, template: Template, here: str | None) -> bool:
        """Whether a template's conditions can be met: by the speaker's area, or by what its lists know."""
        known = {AREA} if here is not None else set()
        for source in lists_in(template.node):
            known |= self._context_keys(source)
        return all(requirement.key in known for requirement in template.block.requires)

    def _context_keys(self, source: ListSource) -> set[str]:
        if source not in self._keys:
            ways = () if isinstance(source, RangeList) else self._matcher.ways(Values(source))
            keys = {key for _, candidate in ways for key in candidate.context}
            self._keys[source] = keys - {AREA, FLOOR}
        return self._keys[source]

    def of(self, values: Values, template: int) -> _Values:
        """What may be said where a template uses a list."""
        block = self._blocks[template]
        key = (values, block)
        found = self._known.get(key)
        if found is None:
            found = frozenset(self._said(values, block))
            found = self._known[key] = self._same.setdefault(found, found)
        return found

    def _said(self, values: Values, block: Block) -> Iterable[_Words]:
        if isinstance(values.source, WildcardList):
            return [words_of(phrase) for phrase in values.source.spoken]
        if isinstance(values.source, RangeList):
            return _paths(self._matcher.trie(values.source))
        if values not in self._ways:
            self._ways[values] = list(self._matcher.ways(values))
        named = values.source == HomeList(NAME)
        needed = {requirement.key for requirement in block.requires} - {AREA} if named else set()
        return (
            words
            for words, candidate in self._ways[values]
            if fits(candidate, block) and needed <= candidate.context.keys()
        )


def _paths(trie: Trie) -> Iterable[_Words]:
    for word, deeper in trie.items():
        if word:
            for rest in _paths(deeper):
                yield (word, *rest)
        else:
            yield ()


def _fillers(trie: Trie) -> list[_Words]:
    return list(_paths(trie))


def _minimal(
    nodes: dict[int, _Arcs], start: int, accepting: set[int]
) -> tuple[dict[int, _Arcs], int, set[int]]:
    """The same graph with equal ends merged, and without nodes from which there is no end."""
    same: dict[tuple[bool, frozenset[tuple[_Label, int]]], int] = {}
    merged: dict[int, int | None] = {}
    kept: dict[int, _Arcs] = {}
    for number in _ends_first(nodes, start):
        arcs = {label: merged[target] for label, target in nodes[number].items()}
        alive = {label: target for label, target in arcs.items() if target is not None}
        if not alive and number not in accepting:
            merged[number] = None
            continue
        twin = same.setdefault((number in accepting, frozenset(alive.items())), number)
        merged[number] = twin
        kept.setdefault(twin, alive)
    begin = merged[start]
    if begin is None:
        return {start: {}}, start, set()
    return kept, begin, {number for number in kept if number in accepting}


def _ends_first(nodes: dict[int, _Arcs], start: int) -> list[int]:
    order: list[int] = []
    seen = {start}
    path = [(start, iter(nodes[start].values()))]
    while path:
        number, targets = path[-1]
        target = next(targets, None)
        if target is None:
            path.pop()
            order.append(number)
        elif target not in seen:
            seen.add(target)
            path.append((target, iter(nodes[target].values())))
    return order


class _Graph:
    """A word graph while it grows."""

    def __init__(self) -> None:
        self._count = 0
        self._arcs: dict[tuple[int, int, str | None], None] = {}
        self._entries: dict[tuple[_Values, int], int] = {}
        self._minimal: dict[_Values, tuple[dict[int, _Arcs], int, set[int]]] = {}

    def state(self) -> int:
        """A new state."""
        self._count += 1
        return self._count - 1

    def add(self, source: int, target: int, word: str | None) -> None:
        """An arc, once."""
        self._arcs[source, target, word] = None

    def chain(self, source: int, target: int, words: _Words) -> None:
        """Arcs for some words, one after the other."""
        for word in words[:-1]:
            between = self.state()
            self.add(source, between, word)
            source = between
        self.add(source, target, words[-1] if words else None)

    def values(self, source: int, target: int, values: _Values, spelling: Spelling) -> None:
        """A list's values between two states."""
        key = (values, target)
        if key not in self._entries:
            entry = self._entries[key] = self.state()
            if values not in self._minimal:
                said = (way for words in sorted(values) for way in spelling.said(words))
                self._minimal[values] = _minimal(*_trie_graph(said))
            nodes, start, accepting = self._minimal[values]
            states = {node: self.state() for node in nodes} | {start: entry}
            for node, arcs in nodes.items():
                for word, next_node in arcs.items():
                    assert isinstance(word, str)
                    self.add(states[node], states[next_node], word)
                if node in accepting:
                    self.add(states[node], target, None)
        self.add(source, self._entries[key], None)

    def join_apostrophes(self) -> None:
        """Make "what", "'" and "s" one word, as it is said."""
        joints = [(source, target) for source, target, word in self._arcs if word and is_apostrophe(word)]
        if not joints:
            return
        into: dict[int, list[tuple[int, str | None]]] = {}
        out: dict[int, list[tuple[int, str | None]]] = {}
        for source, target, word in self._arcs:
            into.setdefault(target, []).append((source, word))
            out.setdefault(source, []).append((target, word))
        for left, right in joints:
            for source, before in _words_at(into, left):
                for target, after in _words_at(out, right):
                    self.add(source, target, f"{before}'{after}")
            self._arcs.pop((left, right, "'"))

    def finished(self, start: int, final: int) -> WordGraph:
        """The graph without what cannot be reached, its states numbered in the order they are met."""
        arcs = list(self._arcs)
        useful = _reached(start, [(a, b) for a, b, _ in arcs]) & _reached(final, [(b, a) for a, b, _ in arcs])
        useful |= {start, final}
        arcs = [arc for arc in arcs if arc[0] in useful and arc[1] in useful]
        number = {state: at for at, state in enumerate(sorted(useful))}
        leaving: dict[int, int] = {}
        for source, _, _ in arcs:
            leaving[source] = leaving.get(source, 0) + 1
        return WordGraph(
            len(number),
            number[start],
            number[final],
            tuple(Arc(number[a], number[b], word, 1 / leaving[a]) for a, b, word in sorted(arcs, key=_order)),
        )


def _order(arc: tuple[int, int, str | None]) -> tuple[int, int, str]:
    return arc[0], arc[1], arc[2] or ""


def _words_at(arcs: dict[int, list[tuple[int, str | None]]], state: int) -> list[tuple[int, str]]:
    """The arcs with words beside a state, through those that say nothing."""
    found, seen, todo = [], {state}, [state]
    while todo:
        for other, word in arcs.get(todo.pop(), ()):
            if word is not None:
                if not is_apostrophe(word):
                    found.append((other, word))
            elif other not in seen:
                seen.add(other)
                todo.append(other)
    return found


def _trie_graph(ways: Iterable[_Words]) -> tuple[dict[int, _Arcs], int, set[int]]:
    nodes: dict[int, _Arcs] = {0: {}}
    accepting = set()
    for words in ways:
        at = 0
        for word in words:
            if word not in nodes[at]:
                nodes[at][word] = len(nodes)
                nodes[len(nodes)] = {}
            at = nodes[at][word]
        accepting.add(at)
    return nodes, 0, accepting


def _reached(start: int, arcs: Iterable[tuple[int, int]]) -> set[int]:
    out: dict[int, list[int]] = {}
    for source, target in arcs:
        out.setdefault(source, []).append(target)
    seen, todo = {start}, [start]
    while todo:
        for target in out.get(todo.pop(), ()):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen
