"""Word pairs: what may follow what, and the part of a language that given words can say."""

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.models.grammar.graph import Arc, Arcs, WordGraph
from paige.models.recognizer.sentence_pairs import accepts, arpa, only, pairs

LAMPS = WordGraph(
    states=5,
    start=0,
    final=4,
    arcs=Arcs(
        (
            Arc(0, 1, "turn"),
            Arc(1, 2, "on", 0.75),
            Arc(1, 2, "off", 0.25),
            Arc(2, 3, "the", 0.5),
            Arc(2, 3, None, 0.5),
            Arc(3, 4, "lamp", 0.9),
            Arc(3, 4, "light", 0.1),
        )
    ),
)


def sentences(graph: WordGraph, count: int, seed: int = 0) -> list[list[str]]:
    """Drawn by the graph's weights."""
    generator = random.Random(seed)
    drawn = []
    for _ in range(count):
        state, words = graph.start, list[str]()
        while state != graph.final:
            leaving = [arc for arc in graph.arcs if arc.source == state]
            [arc] = generator.choices(leaving, [arc.weight for arc in leaving])
            words += [arc.word] if arc.word else []
            state = arc.target
        drawn.append(words)
    return drawn


def test_pairs_are_counted_as_often_as_sentences_have_them() -> None:
    counts = pairs(LAMPS)
    assert counts["<s>"] == pytest.approx({"turn": 1.0})
    assert counts["turn"] == pytest.approx({"on": 0.75, "off": 0.25})
    assert counts["on"] == pytest.approx({"the": 0.375, "lamp": 0.3375, "light": 0.0375})
    assert counts["lamp"] == pytest.approx({"</s>": 0.9})


def test_pairs_agree_with_sentences_that_are_drawn() -> None:
    drawn = sentences(LAMPS, 4000)
    seen = [pair for words in drawn for pair in pairwise(["<s>", *words, "</s>"])]
    for word, followers in pairs(LAMPS).items():
        for follower, share in followers.items():
            assert seen.count((word, follower)) / len(drawn) == pytest.approx(share, abs=0.03)


def test_the_bigram_model_is_a_probability_after_every_word() -> None:
    singles: dict[str, tuple[float, float]] = {}
    doubles: dict[tuple[str, str], float] = {}
    for line in arpa(pairs(LAMPS)).splitlines():
        fields = line.split("\t")
        if len(fields) == 3:
            singles[fields[1]] = 10 ** float(fields[0]), 10 ** float(fields[2])
        elif len(fields) == 2:
            before, word = fields[1].split(" ")
            doubles[before, word] = 10 ** float(fields[0])
    words = [word for word in singles if word != "<s>"]
    for before, (_, back_off) in singles.items():
        if before == "</s>":
            continue
        total = sum(doubles.get((before, word), back_off * singles[word][0]) for word in words)
        assert math.isclose(total, 1.0, abs_tol=0.01), before


def test_only_the_sentences_of_given_words_are_left() -> None:
    graph = only(LAMPS, {"turn", "off", "the", "lamp"})
    assert graph is not None
    assert graph.words == {"turn", "off", "the", "lamp"}
    assert accepts(graph, ["turn", "off", "lamp"])
    assert not accepts(graph, ["turn", "on", "lamp"])


def test_where_the_words_make_no_sentence_nothing_is_left() -> None:
    assert only(LAMPS, {"turn", "the", "lamp"}) is None


@given(st.sets(st.sampled_from(sorted(LAMPS.words))))
def test_what_is_left_are_exactly_the_sentences_of_those_words(words: set[str]) -> None:
    graph = only(LAMPS, words)
    for sentence in sentences(LAMPS, 60):
        said = graph is not None and accepts(graph, sentence)
        assert said == (set(sentence) <= words)
