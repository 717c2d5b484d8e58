"""A user's own sentences to learn from, and what must not be learned against them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.nlu.own import ENOUGH
from paige.tools.training.examples import Example, distinct
from paige.tools.training.from_grammar import example
from paige.tools.training.homes import Stock, home

SOURCE: Final = "own"
_HOMES: Final = 20
_A_HOME: Final = 100
_ALIKE: Final = 0.4
"""Cosine from which a sentence may ask for what an own one does. Of 20,645 that are not for a home 843 do,
for five sentences of each of SNIPS's intents."""
_THE_SAME: Final = ENOUGH
_OF_A_LABEL: Final = 0.25
"""Where so much of what has one label in its data set means the same as an own sentence, all of it may: half
of CLINC's `restaurant_reservation` does, and what is left of it would teach that no table is ever booked."""


def from_own(language: str, own: Sequence[Path], seed: int) -> list[Example]:
    """What a user's own sentences say in homes that nobody lives in, each once.

    Args:
        language: Such as `en`.
        own: Files or folders, as in `custom_sentences`.
        seed: The same seed gives the same examples.

    Raises:
        ValueError: None of them can be said.
    """
    if not own:
        return []
    random = Random(seed)  # noqa: S311  # sentences, not secrets
    stock, sentences = Stock.of(language), Sentences.for_language(language, list(own))
    said: list[Intent] = []
    for _ in range(_HOMES):
        understood = Language(sentences, home(stock, random))
        with suppress(ValueError):  # this home may have nothing that they name
            said += understood.sample(_A_HOME, random.randrange(2**32), stock.wildcards, custom=True)
    if not said:
        raise ValueError(
            f"no sentence of {', '.join(map(str, own))} can be said: are there any, do lists have values?"
        )
    return list(distinct(example(intent, SOURCE, stock) for intent in said))


def unlike(others: Sequence[Example], own: Sequence[Example]) -> Sequence[Example]:
    """Others without those not for a home that mean nearly what an own sentence does.

    The open data have tables booked and films looked for as what no home does; where a user wants that done,
    they would teach that the user's sentences are to be refused.
    """
    refused = [one for one in others if one.other]
    if not own or not refused:
        return others
    from paige.tools.training.minilm import Embedder  # needs torch, which only a training has

    embedder = Embedder()
    # [refused, hidden] @ [hidden, own] -> [refused]
    nearest = (embedder.of([one.words for one in refused]) @ embedder.of([one.words for one in own]).T).amax(
        1
    )
    by_label: dict[tuple[str, str], list[float]] = {}
    for one, near in zip(refused, nearest.tolist(), strict=True):
        by_label.setdefault((one.source, one.label), []).append(near)
    labels = {
        label
        for label, its in by_label.items()
        if sum(near >= _THE_SAME for near in its) >= _OF_A_LABEL * len(its)
    }
    dropped = {
        one.words
        for one, near in zip(refused, nearest.tolist(), strict=True)
        if near >= _ALIKE or (one.source, one.label) in labels
    }
    return [one for one in others if not one.other or one.words not in dropped]


def in_an_epoch(own: Sequence[Example], wanted: int) -> Iterator[Example]:
    """Own sentences so often that each intent has as many examples as one of those shipped.

    Args:
        own: Each sentence once.
        wanted: How many of each intent, at least.
    """
    count = Counter(one.intent for one in own)
    for one in own:
        for _ in range(-(-wanted // count[one.intent])):
            yield one
