"""Words as a recognizer gets them wrong, by what was counted: `heard.tsv`, which `hear` writes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from importlib import resources
from pathlib import Path
from random import Random
from typing import Final

from paige.models.grammar.tokens import Words, is_number, says_any
from paige.models.nlu.tags import bio, spans
from paige.models.nlu.wording import Wording
from paige.tools.training.examples import Example

_MOST_WORDS: Final = 3
"""That are said, or heard, in one piece."""
_LIKE: Final = 0.5
"""Where less of a sentence was heard, what stands for what is a guess."""
SENTENCES: Final = "# sentences"

Confusions = Counter[tuple[Words, Words]]
"""What was said and what was heard, and how often; the same twice where it was heard rightly."""
Opposites = Sequence[tuple[frozenset[Words], frozenset[Words]]]


def confusions(said: Words, heard: Words) -> Iterator[tuple[Words, Words]]:
    """What became of the words of a sentence; none where little was heard of it."""
    matcher = SequenceMatcher(None, said, heard, autojunk=False)
    if matcher.ratio() < _LIKE:
        return
    for kind, begin, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            yield from (((word,), (word,)) for word in said[begin:end])
            continue
        short = 0 < end - begin <= _MOST_WORDS and last - first <= _MOST_WORDS
        if short and not any(map(is_number, (*said[begin:end], *heard[first:last]))):
            yield said[begin:end], heard[first:last]


def load(file: Path) -> tuple[Confusions, int]:
    """A table, and how many sentences it was made of; nothing where there is none yet."""
    found: Confusions = Counter()
    sentences = 0
    for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
        said, heard, count = line.split("\t")
        if said == SENTENCES:
            sentences = int(count)
        else:
            found[tuple(said.split()), tuple(heard.split())] = int(count)
    return found, sentences


def save(file: Path, found: Confusions, sentences: int) -> None:
    """Writes a table, sorted."""
    lines = [f"{SENTENCES}\t\t{sentences}"]
    lines += [
        f"{' '.join(said)}\t{' '.join(heard)}\t{count}" for (said, heard), count in sorted(found.items())
    ]
    part = file.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(file)


@dataclass(frozen=True, slots=True)
class Mishearing:
    """Gets words wrong as often as a recognizer did, and as it did."""

    ways: Mapping[Words, Sequence[tuple[Words, float]]]
    """By what was said: what was heard instead, each with its share of all times."""

    @classmethod
    def of(cls, language: str) -> "Mishearing":
        """As a language's table has it."""
        with resources.as_file(resources.files("paige.tools.training") / language / "heard.tsv") as file:
            found, _ = load(file)
        wording = Wording.for_language(language)
        alone = [(said, frozenset[Words]()) for said in (wording.negations, wording.all)]
        return cls.counted(found, [*wording.opposites, *alone])

    @classmethod
    def counted(cls, found: Confusions, opposites: Opposites) -> "Mishearing":
        """By counts, without what would turn the meaning round, of which nobody could know what was said."""
        times: Counter[str] = Counter()
        for (said, _), count in found.items():
            times[said[0]] += count
        ways: dict[Words, list[tuple[Words, float]]] = {}
        for (said, heard), count in found.items():
            if said != heard and not _misleads(said, heard, found, opposites):
                ways.setdefault(said, []).append((heard, count / times[said[0]]))
        return cls(ways)

    def heard(self, example: Example, random: Random) -> Example:
        """The same request as a recognizer may write it down; what a word was part of, stays."""
        if example.tags is None:
            return example
        inside = _span_of_each(example.tags)
        words: list[str] = []
        kept: list[int | None] = []
        at = 0
        while at < len(example.words):
            count, heard = self._drawn(example.words, at, random)
            words += heard
            kept += [inside[at + place * count // len(heard)] for place in range(len(heard))]
            at += count
        if not words:
            return example
        found = [
            (slot, kept.index(number), len(kept) - kept[::-1].index(number))
            for number, (slot, _, _) in enumerate(spans(example.tags))
            if number in kept
        ]
        return replace(example, words=tuple(words), tags=bio(len(words), found))

    def _drawn(self, words: Words, at: int, random: Random) -> tuple[int, Words]:
        """How many words, and what is heard of them."""
        draw = random.random()
        for count in range(min(_MOST_WORDS, len(words) - at), 0, -1):
            for heard, share in self.ways.get(words[at : at + count], ()):
                draw -= share
                if draw < 0:
                    return count, heard
        return 1, words[at : at + 1]


def _span_of_each(tags: Sequence[str]) -> list[int | None]:
    """The number of the span that each word is in."""
    found: list[int | None] = [None] * len(tags)
    for number, (_, begin, end) in enumerate(spans(tags)):
        found[begin:end] = [number] * (end - begin)
    return found


def _misleads(said: Words, heard: Words, found: Confusions, opposites: Opposites) -> bool:
    """Whether what was heard says more of what becomes of a thing than was said, or may be the opposite."""
    for pair in opposites:
        for side, other in (pair, pair[::-1]):
            if says_any(side, heard) and not says_any(side, said):
                return True
            if says_any(side, said) and not says_any(side, heard):
                swapped = (tuple(_swapped(said, mine, others)) for mine in side for others in other)
                if any(found[words, heard] for words in swapped if words != said):
                    return True
    return False


def _swapped(words: Words, mine: Words, others: Words) -> Iterator[str]:
    """Words with others instead of one."""
    for word in words:
        yield from others if (word,) == mine else (word,)
