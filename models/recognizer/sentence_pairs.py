"""A language of sentences reduced to which word may follow which: coarse, but quick to search.

The exact graph of a home's language has some ten thousand arcs, and a recognizer that searches all of it
needs hundreds of megabytes and a quarter of the board. Word pairs find, in a tenth of that, which words may
have been said at all; `only` then leaves the sentences that are made of those, to be searched exactly.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

from paige.models.grammar.graph import Arc, Arcs, WordGraph

_BEGIN, _END = "<s>", "</s>"
_HELD_BACK = 0.05
"""Share of a word's followers that is left to words that never follow it."""
_EVEN = 0.5
"""Share that all followers get alike, so that rare names are not lost among frequent words."""

Pairs = dict[str, dict[str, float]]


def pairs(graph: WordGraph) -> Pairs:
    """How often each word follows another, in sentences drawn by the graph's weights."""
    # What was said last on the way to a state, and how probable that way is.
    heads: defaultdict[int, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    heads[graph.start][_BEGIN] = 1.0
    counts: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for state, arcs in groupby(graph.arcs, key=lambda arc: arc.source):
        last: Mapping[str, float] = heads.pop(state, {})
        whole = sum(last.values())
        for _, target, said, weight in arcs:
            head = heads[target]
            if said is None:
                for word, share in last.items():
                    head[word] += share * weight
            else:
                head[said] += whole * weight
                for word, share in last.items():
                    counts[word][said] += share * weight
    for word, share in heads[graph.final].items():
        counts[word][_END] += share
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
    reached, ending = {graph.start}, {graph.final}
    said = []
    for arc in graph.arcs.saying(words):
        if arc.source in reached:
            reached.add(arc.target)
            said.append(arc)
    kept = []
    for arc in reversed(said):
        if arc.target in ending:
            ending.add(arc.source)
            kept.append(arc)
    if graph.start not in ending:
        return None
    if len(kept) == len(graph.arcs):
        return graph
    number = {state: index for index, state in enumerate(sorted(ending))}
    return WordGraph(
        states=len(number),
        start=number[graph.start],
        final=number[graph.final],
        arcs=Arcs(
            Arc(number[arc.source], number[arc.target], arc.word, arc.weight) for arc in reversed(kept)
        ),
    )


def accepts(graph: WordGraph, words: Sequence[str]) -> bool:
    """Whether the words are a sentence of the graph."""
    # How many of the words may have been said on the way to a state.
    counts: defaultdict[int, set[int]] = defaultdict(set)
    counts[graph.start].add(0)
    for arc in graph.arcs:
        before = counts.get(arc.source)
        if before and arc.word is None:
            counts[arc.target] |= before
        elif before:
            after = {count + 1 for count in before if count < len(words) and words[count] == arc.word}
            if after:
                counts[arc.target] |= after
    return len(words) in counts[graph.final]


def _back_off(followers: dict[str, float], alone: dict[str, float]) -> float:
    if not followers:
        return 0.0
    elsewhere = 1.0 - sum(alone[word] for word in followers)
    return math.log10(_HELD_BACK / max(elsewhere, 1e-3))
