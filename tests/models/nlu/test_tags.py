"""Spans to tags at each word, and back."""

from hypothesis import given
from hypothesis import strategies as st

from paige.models.nlu.tags import Span, bio, spans

WORDS = 12


@st.composite
def disjoint(draw: st.DrawFn) -> list[Span]:
    """Spans that do not overlap, in their order; two of one slot may touch."""
    places = sorted(draw(st.sets(st.integers(0, WORDS), max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return [(draw(st.sampled_from(("name", "area", "color"))), begin, end) for begin, end in pairs]


@given(disjoint())
def test_spans_come_back_from_their_tags(said: list[Span]) -> None:
    tags = bio(WORDS, said)
    assert len(tags) == WORDS
    assert spans(tags) == said


@given(st.lists(st.sampled_from(("O", "B-name", "I-name", "B-area", "I-area"))))
def test_any_tags_give_spans_that_stand_in_order_and_cover_what_is_tagged(tags: list[str]) -> None:
    found = spans(tags)
    covered = [place for _, begin, end in found for place in range(begin, end)]
    assert covered == [place for place, tag in enumerate(tags) if tag != "O"]
    assert all(tags[place][2:] == slot for slot, begin, end in found for place in range(begin, end))


def test_of_spans_that_overlap_the_first_stays() -> None:
    assert bio(4, [("name", 0, 2), ("area", 1, 3)]) == ("B-name", "I-name", "O", "O")


def test_two_things_that_touch_stay_two() -> None:
    assert spans(("B-name", "I-name", "B-name")) == [("name", 0, 2), ("name", 2, 3)]
