"""How a word that is in no dictionary is probably said: rules from letters to sounds.

A rules file has a rule a line, such as `___[k]nig` and, after a tab, what that letter sounds like there (here
nothing); `_` is outside the word. `paige.tools.spelling` learns one from a pronunciation dictionary.
"""

import gzip
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Final, Self
from zlib import crc32

from paige.models.errors import ModelUnusable
from paige.models.language_folder import language_folder, primary

EDGE = "_"
WINDOWS = ((0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3))
"""How many letters to the left and right a rule may look at; a wider rule is asked before a narrower."""
_SHELVES: Final = 512
"""Lines are found among those with the same remainder of their checksum: a dozen or two."""
REACH = 3
"""The most letters that any of the windows looks at on one side."""


def window(padded: str, index: int, left: int, right: int) -> str:
    """The rule key for the letter at `index` of a word that has `REACH` edges on either side."""
    return f"{padded[index - left : index]}[{padded[index]}]{padded[index + 1 : index + 1 + right]}"


class Lines(Mapping[str, str]):
    """Lines of a key, a tab and what it stands for, looked up as they stand.

    Thousands of strings take ten times the memory, and few of them are ever asked for.

    Raises:
        ValueError: A line is no such line.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        shelves: list[list[bytes]] = [[b""] for _ in range(_SHELVES)]
        for line in lines:
            key, tab, _ = line.partition(b"\t")
            if not tab:
                raise ValueError(f"{line!r} stands for nothing")
            shelves[crc32(key) % _SHELVES].append(line)
        self._shelves = [b"\n".join((*those, b"")) for those in shelves]

    def __getitem__(self, key: str) -> str:
        line = key.encode()
        shelf = self._shelves[crc32(line) % _SHELVES]
        line = b"\n" + line + b"\t"
        at = shelf.find(line)
        if at < 0:
            raise KeyError(key)
        return shelf[at + len(line) : shelf.index(b"\n", at + 1)].decode()

    def __iter__(self) -> Iterator[str]:
        return (
            line.partition(b"\t")[0].decode()
            for shelf in self._shelves
            for line in shelf.splitlines()
            if line
        )

    def __len__(self) -> int:
        return sum(shelf.count(b"\n") - 1 for shelf in self._shelves)


class Spelling:
    """The sounds of a language's letters in their surroundings.

    Args:
        rules: What a letter sounds like, by rule key.
        words: Words that are said otherwise or in several ways, such as `read`: `R EH D|R IY D`.
    """

    def __init__(self, rules: Mapping[str, str], words: Mapping[str, str] | None = None) -> None:
        self._rules = rules
        self._words = words or {}

    @staticmethod
    @lru_cache(maxsize=2)
    def for_language(language: str) -> "Spelling":
        """The rules of a language such as `en` or `en-GB`; without any where it has none.

        There are megabytes of them, so all who ask get the same.

        Raises:
            ModelUnusable: when its file is no rules file.
        """
        folder = language_folder(primary(language))
        file, words = folder / "spelling.txt.gz", folder / "words.txt.gz"
        return Spelling.load(file, words if words.is_file() else None) if file.is_file() else Spelling({})

    @classmethod
    def load(cls, file: Traversable, words: Traversable | None = None) -> Self:
        """Reads a rules file, and one of words.

        Raises:
            ModelUnusable: when a file is missing or no such file.
        """
        read = file
        try:
            rules = Lines(gzip.decompress(file.read_bytes()).splitlines())
            if not rules:
                raise ValueError("it is empty")
            if words is None:
                return cls(rules)
            read = words
            return cls(rules, Lines(gzip.decompress(words.read_bytes()).splitlines()))
        except (OSError, ValueError, EOFError) as error:
            raise ModelUnusable(f"{read}: these are no rules from letters to sounds: {error}") from error

    def ways(self, word: str) -> tuple[tuple[str, ...], ...]:
        """The ways to say a word, the likeliest first; none where none of its characters is a letter."""
        said = self._words.get(word.casefold())
        if said is not None:
            return tuple(tuple(way.split()) for way in said.split("|"))
        sound = self.sound(word)
        return (sound,) if sound else ()

    def sound(self, word: str) -> tuple[str, ...]:
        """Phones of a word; empty where none of its characters is a letter of this language."""
        letters = "".join(
            character
            for character in unicodedata.normalize("NFKD", word.casefold())
            if f"[{character}]" in self._rules
        )
        padded = EDGE * REACH + letters + EDGE * REACH
        phones: list[str] = []
        for index in range(REACH, REACH + len(letters)):
            phones += self.letter(padded, index).split()
        return tuple(phones)

    def letter(self, padded: str, index: int, narrower_than: int = len(WINDOWS)) -> str:
        """What one letter sounds like: the word of the widest rule that there is for it."""
        for left, right in reversed(WINDOWS[:narrower_than]):
            sound = self._rules.get(window(padded, index, left, right))
            if sound is not None:
                return sound
        return ""
