"""Words from which nothing may be understood: in no order, or pieces of sentences."""

from collections.abc import Iterator, Sequence
from random import Random

from paige.models.nlu.labels import OTHER
from paige.models.nlu.tags import bio
from paige.tools.training.examples import Example

_WORDS = (2, 7)
_PIECE = (1, 4)
_NONSENSE = f"{OTHER}nonsense"


def nonsense(examples: Sequence[Example], count: int, seed: int) -> Iterator[Example]:
    """Examples of words that stand together by chance.

    Args:
        examples: Where the words come from: those that are not for a home, each as often as it is said.
        count: How many.
        seed: The same seed gives the same examples.
    """
    random = Random(seed)  # noqa: S311  # sentences, not secrets
    words = [word for example in examples if example.other for word in example.words]
    for _ in range(count if words else 0):
        drawn = tuple(random.choice(words) for _ in range(random.randint(*_WORDS)))
        yield Example(drawn, _NONSENSE, bio(len(drawn), ()), {}, "nonsense", _NONSENSE)


def fragments(examples: Sequence[Example], count: int, seed: int) -> Iterator[Example]:
    """Examples of what is heard of a sentence that began or ended elsewhere, such as "the dentist".

    Args:
        examples: Where they come from: those that are not for a home. Each has a word in it that nobody says
            to one, as "the light" may be said to a home, too.
        count: How many are tried.
        seed: The same seed gives the same examples.
    """
    random = Random(seed)  # noqa: S311  # sentences, not secrets
    refused = [example.words for example in examples if example.other]
    asked = {word for example in examples if not example.other for word in example.words}
    for _ in range(count if refused else 0):
        words = random.choice(refused)
        begin = random.randrange(len(words))
        piece = words[begin : begin + random.randint(*_PIECE)]
        if len(piece) < len(words) and not asked.issuperset(piece):
            yield Example(piece, _NONSENSE, bio(len(piece), ()), {}, "fragment", _NONSENSE)
