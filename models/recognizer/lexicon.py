"""How the words of a home are said: by a dictionary, by the words they are made of, or by their letters."""

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from paige.models.errors import ModelUnusable
from paige.models.recognizer.spelling import Spelling

Pronunciations = dict[str, tuple[str, ...]]
"""For each word the ways to say it, each as phones separated by spaces."""

_SHORTEST_PART = 3
"""Letters in a part of a compound; shorter words are found in almost any other."""
_LONGEST_ACRONYM = 4
_SAID_APART, _VOWELS = "äëïöü", "aeiou"


def pronounce(words: Iterable[str], dictionary: Path, spelling: Spelling) -> Pronunciations:
    """How each word is said; a word that cannot be said is left out.

    Args:
        words: Lower case.
        dictionary: In the form of CMU's: a word a line and its phones after it; `word(2)` is another way to
            say it, and `w.` the name of a letter.
        spelling: For what the dictionary does not have.

    Raises:
        ModelUnusable: when the dictionary cannot be read.
    """
    wanted = frozenset(words)
    known = look_up(wanted.union(*map(_related, wanted)), dictionary)
    said = {word: known.get(word) or tuple(_guess(word, known, spelling)) for word in sorted(wanted)}
    return {word: ways for word, ways in said.items() if ways}


def write_pronunciations(said: Pronunciations) -> bytes:
    """Them as JSON, for `read_pronunciations`."""
    return json.dumps(said).encode()


def read_pronunciations(text: str | bytes) -> Pronunciations:
    """Those that were written as JSON."""
    return {str(word): tuple(map(str, ways)) for word, ways in json.loads(text).items()}


def look_up(words: frozenset[str], dictionary: Path) -> Pronunciations:
    """The words that a dictionary has, in one pass over the file: it has megabytes, of which few are needed.

    Raises:
        ModelUnusable: when the dictionary cannot be read.
    """
    wanted = {word.encode() for word in words}
    found: defaultdict[str, list[str]] = defaultdict(list)
    try:
        with dictionary.open("rb") as lines:
            for line in lines:
                entry, _, phones = line.partition(b" ")
                word = entry.partition(b"(")[0]
                if word in wanted:
                    found[word.decode()].append(" ".join(phones.decode().split()))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelUnusable(f"{dictionary}: the pronunciation dictionary cannot be read: {error}") from error
    return {word: tuple(ways) for word, ways in found.items()}


def _related(word: str) -> Iterator[str]:
    """What else to look up, to guess at this word from it."""
    letters = _letters(word)
    yield letters
    yield without_marks(letters)
    for parts in _splits(letters):
        yield from parts
    yield from (f"{letter}." for letter in letters)


def _guess(word: str, known: Mapping[str, tuple[str, ...]], spelling: Spelling) -> Iterator[str]:
    letters = _letters(word)
    for written in (letters, without_marks(letters)):
        if written in known:
            yield from known[written]
            return
    for first, second in _splits(letters):
        if first in known and second in known:
            yield f"{known[first][0]} {known[second][0]}"
            return
    if sound := [phone for part in _syllables_apart(letters) for phone in spelling.sound(part)]:
        yield " ".join(sound)
    names = [f"{letter}." for letter in letters]
    if len(letters) <= _LONGEST_ACRONYM and names and all(name in known for name in names):
        yield " ".join(known[name][0] for name in names)


def _letters(word: str) -> str:
    """The word without what is written but not said, so that `lamp's` is found as `lamps`."""
    return "".join(character for character in unicodedata.normalize("NFC", word) if character.isalnum())


def without_marks(letters: str) -> str:
    """`chloe` for `chloé`: most dictionaries of English write no accents."""
    apart = unicodedata.normalize("NFKD", letters)
    return "".join(character for character in apart if not unicodedata.combining(character))


def _syllables_apart(letters: str) -> list[str]:
    """The word where a diaeresis says that two vowels are said apart, as in `anaïs`."""
    parts = [""]
    for character in letters:
        if character in _SAID_APART and parts[-1][-1:] in _VOWELS and parts[-1]:
            parts.append("")
        parts[-1] += character
    return parts


def _splits(letters: str) -> list[tuple[str, str]]:
    """The word as two, the most even first: where both are words, long ones are the likelier."""
    ends = range(_SHORTEST_PART, len(letters) - _SHORTEST_PART + 1)
    return [
        (letters[:end], letters[end:]) for end in sorted(ends, key=lambda end: abs(2 * end - len(letters)))
    ]
