"""A language of sentences reduced to which word may follow which: coarse, but quick to search.

The exact graph of a home's language has some ten thousand arcs, and a recognizer that searches all of it
needs hundreds of megabytes and a quarter of the board. Word pairs find, in a tenth of that, which words may
have been said at all; `only` then leaves the sentences that are made of those, to be searched exactly.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from paige.models.grammar.graph import Arc, WordGraph

_BEGIN, _END = "<s>", "</s>"
_HELD_BACK = 0.05
"""Share of a word's followers that is left to words that never follow it."""
_EVEN = 0.5
"""Share that all followers get alike, so that rare names are not lost among frequent words."""

Pairs = dict[str, dict[str, float]]


def pairs(graph: WordGraph) -> Pairs:
    """How often each word follows another, in sentences drawn by the graph's weights."""
    leaving = _leaving(graph)
    # What was said last on the way to a state, and how probable that way is.
    heads: defaultdict[int, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    heads[graph.start][_BEGIN] = 1.0
    counts: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for state in _in_order(graph, leaving):
        last = heads.pop(state, None)
        if last is None:
            continue
        if state == graph.final:
            for word, share in last.items():
                counts[word][_END] += share
        for arc in leaving[state]:
            for word, share in last.items():
                heads[arc.target][arc.word or word] += share * arc.weight
                if arc.word is not None:
                    counts[word][arc.word] += share * arc.weight
    return {word: dict(followers) for word, followers in counts.items()}


def arpa(counts: Pairs) -> str:
    """The pairs as a bigram language model in ARPA format, as Doug Paul's at Lincoln Laboratory defined it.

    Source of the back-off: S. Katz, "Estimation of Probabilities from Sparse Data", 1987.
    """
    single: defaultdict[str, float] = defaultdict(float)
    for followers in counts.values():
        for word, count in followers.items():
            single[word] += count
    total = sum(single.values())
    alone = {word: _EVEN / len(single) + (1 - _EVEN) * count / total for word, count in single.items()}
    lines = ["\\data\\", f"ngram 1={len(alone) + 1}", f"ngram 2={sum(map(len, counts.values()))}", ""]
    lines += ["\\1-grams:", f"-99\t{_BEGIN}\t{_back_off(counts[_BEGIN], alone):.4f}"]
    for word, probability in sorted(alone.items()):
        followers = counts.get(word, {})
        lines.append(f"{math.log10(probability):.4f}\t{word}\t{_back_off(followers, alone):.4f}")
    lines += ["", "\\2-grams:"]
    for word, followers in sorted(counts.items()):
        whole = sum(followers.values())
        for follower, count in sorted(followers.items()):
            share = (1 - _HELD_BACK) * (_EVEN / len(followers) + (1 - _EVEN) * count / whole)
            lines.append(f"{math.log10(share):.4f}\t{word} {follower}")
    return "\n".join([*lines, "", "\\end\\", ""])


def only(graph: WordGraph, words: Collection[str]) -> WordGraph | None:
    """The sentences of the graph that use no other words; None where there is none."""
    arcs = [arc for arc in graph.arcs if arc.word is None or arc.word in words]
    reached = _closure({graph.start}, ((arc.source, arc.target) for arc in arcs))
    arcs = [arc for arc in arcs if arc.source in reached]
    ending = _closure({graph.final}, ((arc.target, arc.source) for arc in arcs))
    if graph.start not in ending:
        return None
    number = {state: index for index, state in enumerate(sorted(reached & ending))}
    kept = (arc for arc in arcs if arc.source in number and arc.target in number)
    return WordGraph(
        states=len(number),
        start=number[graph.start],
        final=number[graph.final],
        arcs=tuple(Arc(number[arc.source], number[arc.target], arc.word, arc.weight) for arc in kept),
    )


def accepts(graph: WordGraph, words: Iterable[str]) -> bool:
    """Whether the words are a sentence of the graph."""
    silent = [(arc.source, arc.target) for arc in graph.arcs if arc.word is None]
    states = _closure({graph.start}, silent)
    for word in words:
        states = _closure(
            {arc.target for arc in graph.arcs if arc.word == word and arc.source in states}, silent
        )
    return graph.final in states


def _back_off(followers: dict[str, float], alone: dict[str, float]) -> float:
    if not followers:
        return 0.0
    elsewhere = 1.0 - sum(alone[word] for word in followers)
    return math.log10(_HELD_BACK / max(elsewhere, 1e-3))


def _leaving(graph: WordGraph) -> defaultdict[int, list[Arc]]:
    leaving: defaultdict[int, list[Arc]] = defaultdict(list)
    for arc in graph.arcs:
        leaving[arc.source].append(arc)
    return leaving


def _in_order(graph: WordGraph, leaving: defaultdict[int, list[Arc]]) -> list[int]:
    """States such that every arc leads onwards; a word graph has no cycles."""
    finished: list[int] = []
    seen = {graph.start}
    path: list[tuple[int, Iterator[Arc]]] = [(graph.start, iter(leaving[graph.start]))]
    while path:
        state, arcs = path[-1]
        arc = next(arcs, None)
        if arc is None:
            finished.append(state)
            path.pop()
        elif arc.target not in seen:
            seen.add(arc.target)
            path.append((arc.target, iter(leaving[arc.target])))
    return finished[::-1]


def _closure(origins: set[int], steps: Iterable[tuple[int, int]]) -> set[int]:
    onwards: defaultdict[int, list[int]] = defaultdict(list)
    for source, target in steps:
        onwards[source].append(target)
    reached, waiting = set(origins), list(origins)
    while waiting:
        for target in onwards[waiting.pop()]:
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
