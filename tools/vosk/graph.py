"""The graph that Vosk searches: how each word is said, and how often it is.

Vosk composes two transducers when it begins to listen: `HCLr.fst`, from transitions of phones to words, and
`Gr.fst`, from words to sentences, for which a grammar may stand. Both are made as Kaldi's
`utils/mkgraph_lookahead.sh` makes them, only simpler: phones do not depend on their neighbours, so there is
no C, and have one state, so H only renames them.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import kaldifst
import numpy as np
from numpy.typing import NDArray

from paige.models.recognizer.lexicon import Pronunciations
from paige.tools.vosk.lookahead import Lookahead
from paige.tools.vosk.phones import NAMES, NUMBERS, SILENCE, enter, in_word, sound, stay

_PAUSE: Final = 0.5
"""How probable silence is between two words."""


@dataclass(frozen=True, slots=True)
class _Arc:
    source: int
    target: int
    heard: int
    """A phone or a transition; 0 for nothing."""
    word: int
    """0 for none."""
    cost: float
    """Negative logarithm of its probability."""


def write_graph(
    folder: Path, said: Pronunciations, shares: Mapping[str, float], stays: NDArray[np.float32]
) -> None:
    """Writes `HCLr.fst`, `Gr.fst`, `words.txt` and `disambig_tid.int`.

    Args:
        folder: Where to.
        said: How each word is said.
        shares: How often each word is said; sums to 1.
        stays: [sounds] How probable it is that a sound goes on for another frame.
    """
    words = sorted(said)
    arcs, final = _with_stays(*_lexicon(words, said), stays)
    steps: list[list[tuple[int, int]]] = [[] for _ in range(1 + max(arc.target for arc in arcs))]
    for arc in arcs:
        steps[arc.source].append((arc.word, arc.target))
    lookahead = Lookahead.of(steps, frozenset(final))
    renumbered = [
        _Arc(arc.source, arc.target, arc.heard, lookahead.numbers.get(arc.word, 0), arc.cost) for arc in arcs
    ]
    (folder / "HCLr.fst").write_bytes(lookahead.convert(_file(renumbered, final, "olabel")))
    number = {word: lookahead.numbers[label] for label, word in enumerate(words, start=1)}
    lines = ["<eps> 0", *(f"{word} {number[word]}" for word in sorted(words, key=number.__getitem__))]
    (folder / "words.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")
    unigrams = [_Arc(0, 0, number[word], number[word], _cost(share)) for word, share in shares.items()]
    (folder / "Gr.fst").write_bytes(_file(unigrams, {0: 0.0}, "ilabel"))
    # Symbols that are to be removed when it listens; there are none left.
    (folder / "disambig_tid.int").write_text("", encoding="utf-8")


def _lexicon(words: list[str], said: Pronunciations) -> tuple[list[_Arc], dict[int, float]]:
    """From phones to words, any number of them, with or without silence around each; made small."""
    spoken, ready, states = 0, 1, 2
    arcs = [
        _Arc(spoken, ready, 0, 0, _cost(1 - _PAUSE)),
        _Arc(spoken, ready, NUMBERS[SILENCE], 0, _cost(_PAUSE)),
    ]
    alike: Counter[str] = Counter()
    for label, word in enumerate(words, start=1):
        for way in said[word]:
            # What sounds alike ends in symbols that tell it apart; without them nothing can be made small.
            alike[way] += 1
            path = [*(NUMBERS[name] for name in in_word(way.split())), len(NAMES) + alike[way]]
            nodes = [ready, *range(states, states + len(path) - 1), spoken]
            states += len(path) - 1
            arcs += [
                _Arc(nodes[at], nodes[at + 1], phone, 0 if at else label, 0.0)
                for at, phone in enumerate(path)
            ]
    built = _built(arcs, {spoken: 0.0, ready: 0.0})  # silence may be the last that is heard
    kaldifst.determinize_star(built)
    plain = [
        _Arc(a.source, a.target, a.heard if a.heard <= len(NAMES) else 0, a.word, a.cost)
        for a in _arcs(built)
    ]
    built = _built(plain, _finals(built))
    kaldifst.rmepsilon(built)
    kaldifst.minimize_encoded(built)
    return _arcs(built), _finals(built)


def _with_stays(
    arcs: list[_Arc], final: dict[int, float], stays: NDArray[np.float32]
) -> tuple[list[_Arc], dict[int, float]]:
    """The same from transitions to words: each phone may go on after it was entered."""
    entered: defaultdict[int, set[int]] = defaultdict(set)
    entered[0].add(0)  # it begins there with nothing heard
    for arc in arcs:
        entered[arc.target].add(arc.heard)
    loops: dict[tuple[int, int], int] = {}  # where a phone goes on that leads to a state
    states = 1 + max(max(arc.source, arc.target) for arc in arcs)
    made = []
    for arc in arcs:
        if not arc.heard:
            made.append(arc)
            continue
        share = float(stays[sound(NAMES[arc.heard - 1])])
        place = (arc.heard, arc.target)
        if place not in loops:
            # A state that several phones lead to would let one go on as the other.
            alone = len(entered[arc.target]) == 1
            loops[place] = arc.target if alone else states
            made.append(_Arc(loops[place], loops[place], stay(arc.heard), 0, _cost(share)))
            if not alone:
                made.append(_Arc(states, arc.target, 0, 0, 0.0))
                states += 1
        made.append(_Arc(arc.source, loops[place], enter(arc.heard), arc.word, arc.cost + _cost(1 - share)))
    return made, final


def _cost(share: float) -> float:
    return -math.log(share)


def _built(arcs: list[_Arc], final: Mapping[int, float]) -> Any:  # noqa: ANN401 # the library has no types
    """A transducer that begins at state 0."""
    built = kaldifst.StdVectorFst()
    for _ in range(1 + max(max(arc.source, arc.target) for arc in arcs)):
        built.add_state()
    built.start = 0
    for state, cost in final.items():
        built.set_final(state, cost)
    for arc in arcs:
        built.add_arc(arc.source, kaldifst.StdArc(arc.heard, arc.word, arc.cost, arc.target))
    return built


def _arcs(built: Any) -> list[_Arc]:  # noqa: ANN401 # as above
    assert built.start == 0, "so the library numbers states"
    return [
        _Arc(state, arc.nextstate, arc.ilabel, arc.olabel, arc.weight.value)
        for state in kaldifst.StateIterator(built)
        for arc in kaldifst.ArcIterator(built, state)
    ]


def _finals(built: Any) -> dict[int, float]:  # noqa: ANN401 # as above
    costs = {state: built.final(state).value for state in kaldifst.StateIterator(built)}
    return {state: cost for state, cost in costs.items() if math.isfinite(cost)}


def _file(arcs: list[_Arc], final: Mapping[int, float], order: str) -> bytes:
    """A file of OpenFst's type `const`.

    Args:
        arcs: All arcs.
        final: What it costs to end, by state.
        order: By what arcs are sorted: `ilabel`, what is heard, or `olabel`, the word.
    """
    built = _built(arcs, final)
    kaldifst.arcsort(built, order)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "const.fst"
        kaldifst.StdConstFst(built).write(str(file))
        return file.read_bytes()
