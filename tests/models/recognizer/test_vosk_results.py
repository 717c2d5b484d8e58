"""What Vosk says becomes sentences of the language, or none."""

import json
from pathlib import Path

import pytest
from tests.models.recognizer.test_pocketsphinx import language

from paige.models.grammar.graph import Arc, Arcs, WordGraph
from paige.models.recognizer.sentence_pairs import pairs
from paige.models.recognizer.vosk import grammar
from paige.models.recognizer.vosk_results import transcript, ways

GRAPH = WordGraph(
    4, 0, 3, Arcs((Arc(0, 1, "lights"), Arc(1, 2, "on", 0.5), Arc(1, 2, "off", 0.5), Arc(2, 3, None)))
)


def result(*found: tuple[str, float]) -> str:
    """As Vosk 0.3.45 writes it with SetMaxAlternatives and SetWords: a word each second."""
    return json.dumps(
        {
            "alternatives": [
                {
                    "confidence": likelihood,
                    "result": [
                        {"start": 10.0 + at, "end": 11.0 + at, "word": word}
                        for at, word in enumerate(text.split())
                    ],
                    "text": text,
                }
                for text, likelihood in found
            ]
        }
    )


def test_the_grammar_is_word_pairs_words_and_unknown() -> None:
    assert json.loads(grammar(GRAPH)) == ["lights", "lights off", "lights on", "off", "on", "[unk]"]


def test_the_pairs_are_those_of_the_language(tmp_path: Path) -> None:
    graph = language(
        tmp_path, "turn (on|off) [all] [the] [{room}] lights", lists={"room": ["hall", "dining room"]}
    )
    found = pairs(graph.word_graph())
    inside = {f"{word} {follower}" for word, followers in found.items() for follower in followers}
    expected = {*graph.word_graph().words, *(pair for pair in inside if "<" not in pair)}
    assert {*json.loads(grammar(graph.word_graph()))} == expected | {"[unk]"}


def test_the_likeliest_sentence_has_times_from_its_beginning_and_the_others_beside_it() -> None:
    heard = transcript(ways(result(("lights off", 5.0), ("lights on", 4.0)), begin=10.0), GRAPH, 2.5)
    assert (heard.text, heard.seconds) == ("lights off", 2.5)
    assert heard.confidence == pytest.approx((1 + 0.731) / 2, abs=1e-3)
    assert [(word.start, word.end) for word in heard.words] == [(0.0, 1.0), (1.0, 2.0)]
    assert [word.confidence for word in heard.words] == pytest.approx([1.0, 0.731], abs=1e-3)
    (other,) = heard.others
    assert (other.text, other.others) == ("lights on", ())
    assert other.words[1].confidence == pytest.approx(0.269, abs=1e-3)


def test_a_sentence_is_heard_though_words_in_another_order_are_likelier() -> None:
    heard = transcript(ways(result(("lights off lights", 6.0), ("lights off", 5.0)), 10.0), GRAPH, 2.5)
    assert heard.text == "lights off"
    assert heard.confidence == pytest.approx(1.0)
    unsure = transcript(ways(result(("lights lights", 6.0), ("lights off", 5.0)), 10.0), GRAPH, 2.5)
    assert unsure.words[1].confidence == pytest.approx(0.269, abs=1e-3)
    assert unsure.confidence < 0.7


@pytest.mark.parametrize(
    "found",
    [
        [],
        [("", 1.0)],
        [("[unk]", 5.0)],
        [("lights lights", 5.0)],
        [("lights [unk]", 5.0), ("lights off", 4.0)],
        [("", 5.0), ("lights off", 4.0)],
    ],
)
def test_where_something_else_is_likelier_nothing_was_said(found: list[tuple[str, float]]) -> None:
    heard = transcript(ways(result(*found), 10.0), GRAPH, 1.0)
    assert heard.empty
    assert heard.confidence < 0.5


def test_a_result_without_alternatives_is_nothing() -> None:
    assert transcript(ways('{"text": ""}', 0.0), GRAPH, 1.0).empty
