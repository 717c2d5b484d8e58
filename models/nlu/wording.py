"""The little words around what a model found that tell how it is meant, as a language has them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from paige.models.errors import SentencesInvalid
from paige.models.grammar.tokens import Words, says_any, words_of
from paige.models.grammar.yaml_file import parse_yaml
from paige.models.language_folder import language_folder, primary

_FILE: Final = "wording.yaml"


@dataclass(frozen=True, slots=True)
class Wording:
    """A language's `wording.yaml`."""

    articles: frozenset[Words] = frozenset()
    """Before a name, and no part of it."""
    goal: frozenset[Words] = frozenset()
    """Before a number that is to be reached."""
    step: frozenset[Words] = frozenset()
    """Before a number that is added or taken away."""
    all: frozenset[Words] = frozenset()
    """What tells that everything is meant, and not only what is near."""
    whole_home: frozenset[Words] = frozenset()
    """Places that are the whole home."""
    here: frozenset[Words] = frozenset()
    """What the place is called where the speaker is."""
    place_alone: str = ""
    """The domain of the things that are meant where only a place is named; empty where none are."""
    acts: Mapping[str, frozenset[Words]] = field(default_factory=dict)
    """By domain, the words without which nothing is done to its things."""
    opposites: tuple[tuple[frozenset[Words], frozenset[Words]], ...] = ()
    """Words that ask for the one, and words that ask for its opposite."""
    negations: frozenset[Words] = frozenset()
    """Words that ask for nothing to be done."""
    questions: frozenset[Words] = frozenset()
    """Words that ask for an answer."""
    own_words: frozenset[str] = frozenset()
    """Domains whose words in `acts` are about nothing else."""

    @staticmethod
    def for_language(language: str) -> "Wording":
        """A language's words; none where it has no such file.

        Raises:
            SentencesInvalid: The file is none of these.
        """
        return _wording(primary(language))

    def without_articles(self, words: Words) -> Words:
        """A name without the articles before it, unless it is nothing but those."""
        at = 0
        while at < len(words) - 1 and words[at : at + 1] in self.articles:
            at += 1
        return words[at:]

    def permits(self, domain: str | None, words: Words) -> bool:
        """Whether these words, said beside a name, can switch a thing of a domain."""
        needed = self.acts.get(domain or "")
        if needed is not None and not says_any(needed, words):
            return False
        return all(domain == own or not says_any(self.acts[own], words) for own in self.own_words)

    @property
    def becoming(self) -> frozenset[Words]:
        """Words that say what shall become of a thing, such as `on` and `open`."""
        return frozenset().union(*(side for pair in self.opposites for side in pair))

    def opposed(self, meant: Words, said: Words) -> bool:
        """Whether one sentence asks for the opposite of the other, or only what is said is a question.

        To whoever compares their words or their sounds those are nearly the same.
        """
        if says_any(self.questions, said) and not says_any(self.questions, meant):
            return True
        for pair in self.opposites:
            for one, other in (pair, pair[::-1]):
                if says_any(one, meant) and says_any(other, said) and not says_any(one, said):
                    return True
        return says_any(self.negations, meant) != says_any(self.negations, said)

    def says_all(self, words: Sequence[str]) -> bool:
        """Whether one of the words tells that everything is meant."""
        return any((word,) in self.all for word in words)


@lru_cache(maxsize=8)
def _wording(language: str) -> Wording:
    file = language_folder(language) / _FILE
    if not file.is_file():
        return Wording()
    return read(file.read_text(encoding="utf-8"), str(file))


def read(text: str, source: str) -> Wording:
    """What a `wording.yaml` says; `source` is what messages call the file.

    Raises:
        SentencesInvalid: It is none.
    """
    content = parse_yaml(text, source).content
    keys = ("articles", "goal", "step", "all", "whole_home", "here", "negations", "questions")
    others = ("place_alone", "acts", "own_words", "opposites")
    try:
        unknown = content.keys() - {*keys, *others, "language"}
        if unknown:
            allowed = ", ".join((*keys, *others))
            raise SentencesInvalid(f"{source}: {min(unknown)!r} is no key; write one of {allowed}")
        phrases = {key: _phrases(content.get(key, ())) for key in keys}
        acts = {str(domain): _phrases(said) for domain, said in content.get("acts", {}).items()}
        own = frozenset(content.get("own_words", ()))
        if own - acts.keys():
            raise SentencesInvalid(f"{source}: own_words has {min(own - acts.keys())!r}, which acts lacks")
        alone = str(content.get("place_alone", ""))
        opposites = tuple((_phrases(one), _phrases(other)) for one, other in content.get("opposites", ()))
        return Wording(**phrases, place_alone=alone, acts=acts, own_words=own, opposites=opposites)
    except (TypeError, AttributeError, ValueError) as error:
        raise SentencesInvalid(f"{source}: this is no file of wording: {error}") from error


def _phrases(said: Iterable[str]) -> frozenset[Words]:
    return frozenset(map(words_of, said)) - {()}
