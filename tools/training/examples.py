"""Examples to learn from: sentences with their intent, their traits and what each word is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paige.models.grammar.tokens import tokenize
from paige.models.nlu.labels import OTHER
from paige.models.nlu.tags import bio


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence, labelled."""

    words: tuple[str, ...]
    """As the grammar cuts them."""
    intent: str
    """An intent's name, or `other:` and the subject of a sentence that is not for a home."""
    tags: tuple[str, ...] | None = None
    """For each word what it is: `O`, `B-area`, `I-area`, …; None where that is not known."""
    traits: Mapping[str, str] = field(default_factory=dict)
    """Slots of few values that no words of the sentence say by themselves, such as `domain: light`."""
    source: str = ""
    """Where it comes from."""
    label: str = ""
    """How it was labelled there."""

    @property
    def other(self) -> bool:
        """Whether it is not for a home."""
        return self.intent.startswith(OTHER)


def annotated(
    text: str, slots: Sequence[Mapping[str, Any]], tag_of: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words and tags of a sentence whose slots are marked by characters (`type`, `start`, `end`).

    Args:
        text: The sentence.
        slots: Its slots; those whose type has no tag are left out.
        tag_of: Our tag for their types.
    """
    tokens = tokenize(text)
    spans = []
    for slot in slots:
        inside = [
            number
            for number, (begin, end) in enumerate(tokens.spans)
            if begin < slot["end"] and end > slot["start"]
        ]
        if slot["type"] in tag_of and inside:
            spans.append((tag_of[slot["type"]], inside[0], inside[-1] + 1))
    return tokens.words, bio(len(tokens.words), spans)


def distinct(examples: Iterable[Example]) -> Iterator[Example]:
    """Each sentence once: the first of those that have the same words."""
    seen: set[tuple[str, ...]] = set()
    for example in examples:
        if example.words and example.words not in seen:
            seen.add(example.words)
            yield example
