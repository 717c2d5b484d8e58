"""Learns from a pronunciation dictionary how a language's letters sound, and writes that as rules.

    python -m paige.tools.spelling DICTIONARY RULES.txt.gz
    python -m paige.tools.spelling DICTIONARY RULES.txt.gz --common TOKENIZER.json WORDS.txt.gz
    python -m paige.tools.spelling DICTIONARY --measure

1. Letters and sounds of each word are aligned, a letter making no, one or two sounds; which alignment is best
   and how often each letter makes each sound are found in turns (hard expectation maximization).
2. Each letter's sound is counted in wider and wider surroundings. A rule is kept where it was seen often and
   says something else than the narrower rules do ("IGTree": Daelemans, van den Bosch, Weijters, 1997).
3. Of the common words, which are the pieces of a model's tokenizer, those are written down that the rules get
   wrong, or that may be said in several ways.
"""

import argparse
import gzip
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from paige.models.recognizer.evidence import distance
from paige.models.recognizer.lexicon import Pronunciations, look_up
from paige.models.recognizer.spelling import EDGE, REACH, WINDOWS, Spelling, window

Word = tuple[str, tuple[str, ...]]
"""Letters, and phones."""
Aligned = tuple[str, tuple[str, ...]]
"""A word, and the phones that each of its letters makes, separated by spaces."""

_ROUNDS = 6
_SEEN_AT_LEAST = 3
_HELD_OUT = 20
_UNSEEN = 12.0
_WORDS = frozenset("ai")
"""Letters that are words; the others are said by their names."""
_FIRST_GUESS = {0: 1.2, 1: 0.0, 2: 2.0}
"""What it costs, before anything is known, that a letter makes no, one or two sounds."""


def read_dictionary(path: Path) -> list[Word]:
    """First pronunciations of the words that are letters only."""
    words = []
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split()
        if re.fullmatch(r"[^\W\d_]+", word) and phones:
            words.append((word, tuple(phones)))
    return words


def align(words: Sequence[Word]) -> list[Aligned]:
    """Which letters make which sounds; words with too many sounds for their letters are left out."""
    costs: Mapping[tuple[str, str], float] = {}
    aligned: list[Aligned] = []
    for _ in range(_ROUNDS):
        found = [_align_one(letters, phones, costs) for letters, phones in words]
        aligned = [one for one in found if one is not None]
        counts = Counter(pair for letters, sounds in aligned for pair in zip(letters, sounds, strict=True))
        letters_seen = Counter(letter for letters, _ in aligned for letter in letters)
        costs = {pair: -math.log(count / letters_seen[pair[0]]) for pair, count in counts.items()}
    return aligned


def _align_one(letters: str, phones: Sequence[str], costs: Mapping[tuple[str, str], float]) -> Aligned | None:
    """The cheapest alignment: dynamic programming over how many phones the letters so far have made."""
    best: dict[int, tuple[float, tuple[str, ...]]] = {0: (0.0, ())}
    for letter in letters:
        following: dict[int, tuple[float, tuple[str, ...]]] = {}
        for used, (cost, sounds) in best.items():
            for count in range(min(2, len(phones) - used) + 1):
                sound = " ".join(phones[used : used + count])
                step = costs.get((letter, sound), _UNSEEN) if costs else _FIRST_GUESS[count]
                end = used + count
                if end not in following or cost + step < following[end][0]:
                    following[end] = (cost + step, (*sounds, sound))
        best = following
    whole = best.get(len(phones))
    return None if whole is None else (letters, whole[1])


def learn(aligned: Iterable[Aligned]) -> dict[str, str]:
    """Rules, the narrowest first."""
    counts: list[dict[str, Counter[str]]] = [{} for _ in WINDOWS]
    places: dict[str, tuple[str, int]] = {}
    for letters, sounds in aligned:
        padded = EDGE * REACH + letters + EDGE * REACH
        for index, sound in enumerate(sounds, start=REACH):
            for size, (left, right) in enumerate(WINDOWS):
                key = window(padded, index, left, right)
                counts[size].setdefault(key, Counter())[sound] += 1
                places.setdefault(key, (padded, index))
    rules: dict[str, str] = {}
    spelling = Spelling(rules)
    for size, surroundings in enumerate(counts):
        for key, sounds_here in surroundings.items():
            sound, seen = sounds_here.most_common(1)[0]
            if size == 0 or (seen >= _SEEN_AT_LEAST and sound != spelling.letter(*places[key], size)):
                rules[key] = sound
    return rules


def exceptions(dictionary: Path, common: Iterable[str], rules: Mapping[str, str]) -> Pronunciations:
    """How common words are said, where rules do not tell; letters are said by their names, `w.`."""
    words = frozenset(common)
    ways = look_up(
        words | {f"{word}." for word in words if len(word) == 1 and word not in _WORDS}, dictionary
    )
    spelling = Spelling(rules)
    said = {word: ways.get(f"{word}.") or ways.get(word) for word in sorted(words)}
    return {word: its for word, its in said.items() if its and its != (" ".join(spelling.sound(word)),)}


def _measure(words: Sequence[Word]) -> None:
    """Learns from 19 of 20 words and prints how well the others are said."""
    held_out = words[::_HELD_OUT]
    rules = learn(align([word for index, word in enumerate(words) if index % _HELD_OUT]))
    spelling = Spelling(rules)
    right = sum(spelling.sound(letters) == phones for letters, phones in held_out)
    phones_said = sum(len(phones) for _, phones in held_out)
    wrong = sum(distance(spelling.sound(letters), phones) for letters, phones in held_out)
    print(f"rules {len(rules)}, held-out words {len(held_out)}")
    print(f"words right {right / len(held_out):.1%}, phones wrong {wrong / phones_said:.1%}")


def main(argv: Sequence[str] | None = None) -> int:
    """Learns and writes, or measures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dictionary", type=Path, help="words with their phones, in the CMU dictionary's form")
    parser.add_argument("rules", type=Path, nargs="?", help="where to write the rules, compressed")
    parser.add_argument("--measure", action="store_true", help="say how well held-out words are said")
    parser.add_argument(
        "--common",
        type=Path,
        nargs=2,
        metavar=("TOKENIZER", "WORDS"),
        help="write how those of a tokenizer's words are said that the rules get wrong",
    )
    arguments = parser.parse_args(argv)
    words = read_dictionary(arguments.dictionary)
    if arguments.measure:
        _measure(words)
    if arguments.rules is not None:
        rules = learn(align(words))
        _write(arguments.rules, rules)
        if arguments.common:
            tokenizer, file = arguments.common
            common = json.loads(tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]
            found = exceptions(arguments.dictionary, common, rules)
            _write(file, {word: "|".join(its) for word, its in found.items()})
    return 0


def _write(file: Path, lines: Mapping[str, str]) -> None:
    text = "".join(f"{key}\t{sound}\n" for key, sound in sorted(lines.items()))
    # Without a time stamp, the same dictionary gives the same file.
    file.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    sys.exit(main())
