"""What words that a recognizer got wrong cost: the packaged set of `heard`, as said and as heard."""

import difflib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from paige.iot.home_file import HomeDescription
from paige.models.grammar.numbers import spell, spoken
from paige.models.grammar.tokens import is_number, number_of, tokenize
from paige.tools.bench.understand.cases import Case, homes_of, judged
from paige.tools.bench.understand.heard import Heard, own_home
from paige.tools.bench.understand.parser import LANGUAGE, ForHome

MANY: Final = 3
"""So many wrong words, or more, are told together."""


@dataclass(frozen=True, slots=True)
class Misheard:
    """What was right of one sentence."""

    wrong_words: int
    clean: bool
    """The action was right, of the sentence as it was said."""
    heard: bool
    """The action was right, of the sentence as it was heard."""
    acted: bool
    """As it was heard, it was taken for something that would be done, right or wrong."""


@dataclass(frozen=True, slots=True)
class Level:
    """Sentences with as many wrong words."""

    name: str
    count: int
    clean: float
    heard: float
    wrong: float
    """The share of which something else would have been done."""


def measured(said: Sequence[Heard], cases: Mapping[str, Case], parser: ForHome) -> list[Misheard]:
    """Each sentence right and as it was heard; those of cases that are not there are left out."""
    own = Path("home.yaml")
    homes: dict[Path, HomeDescription] = {own: own_home(), **homes_of(list(cases.values()))}
    asks = {path: parser(home) for path, home in homes.items()}
    found = []
    for one in said:
        case = cases.get(one.case) if one.case else Case("", one.text, one.intent, one.slots or {}, own)
        if case is None:
            continue
        clean, heard = (asks[case.home](text) for text in (one.text, one.heard))
        right = judged(replace(case, text=one.heard), heard, homes[case.home]).action
        found.append(
            Misheard(
                wrong_words(one.text, one.heard),
                judged(case, clean, homes[case.home]).action,
                right,
                heard.acts(homes[case.home]),
            )
        )
    return found


def levels(found: Sequence[Misheard]) -> list[Level]:
    """By how many words are wrong; then all with any wrong, and all."""
    groups: defaultdict[int, list[Misheard]] = defaultdict(list)
    for one in found:
        groups[min(one.wrong_words, MANY)].append(one)
    names = {0: "none", MANY: f"{MANY} or more"}
    named = [(names.get(count, str(count)), groups[count]) for count in sorted(groups)]
    named.append(("any", [one for one in found if one.wrong_words]))
    named.append(("all sentences", list(found)))
    return [_level(name, its) for name, its in named if its]


def wrong_words(said: str, heard: str) -> int:
    """How many words differ: replaced, left out or put in. Numbers are the same in digits and in words."""
    one, other = _plain(said), _plain(heard)
    steps = difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return sum(max(b - a, d - c) for step, a, b, c, d in steps if step != "equal")


def _plain(text: str) -> list[str]:
    """Words as they are pronounced; letters that are said one after the other are one word, as in "TV"."""
    found: list[str] = []
    letters = False
    for word in tokenize(text).words:
        if len(word) == 1 and word.isalpha() and letters:
            found[-1] += word
        else:
            found += _pronounced(word)
        letters = len(word) == 1 and word.isalpha()
    return found


@cache
def _pronounced(word: str) -> tuple[str, ...]:
    if is_number(word):
        ways = spell(LANGUAGE, number_of(word))
        return min(ways, key=lambda way: ("and" in way, len(way), way)) if ways else (word,)
    symbol = spoken(LANGUAGE).symbols.get(word)
    return tokenize(symbol).words if symbol else (word,)


def _level(name: str, its: Sequence[Misheard]) -> Level:
    count = len(its)
    return Level(
        name,
        count,
        sum(one.clean for one in its) / count,
        sum(one.heard for one in its) / count,
        sum(one.acted and not one.heard for one in its) / count,
    )
