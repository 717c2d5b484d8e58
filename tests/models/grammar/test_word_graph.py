from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

import pytest

from paige.models.grammar.graph import Arc, WordGraph
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.vocabulary import Name, Vocabulary

Make = Callable[..., Language]


def leaving(graph: WordGraph) -> dict[int, list[Arc]]:
    out: dict[int, list[Arc]] = {}
    for arc in graph.arcs:
        out.setdefault(arc.source, []).append(arc)
    return out


def sentences(graph: WordGraph) -> set[str]:
    """Every sentence of a small graph."""
    out = leaving(graph)
    found: set[str] = set()
    todo: list[tuple[int, tuple[str, ...]]] = [(graph.start, ())]
    while todo:
        state, said = todo.pop()
        if state == graph.final:
            found.add(" ".join(said))
        for arc in out.get(state, ()):
            todo.append((arc.target, said if arc.word is None else (*said, arc.word)))
    return found


def says(graph: WordGraph, words: Iterable[str]) -> bool:
    out = leaving(graph)

    def silent(states: set[int]) -> set[int]:
        todo = list(states)
        while todo:
            new = {arc.target for arc in out.get(todo.pop(), ()) if arc.word is None} - states
            states |= new
            todo += new
        return states

    states = silent({graph.start})
    for word in words:
        states = silent({arc.target for state in states for arc in out.get(state, ()) if arc.word == word})
    return graph.final in states


def walk(graph: WordGraph, out: dict[int, list[Arc]], random: Random) -> str:
    words, state = [], graph.start
    while state != graph.final:
        arc = random.choice(out[state])
        state = arc.target
        if arc.word is not None:
            words.append(arc.word)
    return " ".join(words)


def test_every_sentence_is_a_path_and_every_path_a_sentence(templates: Make) -> None:
    graph = templates("turn (on|off) [the] lamp[s]", "turn it (up;now)").word_graph()
    assert sentences(graph) == {
        *(f"turn {state} {lamp}" for state in ("on", "off") for lamp in ("lamp", "lamps")),
        *(f"turn {state} the {lamp}" for state in ("on", "off") for lamp in ("lamp", "lamps")),
        "turn it up now",
        "turn it now up",
    }


def test_numbers_and_symbols_are_words_as_they_are_said(templates: Make) -> None:
    graph = templates("set {19..21:n}[%]", "channel 2", "warm {temperature}°", extra=TEMPERATURE).word_graph()
    assert sentences(graph) == {
        *("set nineteen", "set twenty", "set twenty one"),
        *("set nineteen percent", "set twenty percent", "set twenty one percent"),
        "channel two",
        *("warm five degrees", "warm five point five degrees", "warm five and a half degrees"),
    }


TEMPERATURE = "lists: {temperature: {range: {from: 5, to: 5, fractions: halves}}}"


def test_what_an_apostrophe_joins_is_one_word(templates: Make) -> None:
    vocabulary = Vocabulary(areas=(Name("kids' room", "Kids"), Name("Anna's place", "Anna")))
    graph = templates("what's [the] {area}['s] heat", vocabulary=vocabulary).word_graph()
    assert sentences(graph) == {
        f"what's {the}{place} heat"
        for the in ("", "the ")
        for place in ("kids room", "kids room's", "anna's place", "anna's place's")
    }


def test_only_names_that_fit_a_sentence_are_in_it(templates: Make) -> None:
    graph = templates("open {name}", block="        requires_context: {domain: cover}").word_graph()
    assert sentences(graph) == {"open curtain"}


def test_sentences_with_an_unknown_area_or_a_wildcard_are_left_out(templates: Make, home: Vocabulary) -> None:
    block = "        requires_context: {area: {slot: true}}"
    assert sentences(templates("lights on", block=block).word_graph()) == {"lights on"}
    nowhere = templates("lights on", block=block, vocabulary=replace(home, here=None)).word_graph()
    assert sentences(nowhere) == set()
    wild = templates("play {any}", "play [{any}] now", extra="lists: {any: {wildcard: true}}").word_graph()
    assert sentences(wild) == {"play now"}


def test_fillers_may_begin_and_end_a_sentence(templates: Make) -> None:
    graph = templates("lamp on", extra="skip_words: [please, can you]").word_graph()
    assert {"please lamp on", "lamp on please", "can you lamp on please", "lamp on"} <= sentences(graph)


def test_a_graph_has_one_way_in_one_way_out_and_no_dead_ends(packaged: Language) -> None:
    graph = packaged.word_graph()
    out = leaving(graph)
    assert {state for state in range(graph.states) if state not in out} == {graph.final}
    assert {arc.target for arc in graph.arcs} == set(range(graph.states)) - {graph.start}
    for arcs in out.values():
        assert sum(arc.weight for arc in arcs) == pytest.approx(1)
    assert all(word == word.casefold() and " " not in word for word in graph.words)
    assert graph == packaged.word_graph()


def test_whatever_a_recognizer_can_hear_is_understood(packaged: Language) -> None:
    graph = packaged.word_graph()
    out, random = leaving(graph), Random(5)
    heard = [walk(graph, out, random) for _ in range(300)]
    assert [text for text in heard if not isinstance(packaged.parse(text), Intent)] == []


def test_what_is_understood_in_words_can_be_heard(packaged: Language) -> None:
    graph = packaged.word_graph()
    texts = [intent.text.casefold() for intent in packaged.sample(300, seed=2)]
    spoken = [
        text for text in texts if not any(character.isdigit() or character in "%°" for character in text)
    ]
    assert len(spoken) > 150
    assert [text for text in spoken if not says(graph, text.split())] == []


def test_a_home_of_fifty_entities_gives_some_tens_of_thousands_of_arcs(
    packaged: Language,
) -> None:
    assert len(packaged.word_graph().arcs) < 60_000


@pytest.fixture(scope="module")
def packaged() -> Language:
    areas = ("Kitchen", "Bedroom", "Living Room", "Hallway", "Garage", "Office", "Bathroom")
    kinds = (
        "light",
        "switch",
        "cover",
        "fan",
        "lock",
        "media_player",
        "climate",
        "sensor",
        "scene",
        "vacuum",
    )
    entities = tuple(
        Name(f"{area} {kind}".replace("_", " "), f"{area} {kind}", {"domain": kind, "area": area})
        for area in areas
        for kind in kinds
    )[:50]
    places = tuple(Name(area, area) for area in areas)
    home = Vocabulary(entities, places, (Name("Upstairs", "Upstairs"),), here="Kitchen")
    return Language(Sentences.for_language("en"), home)
