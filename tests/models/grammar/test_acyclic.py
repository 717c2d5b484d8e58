from hypothesis import given
from hypothesis import strategies as st

from paige.models.grammar.acyclic import Acyclic

Text = tuple[str, ...]
TEXTS = st.frozensets(st.lists(st.sampled_from("abc"), max_size=4).map(tuple), max_size=8)


def automaton_of(*languages: frozenset[Text]) -> tuple[Acyclic[str], list[int]]:
    automaton: Acyclic[str] = Acyclic()
    return automaton, [
        automaton.union(automaton.chain(text, automaton.end) for text in sorted(language))
        for language in languages
    ]


def accepted(automaton: Acyclic[str], state: int) -> frozenset[Text]:
    found: set[Text] = {()} if automaton.accepts(state) else set()
    for label, target in automaton.arcs(state).items():
        found |= {(label, *text) for text in accepted(automaton, target)}
    return frozenset(found)


def residuals(language: frozenset[Text]) -> set[frozenset[Text]]:
    """What can still come, for each way to begin: a minimal automaton has a state for each."""
    begun = {text[:length] for text in language for length in range(len(text) + 1)} | {()}
    return {
        frozenset(text[len(begin) :] for text in language if text[: len(begin)] == begin) for begin in begun
    }


@given(TEXTS)
def test_a_union_of_chains_accepts_exactly_these_and_is_minimal(language: frozenset[Text]) -> None:
    automaton, [state] = automaton_of(language)
    assert accepted(automaton, state) == language
    assert len(automaton.below(state)) == len(residuals(language))


@given(TEXTS, TEXTS)
def test_a_union_accepts_what_either_accepts(one: frozenset[Text], other: frozenset[Text]) -> None:
    automaton, [first, second, both] = automaton_of(one, other, one | other)
    assert automaton.union([first, second]) == both
    assert automaton.union([first, second, automaton.nothing]) == both
    assert (first == second) == (one == other)


@given(TEXTS)
def test_each_state_comes_before_those_it_leads_to(language: frozenset[Text]) -> None:
    automaton, [state] = automaton_of(language)
    below = automaton.below(state)
    place = {one: at for at, one in enumerate(below)}
    assert below[0] == state
    assert all(place[one] < place[target] for one in below for target in automaton.arcs(one).values())


def test_sequences_may_be_longer_than_calls_may_be_nested() -> None:
    long = ("a",) * 5_000
    automaton, [state] = automaton_of(frozenset({(*long, "b"), (*long, "c")}))
    assert len(automaton.below(state)) == 5_002


def test_what_leads_nowhere_is_nothing() -> None:
    automaton: Acyclic[str] = Acyclic()
    assert automaton.chain("abc", automaton.nothing) == automaton.nothing
    assert automaton.joined({}) == automaton.union([]) == automaton.nothing
    assert automaton.joined({"a": [automaton.end, automaton.end]}) == automaton.chain("a", automaton.end)
