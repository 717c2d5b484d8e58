"""How a word that is in no dictionary is probably said: rules from letters to sounds.

A rules file has a rule a line, such as `___[k]nig` and, after a tab, what that letter sounds like there (here
nothing); `_` is outside the word. `paige.tools.spelling` learns one from a pronunciation dictionary.
"""

import gzip
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Self

from paige.models.errors import ModelUnusable
from paige.models.language_folder import language_folder, primary
from paige.models.lines import Lines

EDGE = "_"
WINDOWS = ((0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3))
"""How many letters to the left and right a rule may look at; a wider rule is asked before a narrower."""
REACH = 3
"""The most letters that any of the windows looks at on one side."""


def window(padded: str, index: int, left: int, right: int) -> str:
    """The rule key for the letter at `index` of a word that has `REACH` edges on either side."""
    return f"{padded[index - left : index]}[{padded[index]}]{padded[index + 1 : index + 1 + right]}"


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
