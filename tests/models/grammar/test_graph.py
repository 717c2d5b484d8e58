"""A graph's steps are kept in little room and read as the tuples that they are."""

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from paige.models.grammar.graph import Arc, Arcs

HOME = Path(__file__).parents[3] / "tools/demo/home.yaml"
_GROWTH = """
import sys
from pathlib import Path
from paige.device.memory.kernel import Kernel
from paige.iot.home_file import load_home
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.heap import give_back_all

language = Language(Sentences.for_language("en"), load_home(Path(sys.argv[1])).vocabulary())
language.parse("turn on the kitchen lamp")
give_back_all()
before = Kernel().process().anonymous
language.word_graph()
give_back_all()
print(Kernel().process().anonymous - before)
"""

STEPS = st.builds(
    Arc,
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.one_of(st.none(), st.sampled_from(["turn", "on", "o'clock", "größe"])),
    st.floats(0, 1),
)


@given(st.lists(STEPS, max_size=30), st.sets(st.sampled_from(["turn", "größe", "nowhere"])))
def test_steps_are_read_as_they_were_given(steps: list[Arc], words: set[str]) -> None:
    arcs = Arcs(steps)
    assert list(arcs) == steps
    assert [arcs[at] for at in range(len(arcs))] == steps
    assert arcs[3:7] == tuple(steps[3:7])
    assert arcs == Arcs(iter(steps))
    assert all(isinstance(arc, Arc) for arc in (*arcs, *arcs.saying(words)))
    assert list(arcs.saying(words)) == [arc for arc in steps if arc.word is None or arc.word in words]
    assert arcs.words == {arc.word for arc in steps} - {None}


def test_one_takes_20_bytes() -> None:
    steps = [Arc(at, at + 1, f"word{at % 500}", 1 / (at + 1)) for at in range(50_000)]
    taken = sum(map(sys.getsizeof, vars(Arcs(steps)).values()))
    assert taken / len(steps) < 25


def test_what_a_graph_was_made_of_is_given_back() -> None:
    built = subprocess.run(
        [sys.executable, "-c", _GROWTH, str(HOME)], capture_output=True, check=True, text=True
    )
    assert int(built.stdout) < 14_000_000, "a large part of what it is made of stays"
