"""Sentences from the project's own grammar, said to homes that nobody lives in."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import resources
from pathlib import Path
from random import Random

from paige.models.grammar.language import Language
from paige.models.grammar.lists import AREA, FLOOR
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import Words, tokenize
from paige.models.intent import Intent
from paige.models.nlu.labels import OTHER
from paige.models.nlu.slots import AMOUNT, AMOUNTS, CLOCK, DOWN, STEP, TRAITS, UP
from paige.models.nlu.tags import Span, bio
from paige.models.vocabulary import Vocabulary
from paige.tools.training.examples import Example
from paige.tools.training.homes import Stock, home

_A_HOME = 400
"""Sentences of the grammar said to each home, and as many paraphrases."""
_DELAYED = "conversation_command"
"""What has it, is cut into the command and its time before the model reads it."""
_ALARM = "kind"
"""What has it, or is for a time of day, only the templates understand: a time is not to be guessed."""
_STEPS = frozenset(STEP.values())
_TALK = frozenset({"HassRespond", "HassNevermind"})
"""What is only said. The templates have it; a model that took it widely would answer whoever says hello."""
_UNTAGGED = frozenset({"preferred_area_id", "temperature_unit"})


def from_grammar(language: str, count: int, seed: int) -> Iterator[Example]:
    """Examples, half from what is understood word for word, half from `paraphrases.yaml`.

    Args:
        language: Such as `en`.
        count: How many.
        seed: The same seed gives the same examples.
    """
    random = Random(seed)  # noqa: S311  # sentences, not secrets
    stock = Stock.of(language)
    with resources.as_file(resources.files("paige.tools.training") / language / "paraphrases.yaml") as file:
        sentences = Sentences.for_language(language, [Path(file)])
    made = 0
    while made < count:
        understood = Language(sentences, home(stock, random))
        for custom in (False, True):
            with suppress(ValueError):  # a home may have nothing that can be said
                for intent in understood.sample(
                    _A_HOME, random.randrange(2**32), stock.wildcards, custom=custom
                ):
                    made += 1
                    if intent.name not in _TALK and not _for_later(intent):
                        yield example(intent, "paraphrases" if custom else "grammar", stock)


def _for_later(intent: Intent) -> bool:
    return any(slot in (_DELAYED, _ALARM) or slot.startswith(CLOCK) for slot in intent.slots)


def talk(language: str, count: int, seed: int) -> Iterator[Example]:
    """Examples of talk that sounds like a command and is none, from `not_for_a_home.yaml`."""
    with resources.as_file(
        resources.files("paige.tools.training") / language / "not_for_a_home.yaml"
    ) as file:
        sentences = Sentences.load([Path(file)])
    for intent in Language(sentences, Vocabulary()).sample(count, seed):
        yield example(intent, "talk", Stock.of(language))


def example(intent: Intent, source: str, stock: Stock) -> Example:
    """What there is to learn from a sentence that the grammar understood."""
    words = tokenize(intent.text).words
    tagged = [
        (AMOUNT if slot in AMOUNTS else slot, begin, end)
        for slot, (begin, end) in intent.spans.items()
        if (slot not in TRAITS or slot in _STEPS) and slot not in _UNTAGGED
    ]
    if not intent.name.startswith(OTHER) and not any(slot in (AREA, FLOOR) for slot, _, _ in tagged):
        tagged += _unnamed_places(words, tagged, stock)
    return Example(words, intent.name, bio(len(words), tagged), _traits(intent), source, intent.template)


def _unnamed_places(words: Words, tagged: Sequence[Span], stock: Stock) -> Iterator[Span]:
    """The first place without a name, as in "all lights in the house": a place all the same."""
    taken = {at for _, begin, end in tagged for at in range(begin, end)}
    for at, word in enumerate(words):
        if word in stock.unnamed_places and at not in taken and at and words[at - 1] in stock.before_places:
            yield AREA, at, at + 1
            return


def _traits(intent: Intent) -> dict[str, str]:
    # What a name tells of itself (`context`) is no trait of the sentence.
    traits = {}
    for slot, value in intent.slots.items():
        if slot in _STEPS and not isinstance(value, str):
            traits[slot] = UP if value > 0 else DOWN
        elif slot in TRAITS and (slot in _STEPS or "name" not in intent.slots or slot == "state"):
            traits[slot] = str(value)
    return traits
