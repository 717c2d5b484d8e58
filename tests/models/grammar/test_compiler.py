"""The word graph says what the parser reads: its states are made another way, but mean the same."""

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from paige.models.errors import SentencesInvalid
from paige.models.grammar.automaton import Position
from paige.models.grammar.graph import WordGraph
from paige.models.grammar.language import Language
from paige.models.grammar.lists import NAME, HomeList, WildcardList
from paige.models.grammar.nodes import Choice, Gap, ListNode, Sequence, Text, lists_in, nodes_in
from paige.models.grammar.reader import Reader
from paige.models.vocabulary import Name, Vocabulary

Make = Callable[..., Language]

HOME = Vocabulary(
    entities=(Name("lamp", "Lamp", {"domain": "light"}), Name("old lamp", "Old", {"domain": "switch"})),
    areas=(Name("hall", "Hall"), Name("big room", "Big")),
)
LISTS = {
    "colour": {"values": ["red", "dark red"]},
    "any": {"wildcard": True},
    "some": {"wildcard": True, "spoken": ["song", "the news"]},
}
RULES = {"the": "[the|my]", "place": "in <the> {area}[s]", "end": "[s|es]", "now": "[ now| right now]"}
ATOMS = st.sampled_from(
    ["on", "off", "a", " on", "off ", " a ", " ", "<the>", "<place>", "<end>", "<now>"]
    + [f"{{{name}}}" for name in ("name", "area", "colour", "any", "some")]
)
TEMPLATES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: f"({'|'.join(some)})"),
        st.lists(inner, min_size=1, max_size=2).map(lambda some: f"[{'|'.join(some)}]"),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: f"({';'.join(some)})"),
    ),
    max_leaves=7,
)
BLOCKS = st.lists(
    st.tuples(st.lists(TEMPLATES, min_size=1, max_size=3), st.sampled_from([None, "light", "switch", "fan"])),
    min_size=1,
    max_size=3,
)


def language_of(blocks: list[tuple[list[str], str | None]]) -> Language:
    reader = Reader("en")
    data = [
        {"sentences": templates} | ({"requires_context": {"domain": domain}} if domain else {})
        for templates, domain in blocks
    ]
    content = {
        "language": "en",
        "intents": {"Test": {"data": data}},
        "lists": LISTS,
        "expansion_rules": RULES,
    }
    reader.add_text(json.dumps(content), "test", custom=False)
    try:
        return Language(reader.sentences(), HOME)
    except SentencesInvalid:  # of nothing but spaces, hassil makes no template
        reject()


def read(language: Language) -> set[str]:
    """Every sentence, by the automaton that the parser follows."""
    starts, templates = language.sentences.automaton.starts, language.sentences.templates
    found: set[str] = set()
    for start, template in zip(starts, templates, strict=True):
        domains = next((requirement.allowed for requirement in template.block.requires), None)
        if domains is None or HomeList(NAME) in lists_in(template.node):
            found |= {" ".join(words) for words in ways(language, start, domains)}
    return found


def ways(language: Language, at: Position, domains: frozenset[str] | None) -> Iterator[tuple[str, ...]]:
    steps = language.sentences.automaton.steps(at)
    if steps.ends:
        yield ()
    nexts: list[tuple[tuple[str, ...], tuple[Position, ...]]]
    nexts = []
    for symbol, to in steps.pairs():
        if isinstance(symbol, str):
            nexts.append(((symbol,), to))
            continue
        if isinstance(symbol.source, WildcardList):
            nexts += [(tuple(phrase.split()), to) for phrase in symbol.source.spoken]
            continue
        for words, candidate in language.matcher.ways(symbol.values):
            if domains is None or candidate.context.get("domain", *domains) in domains:
                nexts.append((words, to))
    for words, targets in nexts:
        for target in targets:
            yield from ((*words, *rest) for rest in ways(language, target, domains))


def heard(graph: WordGraph) -> set[str]:
    """Every sentence of the graph, in one pass over it."""
    begun: dict[int, set[tuple[str, ...]]] = {graph.start: {()}}
    for arc in graph.arcs:
        said = () if arc.word is None else (arc.word,)
        begun.setdefault(arc.target, set()).update((*words, *said) for words in begun[arc.source])
    return {" ".join(words) for words in begun.get(graph.final, ())}


@settings(deadline=None, max_examples=300)
@given(BLOCKS)
def test_a_graph_says_what_the_parser_reads(blocks: list[tuple[list[str], str | None]]) -> None:
    language = language_of(blocks)
    assert heard(language.word_graph()) == read(language)


@settings(deadline=None, max_examples=50)
@given(BLOCKS)
def test_a_graph_goes_from_lower_states_to_higher_and_has_no_dead_ends(
    blocks: list[tuple[list[str], str | None]],
) -> None:
    graph = language_of(blocks).word_graph()
    assert [arc.source for arc in graph.arcs] == sorted(arc.source for arc in graph.arcs)
    assert all(arc.source < arc.target for arc in graph.arcs)
    if graph.arcs:
        assert {arc.target for arc in graph.arcs} == set(range(graph.states)) - {graph.start}
        assert {arc.source for arc in graph.arcs} == set(range(graph.states)) - {graph.final}


def test_what_can_be_said_in_too_many_ways_is_refused(templates: Make) -> None:
    with pytest.raises(SentencesInvalid, match="too many ways"):
        templates("(a|b)" * 20).word_graph()


def test_templates_that_repeat_each_other_share_their_nodes(templates: Make) -> None:
    first, second = templates("turn on [the|my] {name}", "turn off [the|my] {name}").sentences.templates
    shared = set(nodes_in(first.node)) & set(nodes_in(second.node))
    assert {type(node) for node in shared} == {Text, Gap, ListNode, Sequence, Choice}
