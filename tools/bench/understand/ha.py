"""Home Assistant’s open cases: as they are, and with things and rooms under names that nobody has heard."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paige.iot.home_file import HomeDescription
from paige.tools.bench.understand.cases import Case, Judged, homes_of, judged
from paige.tools.bench.understand.parser import ForHome
from paige.tools.bench.understand.renamer import STYLES, renamed, renamed_case

SEED = 7


@dataclass(frozen=True, slots=True)
class Shares:
    """What is right, as shares of all cases."""

    count: int
    intent: float
    action: float
    exact: float
    answered: float
    """With any intent, right or wrong."""


def judge(
    cases: Sequence[Case], homes: Mapping[Path, HomeDescription], parser: ForHome
) -> list[tuple[bool, Judged]]:
    """Whether each case was answered at all, and what is right of its answer."""
    asks = {path: parser(home) for path, home in homes.items()}
    found = []
    for case in cases:
        answer = asks[case.home](case.text)
        found.append((answer.intent is not None, judged(case, answer, homes[case.home])))
    return found


def shares(found: Sequence[tuple[bool, Judged]]) -> Shares:
    """Of at least one case."""
    count = len(found)
    return Shares(
        count,
        sum(one.intent for _, one in found) / count,
        sum(one.action for _, one in found) / count,
        sum(one.exact for _, one in found) / count,
        sum(answered for answered, _ in found) / count,
    )


def renamings(
    cases: Sequence[Case], seed: int = SEED
) -> Iterator[tuple[str, list[Case], dict[Path, HomeDescription]]]:
    """The cases and their homes in each style of other names."""
    homes = homes_of(cases)
    for style in STYLES:
        others = {path: renamed(home, style, seed) for path, home in homes.items()}
        changed = [renamed_case(case, others[case.home]) for case in cases]
        yield style, changed, {path: other.home for path, other in others.items()}


def by_intent(cases: Sequence[Case], found: Sequence[tuple[bool, Judged]]) -> list[tuple[str, Shares]]:
    """The same for each intent, those with the most wrong actions first."""
    groups: defaultdict[str, list[tuple[bool, Judged]]] = defaultdict(list)
    for case, one in zip(cases, found, strict=True):
        groups[case.intent].append(one)
    scored = [(intent, shares(its)) for intent, its in groups.items()]
    return sorted(scored, key=lambda pair: (-pair[1].count * (1 - pair[1].action), pair[0]))
