"""Where a sentence may be cut into commands: at the connectives that a language's `clauses.yaml` has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import yaml

from paige.models.errors import SentencesInvalid
from paige.models.grammar.numbers import Trie
from paige.models.grammar.reader import Reader
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import Tokens, Words, words_of
from paige.models.grammar.yaml_file import parse_yaml
from paige.models.language_folder import language_folder

EXCEPTION: Final = "PaigeExcept"
"""The intent of a part that leaves something out of the command before it."""

_FILE = "clauses.yaml"
_SHARED = ("rules.yaml", "lists.yaml")
"""Files of a language whose phrases may be used."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a sentence between two connectives."""

    begin: int
    """Its first word."""
    end: int
    """Behind its last word."""
    before: int
    """Where the connective before it begins; its own first word where there is none."""
    listed: bool = True
    """Whether it can stand in one list with the part before it, as after "and", not after "then"."""


class Connectives:
    """Cuts sentences of one language.

    Args:
        joins: Phrases between parts of a list, or between commands.
        separates: Phrases between whole commands alone.
        ends: Those of them that may end a sentence.
        tails: Phrases that join only where they end a part.
        openers: Phrases that begin a part and belong to it.
        marks: Punctuation that joins, and punctuation that separates.
        exceptions: Sentences of parts that leave something out; their intent is `EXCEPTION`.
    """

    def __init__(
        self,
        joins: Iterable[str],
        separates: Iterable[str],
        ends: Iterable[str],
        tails: Iterable[str],
        openers: Iterable[str],
        marks: tuple[str, str],
        exceptions: Sentences,
    ) -> None:
        self.exceptions = exceptions
        self._marks = marks
        self._ends = frozenset(map(words_of, (*ends, *tails)))
        self._phrases: Trie = {}
        for kind, phrases in (
            ("join", joins),
            ("separate", separates),
            ("tail", tails),
            ("open", openers),
        ):
            for phrase in phrases:
                node = self._phrases
                for word in words_of(phrase):
                    node = node.setdefault(word, {})
                node[""] = kind

    @staticmethod
    @lru_cache(maxsize=4)
    def for_language(language: str = "en") -> "Connectives":
        """Those of a packaged language.

        Raises:
            SentencesInvalid: There is no such language, or its file cannot be understood.
        """
        file = language_folder(language) / _FILE
        if not file.is_file():
            raise SentencesInvalid(f"there is no {_FILE} for the language {language!r}")
        data: Mapping[str, Any] = parse_yaml(file.read_text(encoding="utf-8"), _FILE).content
        exceptions, marks = data["exceptions"], data["marks"]
        return Connectives(
            data["joins"],
            data["separates"],
            data["ends"],
            data["tails"],
            exceptions["openers"],
            ("".join(marks["joins"]), "".join(marks["separates"])),
            read_phrases(language, _FILE, EXCEPTION, exceptions),
        )

    def parts(self, tokens: Tokens) -> tuple[Part, ...]:
        """The stretches between connectives, in order; one where there is no connective.

        What is only filler ("…, please") is none.

        An empty one stands at the end where the sentence ends with a connective that something must follow.
        """
        found: list[Part] = []
        begin = before = at = 0
        listed, unfinished = True, False
        count = len(tokens.words)
        while at < count:
            kind, end = self._connective(tokens, at)
            if kind is None:
                at += 1
                continue
            if at > begin and not self._is_filler(tokens.words[begin:at]):
                found.append(Part(begin, at, before, listed))
                before, listed = at, True
            listed = listed and kind == "join"
            unfinished = end == count and tokens.words[at:end] not in self._ends
            begin = end
            at = max(end, at + 1)
        if unfinished or (begin < count and not self._is_filler(tokens.words[begin:])):
            found.append(Part(begin, count, before, listed))
        return tuple(found)

    def leaves_out(self, tokens: Tokens, parts: Iterable[Part]) -> bool:
        """Whether a part begins as one that leaves something out of the command before it."""
        return any(
            self._connective(tokens, part.begin)[0] == "open" for part in parts if part.begin < part.end
        )

    def _is_filler(self, words: Words) -> bool:
        node: Trie | None = self.exceptions.fillers
        for at, word in enumerate(words):
            node = node.get(word) if node else None
            if node is None:
                return False
            if "" in node and self._is_filler(words[at + 1 :]):
                return True
        return not words

    def _connective(self, tokens: Tokens, at: int) -> tuple[str | None, int]:
        """The connective that ends before the word `at` or begins with it: its kind, and where it ends."""
        found: tuple[str | None, int] = (None, at)
        node: Trie | None = self._phrases
        for end in range(at, len(tokens.words)):
            node = node.get(tokens.words[end]) if node else None
            if node is None:
                break
            if "" in node:
                found = (node[""], at if node[""] == "open" else end + 1)
        if found[0] == "tail":
            ended = found[1] == len(tokens.words) or self._connective(tokens, found[1])[0] is not None
            found = ("join", found[1]) if ended else (None, at)
        if found[0] is None and at > 0:
            joins, separates = self._marks
            gap = tokens.text[tokens.spans[at - 1][1] : tokens.spans[at][0]]
            if any(mark in gap for mark in separates):
                return "separate", at
            if any(mark in gap for mark in joins):
                return "join", at
        return found


def read_phrases(language: str, source: str, intent: str, data: Mapping[str, Any]) -> Sentences:
    """Sentences of one intent, which may use the lists and rules of their language.

    Args:
        language: Whose they are.
        source: What messages call their file.
        intent: What they are sentences of.
        data: `data` and `expansion_rules` as a sentence file has them.

    Raises:
        SentencesInvalid: A template cannot be understood.
    """
    reader = Reader(language)
    for name in _SHARED:
        text = (language_folder(language) / name).read_text(encoding="utf-8")
        reader.add_text(text, name, custom=False)
    content = {
        "language": language,
        "intents": {intent: {"data": data["data"]}},
        "expansion_rules": data.get("expansion_rules", {}),
    }
    reader.add_text(yaml.safe_dump(content), source, custom=False)
    return reader.sentences()
