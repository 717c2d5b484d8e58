"""Which words say a slot, written at each word: `B-` begins one, `I-` goes on, `O` is none."""

from collections.abc import Iterable, Sequence

NONE = "O"
Span = tuple[str, int, int]
"""A slot, its first word, and one past its last."""


def bio(count: int, spans: Iterable[Span]) -> tuple[str, ...]:
    """A tag for each of `count` words; of spans that overlap, the first stays."""
    tags = [NONE] * count
    for slot, begin, end in spans:
        if all(tag == NONE for tag in tags[begin:end]):
            tags[begin:end] = [f"B-{slot}", *[f"I-{slot}"] * (end - begin - 1)]
    return tuple(tags)


def spans(tags: Sequence[str]) -> list[Span]:
    """The spans that tags mark, in their order; an `I-` that follows nothing of its kind begins one."""
    found: list[Span] = []
    for at, tag in enumerate(tags):
        if tag == NONE:
            continue
        slot = tag[2:]
        goes_on = tag.startswith("I-") and found and found[-1][0] == slot and found[-1][2] == at
        if goes_on:
            found[-1] = (slot, found[-1][1], at + 1)
        else:
            found.append((slot, at, at + 1))
    return found
