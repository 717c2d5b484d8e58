"""All that may be said for the values of word lists, which may be templates."""

from collections.abc import Iterator, Sequence

from paige.models.errors import SentencesInvalid
from paige.models.grammar.automaton import Automaton, Position
from paige.models.grammar.lists import TextValue
from paige.models.grammar.nodes import lists_in
from paige.models.grammar.template import Scope
from paige.models.grammar.tokens import Words, words_of

_MOST_WAYS = 10_000
"""A value that can be said in more ways than this is refused."""


def ways_to_say(value: TextValue, scope: Scope) -> Sequence[Words]:
    """All that may be said for a value of a list.

    Raises:
        SentencesInvalid: It is a template that cannot be read, uses another list, or says too much.
    """
    if not set(value.template) & set("(){}<>[]|\\"):
        words = words_of(value.template)
        return (words,) if words else ()
    node = scope.read(value.template, value.place)
    used = sorted(source.name for source in lists_in(node))
    if used:
        raise _invalid(value, f"uses the list {{{used[0]}}}; a value of a list can use no other list")
    automaton = Automaton([(node, value.place)])
    ways: set[Words] = set()
    for count, way in enumerate(_expansions(automaton, automaton.starts[0], ())):
        if count > _MOST_WAYS:
            raise _invalid(value, f"can be said in more than {_MOST_WAYS} ways")
        ways.add(way)
    return sorted(ways - {()})


def _invalid(value: TextValue, problem: str) -> SentencesInvalid:
    return SentencesInvalid(f"{value.place}: {value.template[:120]!r} {problem}")


def _expansions(automaton: Automaton, position: Position, said: Words) -> Iterator[Words]:
    steps = automaton.steps(position)
    if steps.ends:
        yield said
    for word, targets in steps.pairs():
        assert isinstance(word, str)  # a value uses no list
        for target in targets:
            yield from _expansions(automaton, target, (*said, word))
