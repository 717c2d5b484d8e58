"""What a transducer says next is told right, whatever its shape."""

import struct
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from paige.tools.vosk.lookahead import Lookahead, Step
from paige.tools.vosk.phones import NAMES, NUMBERS, enter, in_word, sound, stay


@st.composite
def transducers(draw: st.DrawFn) -> tuple[list[list[Step]], frozenset[int]]:
    """States that may stay, lead on without a word, or anywhere with one."""
    count = draw(st.integers(1, 8))
    steps: list[list[Step]] = []
    for state in range(count):
        silent = st.tuples(st.just(0), st.integers(state, count - 1))
        saying = st.tuples(st.integers(1, 6), st.integers(0, count - 1))
        steps.append(draw(st.lists(st.one_of(silent, saying), max_size=4)))
    return steps, frozenset(draw(st.sets(st.integers(0, count - 1))))


def following(steps: Sequence[Sequence[Step]], final: frozenset[int], state: int) -> tuple[set[int], bool]:
    """The words that can come next, and whether it may end, by going there."""
    seen, to_do = {state}, [state]
    words: set[int] = set()
    while to_do:
        for word, target in steps[to_do.pop()]:
            if word:
                words.add(word)
            elif target not in seen:
                seen.add(target)
                to_do.append(target)
    return words, not seen.isdisjoint(final)


@given(transducers())
def test_what_can_come_next_is_what_a_walk_finds(made: tuple[list[list[Step]], frozenset[int]]) -> None:
    steps, final = made
    lookahead = Lookahead.of(steps, final)
    numbers = sorted([*lookahead.numbers.values(), *([lookahead.end] if final else [])])
    assert numbers == [*range(1, len(numbers) + 1)]
    for state, intervals in enumerate(lookahead.following):
        found = {number for first, after in intervals for number in range(first, after)}
        words, ends = following(steps, final, state)
        assert found == {lookahead.numbers[word] for word in words} | ({lookahead.end} if ends else set())


def test_words_of_a_tree_are_numbered_so_that_each_branch_is_one_interval() -> None:
    steps: list[list[Step]] = [[(0, 1), (0, 2)], [(7, 3), (5, 3)], [(6, 3), (9, 3)], [(0, 3)]]
    lookahead = Lookahead.of(steps, frozenset({3}))
    assert lookahead.following[:3] == (((1, 5),), ((1, 3),), ((3, 5),))
    assert lookahead.following[3] == ((lookahead.end, lookahead.end + 1),)


def test_a_file_keeps_its_transducer_and_says_which_side_looks_ahead() -> None:
    flags, states = 0, 1
    const = (
        struct.pack("<ii5si8si", 2125659606, 5, b"const", 8, b"standard", 2)
        + struct.pack("<iQqqq", flags, 3, 0, states, 0)
        + struct.pack("<fIIII", 0.0, 0, 0, 0, 0)
    )
    file = Lookahead({}, 1, (((1, 2),),)).convert(const)
    assert file[8:24] == b"olabel_lookahead"
    assert const in file
    nothing_heard, words, of_inputs, old_numbers = struct.unpack_from(
        "<????", file, file.index(const) + len(const) + 1
    )
    assert (nothing_heard, words, of_inputs, old_numbers) == (False, True, False, False)


def test_phones_of_a_word_know_where_they_stand() -> None:
    assert in_word(["AH"]) == ["AH_S"]
    assert in_word(["T", "UW"]) == ["T_B", "UW_E"]
    assert len({sound(name) for name in NAMES if name.startswith("AH_")}) == 1
    transitions = [transition(number) for number in NUMBERS.values() for transition in (stay, enter)]
    assert sorted(transitions) == [*range(1, 2 * len(NAMES) + 1)]
