"""Kinds of things that people speak of by what they are: "the telly", "make me a coffee"."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from paige.models.errors import SentencesInvalid
from paige.models.grammar.tokens import Words, is_number, words_of
from paige.models.grammar.yaml_file import parse_yaml
from paige.models.language_folder import language_folder, primary

_FILE: Final = "kinds.yaml"
_HEADS: Final = ("first", "last")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind, such as `tv`."""

    name: str
    """What the slot `device_class` says."""
    words: tuple[Words, ...]
    """What people call it."""
    domains: frozenset[str]
    """Such a thing is of one of these."""
    device_classes: frozenset[str]
    """What is of one of these is of this kind, whatever it is called."""
    called: tuple[str, str]
    """One and several, to be spoken of."""
    telling: frozenset[str]
    """Words of which each of its names has one."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds of a language."""

    by_name: Mapping[str, Kind] = field(default_factory=dict)
    head_last: bool = True
    """Whether a name ends with what a thing is, or begins with it."""
    carriers: tuple[Words, ...] = ()
    """What a thing may hang on and be known by."""

    @staticmethod
    def for_language(language: str) -> "Kinds":
        """A language's `kinds.yaml`; none where it has none.

        Raises:
            SentencesInvalid: The file is none of kinds.
        """
        return _kinds(primary(language))

    def said(self, words: Words) -> Kind | None:
        """The kind that is called exactly so."""
        return next((kind for kind in self.by_name.values() if words in kind.words), None)

    def fits(
        self,
        kind: Kind,
        names: Iterable[str],
        *,
        domain: str,
        device_class: str | None = None,
        places: Iterable[str] = (),
    ) -> bool:
        """Whether a thing of the home is of a kind.

        Args:
            kind: Of this language.
            names: What the thing is called.
            domain: Home Assistant's.
            device_class: Home Assistant's, if it has one.
            places: What the area and floor where it stands are called.
        """
        if device_class in kind.device_classes:
            return True
        if domain not in kind.domains:
            return False
        # Of many things few have any such word in their name.
        near = [words for words in map(_words, names) if not kind.telling.isdisjoint(words)]
        beside = tuple(filter(None, map(_words, places))) if near else ()
        return any(self._is_called(kind, words, beside) for words in near)

    def _is_called(self, kind: Kind, name: Words, beside: tuple[Words, ...]) -> bool:
        while name:
            if any(self._at_head(words, name) for words in kind.words):
                return True
            shorter = self._without(name, beside)
            if shorter == name:
                return False
            name = shorter
        return False

    def _at_head(self, words: Words, name: Words) -> bool:
        there = name[-len(words) :] if self.head_last else name[: len(words)]
        return there == words

    def _without(self, name: Words, beside: tuple[Words, ...]) -> Words:
        """A name without the number, place or carrier that stands where its head could."""
        if is_number(name[-1] if self.head_last else name[0]):
            return name[:-1] if self.head_last else name[1:]
        for words in (*beside, *self.carriers):
            if self._at_head(words, name):
                return name[: -len(words)] if self.head_last else name[len(words) :]
        return name


@lru_cache(maxsize=20_000)
def _words(name: str) -> Words:
    return words_of(name)


@lru_cache(maxsize=8)
def _kinds(language: str) -> Kinds:
    file = language_folder(language) / _FILE
    if not file.is_file():
        return Kinds()
    return read(file.read_text(encoding="utf-8"), str(file))


def read(text: str, source: str) -> Kinds:
    """Kinds as a language's `kinds.yaml` writes them; `source` is what messages call the file.

    Raises:
        SentencesInvalid: It is none of kinds.
    """
    content = parse_yaml(text, source).content
    try:
        head = content["head"]
        if head not in _HEADS:
            raise SentencesInvalid(f"{source}: head is {head!r}; write one of {', '.join(_HEADS)}")
        kinds = {str(name): _kind(str(name), body) for name, body in content["kinds"].items()}
        carriers = tuple(map(words_of, content.get("carriers", ())))
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise SentencesInvalid(
            f"{source}: these are no kinds of things ({type(error).__name__}: {error}); each needs `words`, "
            "`plural` and `domains`"
        ) from error
    return Kinds(kinds, head == "last", carriers)


def _kind(name: str, body: Mapping[str, Any]) -> Kind:
    words = body["words"]
    phrases = tuple(map(words_of, words))
    return Kind(
        name,
        phrases,
        frozenset(body["domains"]),
        frozenset(body.get("device_classes", ())),
        (words[0], body["plural"]),
        frozenset(phrase[-1] for phrase in phrases),
    )
