"""What a sentence means after another one: "make it red", "and the bedroom too", "no, the kitchen".

All of it is asked of the last command and the words of the language alone; nothing is remembered here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from paige.models.errors import SentencesInvalid
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import Tokens, Words, tokenize, words_of
from paige.models.grammar.yaml_file import parse_yaml
from paige.models.intent import Intent, NotRecognized
from paige.models.language_folder import language_folder
from paige.models.nlu.clauses import TARGETS, is_possible
from paige.models.vocabulary import Name, Vocabulary

_FILE: Final = "clauses.yaml"
_SLOT: Final = "{words}"
_KIND: Final = frozenset({"domain", "device_class"})
_MOST_WORDS = 12
"""Only short sentences go on with another; those of more words are whole ones."""
_MOST_CONTEXTS = 16
"""Kinds of things that "it" may be at a time, before their sentences are made anew."""


@dataclass(frozen=True)
class FollowWords:
    """The words of a language that go on with the last command; see `follow` in its `clauses.yaml`."""

    openers: frozenset[Words]
    corrections: frozenset[Words]
    ends: frozenset[Words]
    pronouns: frozenset[Words]
    plurals: frozenset[Words]
    others: frozenset[Words]
    bare: tuple[str, ...]
    """Texts with `{words}` for what was said."""

    @staticmethod
    @lru_cache(maxsize=4)
    def for_language(language: str = "en") -> "FollowWords":
        """Those of a packaged language.

        Raises:
            SentencesInvalid: There is no such language.
        """
        file = language_folder(language) / _FILE
        if not file.is_file():
            raise SentencesInvalid(f"there is no {_FILE} for the language {language!r}")
        data = parse_yaml(file.read_text(encoding="utf-8"), _FILE).content["follow"]
        kinds = ("openers", "corrections", "ends", "pronouns", "plurals", "others")
        phrases = {kind: frozenset(map(words_of, data[kind])) for kind in kinds}
        return FollowWords(**phrases, bare=tuple(data["bare"]))


@dataclass(frozen=True, slots=True)
class Remainder:
    """A sentence without the words that say that it goes on with the last one."""

    text: str
    marked: bool
    """Whether there were such words."""
    other: bool = False
    """Whether it asks for another thing like the last one, and says no more."""


def remainder(text: str, words: FollowWords) -> Remainder:
    """What is left of a sentence without openers, corrections and ends."""
    tokens = tokenize(text)
    said = tokens.words
    begin, end = 0, len(said)
    leading, marked = words.openers | words.corrections, False
    while size := _longest(leading, said[begin:end], at_end=False):
        begin, marked = begin + size, True
    while size := _longest(words.ends, said[begin:end], at_end=True):
        end, marked = end - size, True
    rest = tokens.between(begin, end) if begin < end else ""
    return Remainder(rest, marked, other=said[begin:end] in words.others)


def _longest(phrases: Iterable[Words], said: Words, *, at_end: bool) -> int:
    """How many words the longest of some phrases takes at the beginning or the end of what was said."""
    return max(
        (
            len(phrase)
            for phrase in phrases
            if len(phrase) <= len(said)
            and phrase == (said[len(said) - len(phrase) :] if at_end else said[: len(phrase)])
        ),
        default=0,
    )


class References:
    """Finds what goes on with the last command, in the language of one home.

    Args:
        words: The words of the language.
        sentences: What can be said.
        understand: What one command means.
        vocabulary: The names of the home.
    """

    def __init__(
        self,
        words: FollowWords,
        sentences: Sentences,
        understand: Callable[[str], Intent | NotRecognized],
        vocabulary: Vocabulary,
    ) -> None:
        self.words = words
        self._sentences = sentences
        self._understand = understand
        self._vocabulary = vocabulary
        self._languages: dict[tuple[object, ...], Language] = {}

    @classmethod
    def of(cls, language: Language) -> "References":
        """Those of a language as a home has it, with the words that come with Paige.

        Raises:
            SentencesInvalid: No such words come with Paige for that language.
        """
        sentences = language.sentences
        words = FollowWords.for_language(sentences.language)
        return cls(words, sentences, language.parse, language.vocabulary)

    def after(self, text: str, before: Sequence[Intent]) -> tuple[Intent, ...]:
        """What a part of a sentence about "it" asks, after the commands before it; see `about`."""
        return tuple(intent for _, intent in self.about(text, before))

    def about(
        self, text: str, last: Sequence[Intent], *, bare: bool = False
    ) -> tuple[tuple[int, Intent], ...]:
        """A sentence about "it" or "them", as what it asks of what the last commands were about.

        Args:
            text: The sentence.
            last: The commands before; "it" is what the last of them was about, "them" is that of all.
            bare: Whether "it" may be missing, as in "a bit brighter".

        Returns:
            The commands, each with the number of the one before that it refers to; none where it is about
            something else, or not all of that can be asked.
        """
        said = tokenize(text).words
        if not last or not said or len(said) > _MOST_WORDS:
            return ()
        ways = [text] if _has(self.words.pronouns | self.words.plurals, said) else []
        if bare and not ways:
            ways = [pattern.replace(_SLOT, text) for pattern in self.words.bare]
        first = 0 if _has(self.words.plurals, said) else len(last) - 1
        found = [(number, self._of(ways, last[number], text)) for number in range(first, len(last))]
        sure = tuple((number, intent) for number, intent in found if intent is not None)
        return sure if len(sure) == len(found) else ()

    def _of(self, ways: Iterable[str], last: Intent, text: str) -> Intent | None:
        for way in ways:
            for context in self._contexts(last):
                found = self._of_it(context).parse(way)
                if isinstance(found, Intent) and _is_of_it(found):
                    return referred(found, last, text)
        return None

    def spelled_out(self, text: str, last: Intent) -> str | None:
        """A sentence with the name of what the last command was about for "it"; None where one is missing."""
        tokens, name = tokenize(text), last.slots.get("name")
        said = tokens.words
        if not isinstance(name, str) or len(said) > _MOST_WORDS:
            return None
        for at in range(len(said)):
            size = max(
                (len(one) for one in self.words.pronouns if said[at : at + len(one)] == one), default=0
            )
            if size:
                rest = (_between(tokens, 0, at), name, _between(tokens, at + size, len(said)))
                return " ".join(filter(None, rest))
        return None

    def goes_on(self, fragment: str, last: Intent) -> Intent | None:
        """The last command with a fragment in the place of something like it; None where nothing is like it.

        Of several ways that which the home has, then that with most words in common.
        """
        before, words = tokenize(last.text), tokenize(fragment).words
        if not words or len(words) > _MOST_WORDS or len(before.words) > 2 * _MOST_WORDS:
            return None
        impossible: Intent | None = None
        for text in _replaced(before, fragment):
            found = self._understand(text)
            if not isinstance(found, Intent) or found.free or not _is_like(found, last):
                continue
            if is_possible(found, self._vocabulary):
                return found
            impossible = impossible or found
        return impossible

    def _contexts(self, last: Intent) -> list[Mapping[str, str]]:
        """What is known of that which the last command was about; several where several are called so."""
        said = {slot: str(value) for slot, value in {**last.context, **last.slots}.items() if slot in TARGETS}
        name = said.pop("name", None)
        if name is None:
            return [said] if "domain" in said else []
        # Where it stands is not said of "it"; without that, many things are alike, and share their sentences.
        named = [
            {key: value for key, value in one.context.items() if key in _KIND}
            for one in self._vocabulary.entities
            if name in (one.value, one.spoken)
        ]
        return [context for at, context in enumerate(named) if context not in named[:at]]

    def _of_it(self, context: Mapping[str, str]) -> Language:
        """What can be said about "it", where it is such a thing."""
        key = tuple(sorted(context.items()))
        if key not in self._languages:
            if len(self._languages) >= _MOST_CONTEXTS:
                self._languages.clear()
            phrases = sorted(self.words.pronouns | self.words.plurals)
            names = tuple(Name(" ".join(phrase), " ".join(phrase), context) for phrase in phrases)
            self._languages[key] = Language(self._sentences, replace(self._vocabulary, entities=names))
        return self._languages[key]


def referred(intent: Intent, last: Intent, text: str) -> Intent:
    """A command about what another one was about."""
    targets = {slot: value for slot, value in last.slots.items() if slot in TARGETS}
    others = {slot: value for slot, value in intent.slots.items() if slot not in TARGETS}
    return replace(
        intent,
        slots={**targets, **others},
        context={**intent.context, **last.context},
        excluded=last.excluded,
        spans={},
        text=text,
    )


def _replaced(tokens: Tokens, fragment: str) -> Iterator[str]:
    """A sentence with a fragment in the place of some of its words, fewest first; its first word stays."""
    count = len(tokens.words)
    ways = [(begin, end) for begin in range(1, count + 1) for end in range(begin, count + 1)]
    for begin, end in sorted(ways, key=lambda way: (way[1] - way[0], -way[0])):
        before, after = _between(tokens, 0, begin), _between(tokens, end, count)
        yield " ".join(filter(None, (before, fragment, after)))


def _between(tokens: Tokens, begin: int, end: int) -> str:
    return tokens.between(begin, end) if begin < end else ""


def _is_like(intent: Intent, last: Intent) -> bool:
    """Whether a command differs from another in whom it is about, or in what it asks, and not in both."""
    if intent.name != last.name:
        return False
    about, asked = (
        {
            slot
            for slot in intent.slots.keys() | last.slots.keys()
            if (slot in TARGETS) is targets and intent.slots.get(slot) != last.slots.get(slot)
        }
        for targets in (True, False)
    )
    return bool(about) != bool(asked)


def _has(phrases: Iterable[Words], said: Words) -> bool:
    return any(
        said[at : at + len(phrase)] == phrase
        for phrase in phrases
        for at in range(len(said) - len(phrase) + 1)
    )


def _is_of_it(intent: Intent) -> bool:
    """Whether "it" is what is named, and no timer or list that has a name, nor what is in some place."""
    return "name" in intent.spans and {"area", "floor"}.isdisjoint(intent.spans) and "name" not in intent.free
