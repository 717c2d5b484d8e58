"""The sentences of a language, in the format of Home Assistant's sentence files.

    language: en
    intents:
      HassTurnOn:
        data:
          - sentences: ["turn on [the] {name}"]
            requires_context: {domain: light}
    lists: …
    expansion_rules: …
    skip_words: …

The newer form, with a file for each combination of slots, is read as well:
`HassTurnOn/name_only.yaml` with `data:` at the top.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from paige.models.errors import SentencesInvalid
from paige.models.grammar.automaton import Automaton
from paige.models.grammar.lists import SlotList, TextValue
from paige.models.grammar.nodes import Node
from paige.models.grammar.numbers import Trie
from paige.models.grammar.template import Rule
from paige.models.grammar.tokens import Words, words_of
from paige.models.grammar.yaml_file import read_text
from paige.models.intent import SlotValue
from paige.models.language_folder import language_folder
from paige.models.made_before import MadeBefore

_NOT_SENTENCES = frozenset(
    {
        "responses.yaml",
        "spoken.yaml",
        "kinds.yaml",
        "clauses.yaml",
        "wording.yaml",
        "when.yaml",
        "phones.yaml",
    }
)
"""Files of a language folder that hold something else."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must be known of the targets for a sentence to fit."""

    key: str
    """`domain`, `device_class`, `area`, …"""
    allowed: frozenset[str] | None
    """None: anything, but it must be known."""
    slot: str | None = None
    """The slot that gets it."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Sentences that mean the same."""

    intent: str
    slots: Mapping[str, SlotValue]
    requires: tuple[Requirement, ...]
    excludes: tuple[Requirement, ...]
    response: str
    keywords: frozenset[Words]
    """One of them must be said, where there are any."""
    custom: bool
    """The user's own, which win over packaged ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One sentence template."""

    text: str
    node: Node
    block: Block
    place: str
    """File and line."""


@dataclass(frozen=True)
class Sentences:
    """All templates of a language, with what they refer to resolved."""

    language: str
    templates: tuple[Template, ...]
    lists: Mapping[str, SlotList] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    skip_words: tuple[str, ...] = ()
    ways: Mapping[TextValue, Sequence[Words]] = field(default_factory=dict)
    """All that may be said for each value of each word list."""
    made_of: bytes = field(default=b"", compare=False)
    """Tells these sentences from others, for what is made of them and kept; empty where nothing is."""

    @staticmethod
    def load(paths: Iterable[Path | str], language: str | None = None) -> "Sentences":
        """Read files, and folders with all files below them.

        Args:
            paths: Files and folders; a later file adds to, and where it must overrides, an earlier one.
            language: What files must be for; by default, what the first that says so is for.

        Raises:
            SentencesInvalid: Something cannot be read or understood; the text says file, line and remedy.
        """
        from paige.models.grammar.reader import Reader

        reader = Reader(language)
        for path in paths:
            reader.add_path(Path(path), custom=False)
        return reader.sentences()

    @staticmethod
    def for_language(
        language: str = "en", custom: Iterable[Path | str] = (), before: MadeBefore | None = None
    ) -> "Sentences":
        """The packaged sentences of a language, and the user's own.

        Args:
            language: A code such as `en`.
            custom: Files, and folders with all files below them.
            before: Has them where they were read before, and what is made of them, too.

        Raises:
            SentencesInvalid: There is no such language, or something in a user's file cannot be understood.
        """
        from paige.models.grammar.reader import Reader, sentence_files

        own = [(str(file), read_text(file)) for path in custom for file in sentence_files(Path(path))]

        def read() -> Sentences:
            reader = Reader(language)
            for file in packaged_files(language):
                reader.add_text(file.read_text(encoding="utf-8"), str(file), custom=False)
            for source, text in own:
                reader.add_text(text, source, custom=True)
            return reader.sentences()

        if before is None:
            return read()
        from paige.models.grammar import saved

        key = before.key(language, *(part for file in own for part in file))
        return before.get(
            "sentences",
            key,
            lambda: replace(read(), made_of=key),
            write=saved.to_bytes,
            read=partial(saved.from_bytes, made_of=key),
        )

    @cached_property
    def automaton(self) -> Automaton:
        """All templates as one automaton; homes share it."""
        return Automaton((template.node, template.place) for template in self.templates)

    @cached_property
    def fillers(self) -> Trie:
        """The skip words as a trie of words."""
        root: Trie = {}
        for phrase in self.skip_words:
            node = root
            for word in words_of(phrase):
                node = node.setdefault(word, {})
            if node is not root:
                node[""] = True
        return root


def packaged_languages() -> tuple[str, ...]:
    """Codes of the languages that come with Paige."""
    root = resources.files("paige.models.languages")
    return tuple(sorted(folder.name for folder in root.iterdir() if _is_language(folder)))


def packaged_files(language: str) -> list[Traversable]:
    """The sentence files that come with Paige for a language.

    Raises:
        SentencesInvalid: There is no such language.
    """
    known = packaged_languages()
    if language not in known:
        raise SentencesInvalid(f"there are no sentences for {language!r}; there are for {', '.join(known)}")
    return sorted(_yaml_files(language_folder(language)), key=str)


def _is_language(folder: Traversable) -> bool:
    return folder.is_dir() and not folder.name.startswith(("_", "."))


def _yaml_files(folder: Traversable) -> Iterable[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _yaml_files(entry)
        elif entry.name.endswith(".yaml") and entry.name not in _NOT_SENTENCES:
            yield entry
