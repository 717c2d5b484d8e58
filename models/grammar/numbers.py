"""Numbers as words, in any language that Unicode's spell-out rules know.

The rules are CLDR's (rule-based number format); what people say besides, such as "a hundred", comes
from the language's own data. The numbers that its lists use stand spelled out in `numbers.txt.gz`, as the
rules have them (`paige.tools.number_words`): to read rules takes 3 MB, and a tenth of a second on a board.
"""

import gzip
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from paige.models.errors import SentencesInvalid
from paige.models.grammar.lists import RangeList
from paige.models.grammar.tokens import words_of
from paige.models.grammar.yaml_file import parse_yaml
from paige.models.language_folder import language_folder, primary
from paige.models.lines import Lines

if TYPE_CHECKING:  # it brings half of the library for mail with it
    from unicode_rbnf import RbnfEngine

_MOST_SPELLED = 10_001
"""So many numbers of a range can be said in words; all can be said in digits."""

SPELLED_OUT = "numbers.txt.gz"
_SCRIPTS = {"zh_hk": "zh_Hant", "zh_mo": "zh_Hant", "zh_tw": "zh_Hant"}
"""What is written otherwise in some regions (CLDR's likely subtags)."""

Trie = dict[str, Any]
"""Word → deeper trie; the empty word → what ends here."""


def longest(trie: Trie, words: Sequence[str], at: int) -> tuple[int, Any] | None:
    """Where the longest entry of a trie ends that begins at a word, and what it is; None where none does."""
    found = None
    node: Trie | None = trie
    for place in range(at, len(words)):
        node = node.get(words[place]) if node else None
        if node is None:
            break
        if "" in node:
            found = place + 1, node[""]
    return found


@dataclass(frozen=True, slots=True)
class Spoken:
    """How a language says what is written with digits and symbols."""

    number_rewrites: tuple[tuple[re.Pattern[str], str], ...] = ()
    """Each turns one way to say a number into another."""
    symbols: Mapping[str, str] = field(default_factory=dict)
    """Words for `%`, `°`, …"""


@lru_cache(maxsize=8)
def spoken(language: str) -> Spoken:
    """A language's `spoken.yaml`; empty where it has none."""
    file = language_folder(language) / "spoken.yaml"
    if not file.is_file():
        return Spoken()
    content = parse_yaml(file.read_text(encoding="utf-8"), str(file)).content
    rewrites = tuple(
        (re.compile(rewrite["from"]), rewrite["to"]) for rewrite in content.get("number_rewrites", ())
    )
    return Spoken(rewrites, content.get("symbols", {}))


def spell(language: str, number: int | float) -> tuple[tuple[str, ...], ...]:
    """Every way to say a number, as words; none where the language is not known."""
    said = _spelled_out(language).get(str(number))
    return (
        by_rules(language, number) if said is None else tuple(tuple(way.split()) for way in said.split("|"))
    )


@lru_cache(maxsize=8)
def _spelled_out(language: str) -> Mapping[str, str]:
    """Numbers as they are said, several ways with `|` between them."""
    file = language_folder(language) / SPELLED_OUT
    if not file.is_file():
        return {}
    try:
        return Lines(gzip.decompress(file.read_bytes()).splitlines())
    except (OSError, ValueError, EOFError) as error:
        raise SentencesInvalid(f"{file}: these are no numbers with their words: {error}") from error


@lru_cache(maxsize=20_000)
def by_rules(language: str, number: int | float) -> tuple[tuple[str, ...], ...]:
    """As `spell`, by the rules."""
    engine = _engine(language)
    try:
        rulesets = engine.format_number(number).text_by_ruleset if engine else {}
    except (ValueError, KeyError):
        return ()
    # Ordinals and years are other words: "second" must not be 2.
    ways = {text for name, text in rulesets.items() if "cardinal" in name or name.endswith("numbering")}
    for pattern, replacement in spoken(primary(language)).number_rewrites:
        ways |= {pattern.sub(replacement, way) for way in ways}
    return tuple(sorted({words_of(way) for way in ways} - {()}))


@lru_cache(maxsize=8)
def _engine(language: str) -> "RbnfEngine | None":
    """The rules of a language such as `en` or `en-GB`; None where there are none."""
    from unicode_rbnf import RbnfEngine

    regional = language.replace("-", "_")
    for name in (language, regional, _SCRIPTS.get(regional.lower(), regional), primary(language)):
        with suppress(ValueError):
            return RbnfEngine.for_language(name)
    return None


def range_trie(language: str, numbers: RangeList) -> Trie:
    """What is said → what the slot gets, for every number of a range."""
    return _range_trie(
        numbers.words_language or language,
        numbers.start,
        numbers.stop,
        numbers.step,
        numbers.fractions,
        numbers.multiplier,
    )


@lru_cache(maxsize=64)
def _range_trie(
    language: str, start: int, stop: int, step: int, fractions: tuple[float, ...], multiplier: float | None
) -> Trie:
    numbers = RangeList("", start, stop, step, multiplier, fractions)
    root: Trie = {}
    for count, number in enumerate(numbers.numbers()):
        if count == _MOST_SPELLED:
            break
        for words in spell(language, number):
            node = root
            for word in words:
                node = node.setdefault(word, {})
            node[""] = numbers.value(number)
    return root
