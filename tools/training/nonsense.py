"""Words in no order, from which nothing may be understood."""

from collections.abc import Iterator, Sequence
from random import Random

from paige.models.nlu.labels import OTHER
from paige.models.nlu.tags import bio
from paige.tools.training.examples import Example

_WORDS = (2, 7)
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
